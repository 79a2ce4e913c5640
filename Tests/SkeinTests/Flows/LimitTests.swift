import Skein
import SkeinCore
import Synchronization
import Testing

@Suite(.everyStore, .timeLimit(.minutes(2)))
struct LimitTests {
    private static func flow(_ more: JSONObject, type: String = "wait-go") -> JSONValue {
        TestFlows.single(type, id: "limited", flow: more)
    }

    private func bench() async throws -> Bench {
        let bench = try await Bench()
        bench.engine.handle("wait-go") { _, _ in .wait(WaitRequest(until: .signal("go"))) }
        return bench
    }

    private func status(_ bench: Bench, _ id: ExecutionID) async throws -> String {
        let execution = try await bench.engine.execution(id)
        return execution.wait.map { "\(execution.status.rawValue) \($0.kind.rawValue)" } ?? execution.status.rawValue
    }

    @Test func `an execution beyond the limit waits until another ends`() async throws {
        let bench = try await bench()
        let flow = Self.flow(["concurrency": ["limit": 1]])
        let first = try await bench.run(flow, simulateTime: false).id
        let second = try await bench.run(flow, simulateTime: false).id
        #expect(try await status(bench, first) == "waiting signal")
        #expect(try await status(bench, second) == "pending limit")
        let reason = try await bench.engine.explain(second).reasons.first
        #expect(reason?.code == .limit)
        #expect(reason?.details["holders"] == [.string(first.description)])
        try await bench.engine.signal(first, "go")
        #expect(try await bench.engine.run(first).status == .completed)
        #expect(try await bench.engine.run(second).status == .waiting)
        #expect(try await status(bench, second) == "waiting signal")
    }

    @Test func `each value of the key has a limit of its own`() async throws {
        let bench = try await bench()
        let flow = Self.flow(["concurrency": ["limit": 1, "key": "customer.id"]])
        let ada = try await bench.run(flow, context: ["customer": ["id": "ada"]], simulateTime: false).id
        let bob = try await bench.run(flow, context: ["customer": ["id": "bob"]], simulateTime: false).id
        let again = try await bench.run(flow, context: ["customer": ["id": "ada"]], simulateTime: false).id
        #expect(try await status(bench, ada) == "waiting signal")
        #expect(try await status(bench, bob) == "waiting signal")
        #expect(try await status(bench, again) == "pending limit")
    }

    @Test func `a cancelled execution makes room`() async throws {
        let bench = try await bench()
        let flow = Self.flow(["concurrency": ["limit": 1]])
        let first = try await bench.run(flow, simulateTime: false).id
        let second = try await bench.run(flow, simulateTime: false).id
        let third = try await bench.run(flow, simulateTime: false).id
        _ = try await bench.engine.cancel(second)
        _ = try await bench.engine.cancel(first)
        #expect(try await bench.engine.run(third).status == .waiting)
        #expect(try await bench.engine.limit(.flow("limited"))?.holders == [third])
    }

    @Test func `a rate lets executions begin when it has room again`() async throws {
        let bench = try await bench()
        let flow = Self.flow(["rateLimit": ["limit": 2, "perMs": 60_000]], type: "echo")
        #expect(try await bench.run(flow).status == .completed)
        #expect(try await bench.run(flow).status == .completed)
        let third = try await bench.run(flow, simulateTime: false).id
        #expect(try await status(bench, third) == "pending limit")
        let reason = try await bench.engine.explain(third).reasons.first
        #expect(reason?.until == bench.clock.now + .seconds(60))
        bench.clock.advance(by: .seconds(60))
        #expect(try await bench.engine.run(third).status == .completed)
    }

    @Test func `no step of a paused flow begins, and it goes on when the flow is resumed`() async throws {
        let bench = try await bench()
        let flow: JSONValue = [
            "id": "limited", "version": "1.0.0", "initialStepId": "first",
            "steps": [
                "first": ["type": "wait-go", "transitions": ["onSuccess": "second"]], "second": ["type": "echo"],
            ],
        ]
        let before = try await bench.run(flow, simulateTime: false).id
        try await bench.engine.pauseFlow("limited", reason: "incident 7", actor: "ops")
        let after = try await bench.run(flow, simulateTime: false).id
        try await bench.engine.signal(before, "go")
        _ = try await bench.engine.run(before)
        #expect(try await status(bench, before) == "pending limit")
        #expect(try await status(bench, after) == "pending limit")
        let message = try await bench.engine.explain(after).reasons.first?.message
        #expect(message?.contains("closed by ops until it is opened: incident 7") == true)
        #expect(try await bench.engine.resumeFlow("limited"))
        #expect(try await bench.engine.run(before).status == .completed)
        #expect(try await bench.engine.run(after).status == .waiting)
        await #expect(throws: EngineError.self) { try await bench.engine.pauseFlow("unknown") }
    }

    @Test func `a step that is told to come later closes its limit for all`() async throws {
        let bench = try await bench()
        let limit = HandlerLimit.concurrency(10)
        let calls = Ledger()
        bench.engine.handlers.register(
            AnyHandler(HandlerMetadata(type: "call", limit: limit)) { _, _ in
                calls.note("call")
                guard calls.all.count == 1 else { return .success(nil) }
                var failure = StepFailure("RATE_LIMITED", "slow down")
                failure.retryAfter = .seconds(30)
                failure.closesLimits = true
                return .failed(failure)
            })
        let retry: JSONObject = ["retry": ["maxAttempts": 3, "backoffMs": 1]]
        let flow = TestFlows.single("call", id: "limited", step: retry)
        try await bench.engine.register(flow)
        // `run` would wait for the retry.
        let first = try await bench.engine.create("limited").execution.id
        _ = try await bench.engine.step(first)
        let second = try await bench.run(flow, simulateTime: false).id
        #expect(try await status(bench, first) == "waiting retry")
        #expect(try await status(bench, second) == "pending limit")
        #expect(calls.all.count == 1)
        bench.clock.advance(by: .seconds(30))
        #expect(try await bench.engine.run(second).status == .completed)
        #expect(try await bench.engine.run(first).status == .completed)
    }

    @Test func `attempts of a limited handler are never more than it allows, on two engines`() async throws {
        let store = try await TestStore.new()
        let coordination = Coordination.inProcess(clock: SystemClock())
        struct Count { var now = 0, most = 0, all = 0 }
        let count = Mutex(Count())
        let engines = (0..<2).map { _ in
            let engine = Engine(store: store, coordination: coordination)
            engine.handlers.register(
                AnyHandler(HandlerMetadata(type: "narrow", limit: .concurrency(3))) { _, _ in
                    count.withLock { count in
                        count.now += 1
                        count.all += 1
                        count.most = max(count.most, count.now)
                    }
                    for _ in 0..<50 { await Task.yield() }
                    count.withLock { $0.now -= 1 }
                    return .success(nil)
                })
            return engine
        }
        _ = try await store.migrate()
        try await engines[0].register(TestFlows.chain("narrow", count: 2))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for engine in engines { group.addTask { try await engine.run() } }
            var ids: [ExecutionID] = []
            for index in 0..<40 { ids.append(try await engines[index % 2].create("chain").execution.id) }
            for id in ids { #expect(try await engines[0].wait(for: id).status == .completed) }
            group.cancelAll()
        }
        #expect(count.withLock { $0.most } <= 3)
        #expect(count.withLock { $0.all } == 80)
        #expect(try await store.limit(.handler("narrow"))?.held == 0)
    }

    @Test func `branches of one execution share a handler's limit`() async throws {
        let bench = try await Bench()
        let running = Mutex((now: 0, most: 0))
        bench.engine.handlers.register(
            AnyHandler(HandlerMetadata(type: "narrow", limit: .concurrency(1))) { _, _ in
                running.withLock { running in
                    running.now += 1
                    running.most = max(running.most, running.now)
                }
                for _ in 0..<20 { await Task.yield() }
                running.withLock { $0.now -= 1 }
                return .success(nil)
            })
        let flow: JSONValue = [
            "id": "fork", "version": "1.0.0", "initialStepId": "fork",
            "steps": [
                "fork": ["type": "echo", "transitions": ["onSuccess": ["a", "b", "c"]]], "a": ["type": "narrow"],
                "b": ["type": "narrow"], "c": ["type": "narrow"],
            ],
        ]
        #expect(try await bench.run(flow).status == .completed)
        #expect(running.withLock { $0.most } == 1)
    }

    @Test func `mistakes in limits are all named`() async throws {
        let bench = try await Bench()
        let error = try await #require(throws: EngineError.self) {
            try await bench.engine.register(
                Self.flow([
                    "concurrency": ["limit": 0, "key": "$..["], "rateLimit": ["limit": 5, "per": "1s"],
                ]))
        }
        #expect(
            Set(error.problems.map(\.pointer.description)) == [
                "/concurrency/limit", "/concurrency/key", "/rateLimit/per", "/rateLimit/perMs",
            ])
    }
}

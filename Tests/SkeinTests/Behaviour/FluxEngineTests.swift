import Skein
import SkeinCore
import Testing

extension FluxTests {
    /// What flux's engine does around steps: refusals, lists, changes of status, many executions.
    @Suite(.timeLimit(.minutes(3)))
    struct EngineTests {
        private static func saga(_ first: JSONObject = [:]) -> JSONValue {
            var step: JSONObject = [
                "type": "echo", "transitions": ["onSuccess": "b"], "compensate": ["type": "undo"],
            ]
            step.merge(first)
            return FlowMonkeyTests.flow(["a": .object(step), "b": ["type": "refuse"]], id: "saga")
        }

        private static func bench() async throws -> Bench {
            let bench = try await Bench()
            bench.engine.handle("refuse") { _, _ in .failure("REFUSED", isRetryable: false) }
            bench.engine.handle("pause") { _, _ in .wait(WaitRequest(until: .resume)) }
            bench.engine.handle("undo") { _, step in
                bench.ledger.note("undo \(step.stepID)")
                return .success(nil)
            }
            return bench
        }

        @Test func `X14 an input that is refused leaves nothing behind`() async throws {
            let bench = try await Bench()
            try await bench.engine.register(TestFlows.single("echo"))
            await #expect(throws: EngineError.self) {
                try await bench.engine.create("single", context: ["text": "nul \0"])
            }
            await #expect(throws: EngineError.self) {
                try await bench.engine.create(
                    "single", options: CreateOptions(idempotencyKey: "k", priority: 1_000))
            }
            #expect(try await bench.engine.executions().isEmpty)
            #expect(try await bench.engine.create("single", options: CreateOptions(idempotencyKey: "k")).created)
        }

        @Test func `X15 lists are by status and flow, in pages, the newest first`() async throws {
            let bench = try await Self.bench()
            try await bench.engine.register(TestFlows.single("echo", id: "good"))
            try await bench.engine.register(TestFlows.single("refuse", id: "bad"))
            var ids: [ExecutionID] = []
            for index in 0..<10 {
                bench.clock.advance(by: .milliseconds(1))
                let (id, _) = try await bench.start(index.isMultiple(of: 2) ? "good" : "bad")
                ids.append(id)
            }
            func list(_ change: (inout ExecutionQuery) -> Void) async throws -> [ExecutionID] {
                var query = ExecutionQuery()
                change(&query)
                return try await bench.engine.executions(query).map(\.id)
            }
            #expect(try await list { _ in } == ids.reversed())
            #expect(try await list { $0.statuses = [.failed] } == [9, 7, 5, 3, 1].map { ids[$0] })
            #expect(try await list { $0.flowID = "good" } == [8, 6, 4, 2, 0].map { ids[$0] })
            #expect(try await list { $0.statuses = [.completed, .failed] } == ids.reversed())
            #expect(
                try await list {
                    $0.flowID = "good"
                    $0.statuses = [.failed]
                } == [])
            #expect(
                try await list {
                    $0.flowID = "good"
                    $0.offset = 1
                    $0.limit = 2
                } == [6, 4].map { ids[$0] })
            #expect(
                try await list {
                    $0.before = ids[4]
                    $0.limit = 2
                } == [3, 2].map { ids[$0] })
        }

        @Test func `X17 of many callers that run one execution, none repeats what another did`() async throws {
            let store = try await TestStore.new()
            let ledger = Ledger()
            let engines = (0..<4).map { _ in Engine(store: store) }
            for engine in engines {
                engine.handle("note") { _, step in
                    ledger.note(step.stepID.rawValue)
                    await Task.yield()
                    return .success(nil)
                }
            }
            try await engines[0].register(TestFlows.chain("note", count: 20))
            let id = try await engines[0].create("chain").execution.id
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<40 {
                    group.addTask {
                        do {
                            _ = try await engines[caller % 4].run(id)
                        } catch let error as EngineError {
                            #expect(error.code == .executionBusy && error.holder != nil)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await engines[0].run(id).status == .completed)
            #expect(ledger.all == (1...20).map { "s\($0)" })
        }

        @Test func `X20 what is completed stays so, and says why`() async throws {
            let bench = try await Self.bench()
            let engine = bench.engine
            let end = try await bench.run(TestFlows.single("echo"))
            func code(_ body: () async throws -> Void) async -> EngineError.Code? {
                do {
                    try await body()
                    return nil
                } catch {
                    return (error as? EngineError)?.code
                }
            }
            #expect(await code { _ = try await engine.pause(end.id) } == .invalidTransition)
            #expect(await code { _ = try await engine.retry(end.id) } == .invalidTransition)
            #expect(await code { _ = try await engine.skip(end.id, step: "only") } == .invalidTransition)
            #expect(await code { _ = try await engine.resume(end.id) } == .executionNotWaiting)
            #expect(await code { try await engine.signal(end.id, "go") } == .executionEnded)
            #expect(await code { _ = try await engine.retry(end.id, from: "nowhere") } == .stepNotFound)
            let cancel = try await engine.cancel(end.id)
            #expect(!cancel.cancelled && cancel.previousStatus == .completed)
            #expect(try await engine.execution(end.id).status == .completed)
        }

        @Test func `X20 what failed, was cancelled or rolled back may be pending again, and what waits may not`()
            async throws
        {
            let bench = try await Self.bench()
            let engine = bench.engine
            let failed = try await bench.run(TestFlows.single("refuse"))
            let retried = try await engine.retry(failed.id)
            #expect(retried.status == .pending && retried.error == nil && retried.endedAt == nil)
            #expect(try await engine.run(failed.id).status == .failed)

            let waiting = try await bench.run(TestFlows.single("pause", id: "wait"), simulateTime: false)
            await #expect(throws: EngineError.self) { try await engine.retry(waiting.id) }
            _ = try await engine.cancel(waiting.id)
            let again = try await engine.retry(waiting.id)
            #expect(again.status == .pending && again.cancellation == nil)

            let undone = try await bench.run(Self.saga())
            #expect(undone.status == .rolledBack)
            let begun = try await engine.retry(undone.id, from: "a")
            #expect(begun.status == .pending && begun.error == nil)
            bench.engine.handle("refuse") { _, _ in .success("accepted") }
            let end = try await engine.run(undone.id)
            #expect(end.status == .completed && bench.ledger.all == ["undo a"])
        }

        @Test func `X20 what was undone and done again is undone again, once`() async throws {
            let bench = try await Self.bench()
            let undone = try await bench.run(Self.saga())
            _ = try await bench.engine.retry(undone.id, from: "a")
            let end = try await bench.engine.run(undone.id)
            #expect(end.status == .rolledBack && bench.ledger.all == ["undo a", "undo a"])
        }

        @Test func `X03 a rollback goes on with another engine where the first one stopped`() async throws {
            let clock = VirtualClock()
            let store = try await TestStore.new(clock: clock)
            let ledger = Ledger()
            let engines = (0..<2).map { _ in Engine(store: store, clock: clock) }
            for (index, engine) in engines.enumerated() {
                engine.handle("work") { _, _ in .success(nil) }
                engine.handle("refuse") { _, _ in .failure("REFUSED", isRetryable: false) }
                engine.handle("undo") { _, step in
                    ledger.note("\(step.stepID) by \(index)")
                    return .success(nil)
                }
            }
            var steps: JSONObject = ["s4": ["type": "refuse"]]
            for index in 0..<4 {
                steps["s\(index)"] = [
                    "type": "work", "compensate": ["type": "undo"],
                    "transitions": ["onSuccess": .string("s\(index + 1)")],
                ]
            }
            try await engines[0].register([
                "id": "saga", "version": "1.0.0", "initialStepId": "s0", "steps": .object(steps),
            ])
            let id = try await engines[0].create("saga", options: CreateOptions(autoRun: false)).execution.id
            for turn in 0..<8 { _ = try await engines[turn % 2].step(id) }
            #expect(try await engines[1].execution(id).status == .rollingBack)
            #expect(try await engines[0].step(id).status == .rolledBack)
            #expect(ledger.all == ["s3 by 1", "s2 by 0", "s1 by 1", "s0 by 0"])
        }

        @Test func `X09 of many signals at once one ends the wait, and the flow goes on once`() async throws {
            let engines = try await FlowMonkeyTests.RaceTests.cluster()
            let ledger = Ledger()
            for engine in engines {
                engine.handle("pause") { _, _ in .wait(WaitRequest(until: .signal("go"))) }
                engine.handle("note") { input, step in
                    ledger.note("\(step.executionID)")
                    return .success(input)
                }
            }
            try await engines[0].register(
                FlowMonkeyTests.flow(
                    [
                        "a": ["type": "pause", "outputKey": "answer", "transitions": ["onSuccess": "b"]],
                        "b": ["type": "note"],
                    ], id: "signalled"))
            try await ServiceTests.running(engines) {
                for _ in 0..<20 {
                    let id = try await engines[0].create("signalled").execution.id
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for sender in 0..<20 {
                            group.addTask {
                                do {
                                    try await engines[sender % 2].signal(id, "go", payload: .int(Int64(sender)))
                                } catch let error as EngineError {
                                    #expect(error.code == .executionEnded)
                                }
                            }
                        }
                        try await group.waitForAll()
                    }
                    let end = try await engines[1].wait(for: id)
                    #expect(end.status == .completed && ledger.count("\(id)") == 1)
                    let events = try await engines[1].events(of: id)
                    #expect(events.count { $0.type == "signal.consumed" } == 1)
                    #expect(end.context["answer"]?.int64 != nil)
                }
            }
        }

        @Test func `X09 of many resumes at once one ends the wait, and its data is kept`() async throws {
            let engines = try await FlowMonkeyTests.RaceTests.cluster()
            let ledger = Ledger()
            for engine in engines {
                engine.handle("pause") { _, _ in .wait(WaitRequest(until: .resume)) }
                engine.handle("note") { _, step in
                    ledger.note("\(step.executionID)")
                    return .success(nil)
                }
            }
            try await engines[0].register(
                FlowMonkeyTests.flow(
                    [
                        "a": ["type": "pause", "outputKey": "one", "transitions": ["onSuccess": "b"]],
                        "b": ["type": "note", "transitions": ["onSuccess": "c"]],
                        "c": ["type": "pause", "outputKey": "two"],
                    ], id: "resumed"))
            try await ServiceTests.running(engines) {
                let id = try await engines[0].create("resumed").execution.id
                for try await event in try await engines[0].follow(id) where event.type == "execution.waiting" { break }
                let accepted = await withTaskGroup(of: Bool.self) { group in
                    for sender in 0..<20 {
                        group.addTask {
                            let sent = try? await engines[sender % 2].resume(id, data: .int(Int64(sender)), step: "a")
                            return sent != nil
                        }
                    }
                    return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                #expect(accepted >= 1)
                var waits = 0
                for try await event in try await engines[1].follow(id) where event.type == "execution.waiting" {
                    waits += 1
                    if waits == 2 { break }
                }
                let second = try await engines[1].execution(id)
                #expect(second.currentSteps == ["c"] && second.context["one"]?.int64 != nil)
                #expect(second.context["two"] == nil && ledger.count("\(id)") == 1)
            }
        }

        @Test func `X15 of parallel branches each shows its own wait`() async throws {
            let bench = try await Self.bench()
            bench.engine.handle("signal") { _, step in
                .wait(WaitRequest(until: .signal("for-\(step.stepID)")))
            }
            bench.engine.handle("note") { _, _ in .success(nil) }
            let waiting = try await bench.run(
                GraphTests.forked { steps in
                    for name in ["left", "c1"] {
                        steps[name] = ["type": "signal", "transitions": ["onSuccess": "join"]]
                    }
                }, simulateTime: false)
            let steps = try await bench.engine.steps(of: waiting.id)
            #expect(Set(steps.filter { $0.status == "suspended" }.map(\.stepID)) == ["c1", "left"])
            #expect(steps.first { $0.stepID == "left" }?.waitingFor == "for-left")
            #expect(steps.first { $0.stepID == "c1" }?.waitingFor == "for-c1")
        }
    }
}

import Skein
import SkeinCore
import SkeinTesting
import Testing

/// Children that the code of a step starts and waits for.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct CodeChildrenTests {
    private struct Item: Codable, Sendable {
        var item: Int
    }

    private static let child = DurableFlow<Item, Int>("twice") { input, step in
        guard input.item >= 0 else { throw StepFailure("NEGATIVE", isRetryable: false) }
        return try await step.run("double") { input.item * 2 }
    }

    private static func children(of id: ExecutionID, _ engine: Engine) async throws -> [ExecutionID] {
        try await engine.store.children(of: id, round: nil, from: 0, limit: 10)
    }

    private static func bench(
        _ code: @escaping @concurrent @Sendable (Ledger, StepContext) async throws -> JSONValue
    ) async throws -> Bench {
        let bench = try await Bench()
        bench.engine.handle("code") { [ledger = bench.ledger] _, step in
            ledger.note("enter")
            return .success(try await code(ledger, step))
        }
        try await bench.engine.register(TestFlows.single("code", id: "code"))
        try await bench.engine.register(child)
        return bench
    }

    @Test func `children are started once each, run beside the code, and give their output`() async throws {
        let bench = try await Self.bench { ledger, step in
            let first = try await step.spawn("first", Self.child, Item(item: 3))
            let second = try await step.spawn("second", Self.child, Item(item: 4))
            try await step.perform("between") { ledger.note("between") }
            let sum = try await step.result(of: first) + step.result(of: second)
            return .int(Int64(sum))
        }
        let (id, end) = try await bench.start("code")
        #expect(end.status == .completed && end.result == 14)
        #expect(bench.ledger.all.filter { $0 == "between" }.count == 1)
        let children = try await Self.children(of: id, bench.engine)
        #expect(children.count == 2)
        let types = try await bench.engine.events(of: id).map(\.type)
        #expect(types.filter { $0 == "execution.children_created" }.count == 2)
    }

    @Test func `code that waits for a child holds nobody`() async throws {
        let bench = try await Self.bench { _, step in
            let child = try await step.spawn("one", flow: "twice", context: ["item": 5])
            return ["of": try await step.result(of: child)]
        }
        let id = try await bench.engine.create("code").execution.id
        let waiting = try await bench.engine.step(id)
        #expect(waiting.status == .waiting && waiting.wait?.kind == .children && waiting.workerID == nil)
        let end = try await bench.engine.run(id)
        #expect(end.result == ["of": 10])
        #expect(bench.ledger.all == ["enter", "enter"])
    }

    @Test func `a child that fails fails who waits for it, and only who does`() async throws {
        let bench = try await Self.bench { _, step in
            let bad = try await step.spawn("bad", Self.child, Item(item: -1))
            do {
                _ = try await step.result(of: bad)
                return "no failure"
            } catch let failure as StepFailure {
                return .string("\(failure.failure.code) \(failure.failure.details?["error"]?["code"]?.string ?? "")")
            }
        }
        let (_, end) = try await bench.start("code")
        #expect(end.result == "CHILD_FAILED NEGATIVE")
    }

    @Test func `a child that takes too long is waited for no longer`() async throws {
        let bench = try await Bench()
        bench.engine.handle("code") { _, step in
            let child = try await step.spawn("slow", flow: "slow", context: [:])
            return .success(.int(try await step.result(of: child, timeout: .seconds(10)).int64 ?? 0))
        }
        bench.engine.handle("wait") { _, _ in .wait(WaitRequest(until: .signal("never"))) }
        try await bench.engine.register(TestFlows.single("code", id: "code"))
        try await bench.engine.register(TestFlows.single("wait", id: "slow"))
        let id = try await bench.engine.create("code").execution.id
        let waiting = try await bench.engine.step(id)
        #expect(waiting.wait?.timeoutAt == bench.clock.now + .seconds(10))
        bench.clock.advance(by: .seconds(10))
        let end = try await bench.engine.run(id)
        #expect(end.status == .failed && end.error?.code == "TIMEOUT")
    }

    @Test func `an unknown flow is a clear failure, and nothing was started`() async throws {
        let bench = try await Self.bench { _, step in
            let child = try await step.spawn("one", flow: "missing", context: [:])
            return try await step.result(of: child)
        }
        let (id, end) = try await bench.start("code")
        #expect(end.error?.code == "FLOW_NOT_FOUND")
        let made = try await Self.children(of: id, bench.engine)
        #expect(made.isEmpty)
    }

    @Test func `who cancels the parent cancels the children of its code`() async throws {
        let bench = try await Bench()
        bench.engine.handle("code") { _, step in
            let child = try await step.spawn("slow", flow: "slow", context: [:])
            return .success(try await step.result(of: child))
        }
        bench.engine.handle("wait") { _, _ in .wait(WaitRequest(until: .signal("never"))) }
        try await bench.engine.register(TestFlows.single("code", id: "code"))
        try await bench.engine.register(TestFlows.single("wait", id: "slow"))
        let id = try await bench.engine.create("code").execution.id
        _ = try await bench.engine.step(id)
        let child = try #require(try await Self.children(of: id, bench.engine).first)
        _ = try await bench.engine.cancel(id)
        let cancelled = try await bench.engine.execution(child)
        #expect(cancelled.status == .cancelled && cancelled.cancellation?.source == .parent)
    }

    @Test func `two branches that ask for children at once get both`() async throws {
        let bench = try await Bench()
        let barrier = Ledger()
        bench.engine.handle("ask") { _, step in
            barrier.note("here")
            while barrier.count("here") < 2 { await Task.yield() }
            var request = ChildrenRequest("twice", contexts: [["item": step.stepID == "left" ? 1 : 2]])
            request.isMap = true
            return .children(request)
        }
        bench.engine.handle("note") { input, _ in .success(input) }
        try await bench.engine.register(Self.child)
        let branch: (String) -> JSONValue = {
            ["type": "ask", "outputKey": .string($0), "transitions": ["onSuccess": "end"]]
        }
        try await bench.engine.register([
            "id": "both", "version": "1.0.0", "initialStepId": "fork",
            "steps": [
                "fork": ["type": "note", "transitions": ["onSuccess": ["left", "right"]]], "left": branch("l"),
                "right": branch("r"), "end": ["type": "note", "join": ["left", "right"]],
            ],
        ])
        let (_, end) = try await bench.start("both")
        #expect(end.status == .completed && end.context["l"] == [2] && end.context["r"] == [4])
    }

    @Test func `a crash at any point starts no child twice and loses none`() async throws {
        let flow = DurableFlow<Item, Int>("parent") { input, step in
            let first = try await step.spawn("a", Self.child, Item(item: input.item))
            let second = try await step.spawn("b", Self.child, Item(item: input.item + 1))
            return try await step.result(of: second) - step.result(of: first)
        }
        let points = try await CodeChildrenTests.crash(flow)
        #expect(points > 6)
    }

    private static func crash(_ flow: DurableFlow<Item, Int>) async throws -> Int {
        let harness = TestHarness()
        try await harness.engine.register(child)
        return try await harness.crashAtEveryStep(flow, Item(item: 4)) { end, output in
            #expect(output == 2, "at \(end.point)")
            let made = try await children(of: end.id, end.engine)
            #expect(made.count == 2)
        }
    }
}

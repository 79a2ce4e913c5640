import Skein
import SkeinCore
import Testing

/// What is said about an execution: its family, and why it is where it is.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct InsightTests {
    private static func parent(_ count: Int) -> JSONValue {
        TestFlows.single("spawn\(count)", id: "parent\(count)")
    }

    private func bench(children count: Int) async throws -> Bench {
        let bench = try await Bench()
        bench.engine.handle("pause") { _, _ in .wait(WaitRequest(until: .signal("go"))) }
        bench.engine.handle("spawn\(count)") { _, _ in
            .children(ChildrenRequest("child", contexts: (0..<count).map { ["n": .int(Int64($0))] }))
        }
        try await bench.engine.register(TestFlows.single("pause", id: "child"))
        return bench
    }

    private func reason(_ bench: Bench, _ id: ExecutionID) async throws -> Reason {
        try #require(try await bench.engine.explain(id).reasons.first)
    }

    @Test func `a tree has the children in order, and says what it leaves out`() async throws {
        let bench = try await bench(children: 3)
        try await bench.engine.register(Self.parent(3))
        let id = try await bench.engine.create("parent3").execution.id
        _ = try await bench.engine.drive(id)
        let ids = try await bench.engine.store.children(of: id, round: nil, from: 0, limit: 10)
        let tree = try await bench.engine.tree(of: id)
        #expect(tree.root.execution.id == id && tree.count == 4 && !tree.isTruncated)
        #expect(Set(tree.root.children.map(\.execution.id)) == Set(ids))
        #expect(tree.json["children"]?.array?.count == 3 && tree.json["truncated"] == false)
        let shallow = try await bench.engine.tree(of: id, depth: 0)
        #expect(shallow.count == 1 && shallow.isTruncated && shallow.root.isCut)
        #expect(try await bench.engine.tree(of: ids[0]).count == 1)
        await #expect(throws: EngineError.self) {
            try await bench.engine.tree(of: ExecutionID(raw: UniqueID(high: 1, low: 1)))
        }
    }

    @Test func `a tree ends at a thousand`() async throws {
        let bench = try await bench(children: 1_100)
        try await bench.engine.register(Self.parent(1_100))
        let id = try await bench.engine.create("parent1100").execution.id
        _ = try await bench.engine.drive(id)
        let tree = try await bench.engine.tree(of: id)
        #expect(tree.count == Engine.treeLimit && tree.isTruncated && tree.root.isCut)
    }

    @Test func `a child of code is counted, too`() async throws {
        let bench = try await bench(children: 0)
        bench.engine.handle("code") { _, step in
            let child = try await step.spawn("one", flow: "child", context: [:])
            return .success(try await step.result(of: child))
        }
        try await bench.engine.register(TestFlows.single("code", id: "coded"))
        let id = try await bench.engine.create("coded").execution.id
        _ = try await bench.engine.drive(id)
        let reason = try await reason(bench, id)
        #expect(reason.code == .children && reason.details["ended"] == 0 && reason.details["started"] == 1)
    }

    @Test func `children are counted`() async throws {
        let bench = try await bench(children: 2)
        try await bench.engine.register(Self.parent(2))
        let id = try await bench.engine.create("parent2").execution.id
        _ = try await bench.engine.drive(id)
        let child = try #require(try await bench.engine.store.children(of: id, round: nil, from: 0, limit: 1).first)
        _ = try await bench.engine.cancel(child)
        let reason = try await reason(bench, id)
        #expect(reason.code == .children && reason.message == "it waits for its children: 1 of 2 have ended")
        #expect(
            reason.details == ["total": 2, "started": 2, "ended": 1, "reason": "waits for 2 executions of 'child'"])
    }

    @Test func `each wait has its reason`() async throws {
        let bench = try await Bench()
        let end = bench.clock.now + .seconds(60)
        let waits: [(String, WaitRequest, Reason.Code)] = [
            ("timer", WaitRequest(until: .time(end)), .timer), ("signal", WaitRequest(until: .signal("go")), .signal),
            ("manual", WaitRequest(until: .resume, reason: "ann decides"), .manual),
            ("token", WaitRequest(until: .token), .token),
        ]
        for (name, request, code) in waits {
            bench.engine.handle(name) { _, _ in .wait(request) }
            try await bench.engine.register(TestFlows.single(name, id: name))
            let waiting = try await bench.engine.drive(try await bench.engine.create(name).execution.id)
            let reason = try await reason(bench, waiting.id)
            #expect(reason.code == code && reason.stepID == "only" && reason.since == bench.clock.now)
            if code == .timer { #expect(reason.until == end) }
            if code == .signal { #expect(reason.message.contains("'go'") && reason.details["signal"] == "go") }
            if code == .manual { #expect(reason.details["reason"] == "ann decides") }
            if code == .token { #expect(reason.details["active"] == 0) }
        }
    }

    @Test func `what has ended, is paused, is late or is tried again says so`() async throws {
        let bench = try await Bench()
        bench.engine.handle("flaky") { _, _ in .failure("E", "no luck") }
        let flow = TestFlows.single("flaky", step: ["retry": ["maxAttempts": 1, "backoffMs": 5_000]])
        try await bench.engine.register(flow)
        let id = try await bench.engine.create("single").execution.id
        #expect(try await reason(bench, id).code == .ready)
        _ = try await bench.engine.drive(id)
        let retry = try await reason(bench, id)
        #expect(retry.code == .retry && retry.until != nil && retry.details["attempt"] == 2)
        _ = try await bench.engine.pause(id, by: Intervention(actor: "ann", reason: "lunch"))
        let paused = try await reason(bench, id)
        #expect(paused.code == .paused && paused.message == "it was paused by ann: lunch" && paused.since != nil)
        _ = try await bench.engine.resume(id)
        bench.clock.advance(by: .seconds(10))
        _ = try await bench.engine.drive(id)
        let ended = try await reason(bench, id)
        #expect(ended.code == .ended && ended.message == "it has ended: failed, E: no luck")
        let later = try await bench.engine.create("single", options: CreateOptions(delay: .seconds(9))).execution.id
        #expect(try await reason(bench, later).code == .scheduled)
        let never = try await bench.engine.create("single", options: CreateOptions(autoRun: false)).execution.id
        #expect(try await reason(bench, never).code == .notAutomatic)
    }

    @Test func `an execution that nobody can run says what is missing`() async throws {
        let bench = try await Bench { $0.isClustered = true }
        try await bench.engine.register(TestFlows.single("nobody"))
        let id = try await bench.engine.create("single").execution.id
        let reason = try await reason(bench, id)
        #expect(reason.code == .handler && reason.details["type"] == "nobody")
    }

    @Test func `the picture of an execution has the status of each step`() async throws {
        let bench = try await Bench()
        let done = try await bench.run(TestFlows.chain("echo", count: 2))
        let drawing = try await bench.engine.drawing(of: done.id)
        #expect(drawing.nodes.map(\.status) == ["completed", "completed"])
        #expect(try await bench.engine.drawing(ofFlow: "chain").nodes.map(\.status) == [nil, nil])
        await #expect(throws: EngineError.self) { try await bench.engine.drawing(ofFlow: "none") }
    }
}

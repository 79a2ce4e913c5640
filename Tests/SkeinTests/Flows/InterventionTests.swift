import Skein
import SkeinCore
import Testing

/// What operators do at odd moments.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct InterventionTests {
    @Test func `a rollback that was paused goes on when it is resumed`() async throws {
        let bench = try await Bench()
        bench.engine.handle("work") { _, _ in .success(nil) }
        bench.engine.handle("fail") { _, _ in .failure("NO_SHIP", isRetryable: false) }
        bench.engine.handle("undo") { _, step in step.attempt < 2 ? .failure("BANK_DOWN") : .success(nil) }
        try await bench.engine.register(SagaTests.order())
        let id = try await bench.engine.create("order").execution.id
        #expect(try await bench.engine.drive(id).status == .rollingBack)
        #expect(try await bench.engine.pause(id).status == .paused)
        #expect(try await bench.engine.resume(id).status == .rollingBack)
        #expect(try await bench.engine.run(id, simulateTime: true).status == .rolledBack)
    }

    @Test func `a paused execution stays paused when a step of it is passed over`() async throws {
        let bench = try await Bench()
        try await bench.engine.register(TestFlows.chain("echo", count: 2))
        let id = try await bench.engine.create("chain").execution.id
        _ = try await bench.engine.pause(id)
        #expect(try await bench.engine.skip(id, step: "s1").status == .paused)
        #expect(try await bench.engine.run(id).status == .paused)
        let resumed = try await bench.engine.resume(id)
        #expect(resumed.status == .pending && resumed.currentSteps == ["s2"])
        #expect(try await bench.engine.run(id).status == .completed)
    }

    @Test func `a step that waits for children is passed over, and they are cancelled`() async throws {
        let bench = try await Bench()
        try await ChildrenTests.register(bench.engine) { $0.flowID = "chain" }
        bench.engine.handle("pause") { _, _ in .wait(WaitRequest(until: .resume)) }
        try await bench.engine.register(TestFlows.chain("pause", count: 1))
        let id = try await bench.engine.create("parent", context: ["items": [1, 2]]).execution.id
        #expect(try await bench.engine.drive(id).wait?.kind == .children)
        _ = try await bench.engine.skip(id, step: "spawn", output: "none")
        let children = try await bench.store.children(of: id, round: nil, from: 0, limit: 10)
        #expect(children.count == 2)
        for child in children { #expect(try await bench.engine.execution(child).status == .cancelled) }
        let end = try await bench.engine.drive(id)
        #expect(end.status == .completed && end.result == "none")
    }

    @Test func `a child that is cancelled after one of its steps was passed over tells its parent`() async throws {
        let bench = try await Bench()
        try await ChildrenTests.register(bench.engine) { request in
            request.flowID = "chain"
            request.collects = true
        }
        bench.engine.handle("pause") { _, _ in .wait(WaitRequest(until: .resume)) }
        try await bench.engine.register(TestFlows.chain("pause", count: 2))
        let id = try await bench.engine.create("parent", context: ["items": [1]]).execution.id
        _ = try await bench.engine.drive(id)
        let child = try #require(try await bench.store.children(of: id, round: nil, from: 0, limit: 1).first)
        _ = try await bench.engine.drive(child)
        _ = try await bench.engine.skip(child, step: "s1")
        _ = try await bench.engine.cancel(child)
        let end = try await bench.engine.drive(id)
        #expect(end.status == .completed && end.result?[0]?["status"] == "cancelled")
    }
}

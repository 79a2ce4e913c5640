import Skein
import SkeinCore
import Testing

/// Handlers that are stateful: their work is done in executions of their own.
@Suite(.everyStore)
struct JobTests {
    private func register(_ bench: Bench, _ body: @escaping AnyHandler.Body) async throws {
        bench.engine.handlers.register(AnyHandler(HandlerMetadata(type: "crunch", isStateful: true), body))
        try await bench.engine.register(
            TestFlows.single(
                "crunch", step: ["config": ["factor": 3], "input": ["type": "key", "key": "n"]]))
    }

    private func settle(_ bench: Bench) async throws {
        while try await bench.engine.driveDue(limit: 10).claimed > 0 {}
    }

    @Test func `the step waits for its job, holds nobody, and goes on with what it returned`() async throws {
        let bench = try await Bench()
        let seen = Ledger()
        try await register(bench) { input, step in
            let half = try await step.run("half") { (input.int ?? 0) * 2 }
            try await step.progress("half way", percent: 50)
            seen.note("\(step.config["factor"]?.int ?? 0)")
            return .completed(.int(Int64(half * 3)))
        }
        let id = try await bench.engine.create("single", context: ["n": 7]).execution.id
        #expect(try await bench.engine.driveDue(limit: 1).claimed == 1)
        let waiting = try await bench.engine.execution(id)
        #expect(waiting.status == .waiting && waiting.wait?.kind == .job && waiting.workerID == nil)
        try await settle(bench)
        let done = try await bench.engine.execution(id)
        #expect(done.status == .completed && done.context["out"] == 42)
        #expect(seen.all == ["3"])
        let job = try #require(try await bench.store.children(of: id, round: nil, from: 0, limit: 10).first)
        let record = try await bench.engine.execution(job)
        #expect(record.creation.flowID == "job:crunch" && record.progress?.percent == 50)
        #expect(bench.engine.handlers.metadata.map(\.type).contains("job:crunch") == false)
    }

    @Test func `a job is tried three times, keeps what it recorded, and its error is the step's`() async throws {
        let bench = try await Bench()
        try await register(bench) { _, step in
            _ = try await step.run("once") {
                bench.ledger.note("once")
                return 1
            }
            bench.ledger.note("tried")
            throw StepFailure("NO", "not today", details: ["a": 1])
        }
        let id = try await bench.engine.create("single", context: ["n": 7]).execution.id
        for _ in 0..<5 {
            try await settle(bench)
            bench.clock.advance(by: .seconds(10))
        }
        let failed = try await bench.engine.execution(id)
        #expect(failed.status == .failed && failed.error?.code == "NO" && failed.error?.details == ["a": 1])
        #expect(bench.ledger.count("tried") == 3 && bench.ledger.count("once") == 1)
    }

    @Test func `who cancels the step's execution cancels the job, and run drives both`() async throws {
        let bench = try await Bench()
        try await register(bench) { _, _ in .wait(WaitRequest(until: .resume, reason: "somebody")) }
        let id = try await bench.engine.create("single", context: ["n": 7]).execution.id
        try await settle(bench)
        let job = try #require(try await bench.store.children(of: id, round: nil, from: 0, limit: 10).first)
        try await bench.engine.cancel(id)
        #expect(try await bench.engine.execution(job).status == .cancelled)
        try await register(bench) { input, _ in .completed(input) }
        let other = try await bench.engine.create("single", context: ["n": 9]).execution.id
        #expect(try await bench.engine.run(other, simulateTime: true).context["out"] == 9)
    }
}

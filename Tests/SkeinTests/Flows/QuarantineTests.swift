import Skein
import SkeinCore
import Testing

/// Executions whose workers die, one after the other.
@Suite(.everyStore, .timeLimit(.minutes(1)))
struct QuarantineTests {
    /// An execution that `count` workers have been lost with.
    private func survivor(of count: Int, _ bench: Bench) async throws -> ExecutionID {
        try await bench.engine.register(TestFlows.single("echo"))
        let id = try await bench.engine.create("single").execution.id
        for index in 0..<count {
            let worker = WorkerID(raw: .v4(random: 1, UInt64(index)))
            try await bench.store.register(WorkerRecord(id: worker, podID: nil, handlers: ["echo"]))
            let claimID = ClaimID(raw: .v4(random: 2, UInt64(index)))
            let ownership = Ownership(workerID: worker, claimID: claimID, lease: .seconds(10))
            let claim = try #require(try await bench.store.claim([id], for: ownership, reach: .any).first)
            if claim.isTakeover {
                let body = LogBody(
                    workerID: worker, at: bench.clock.now,
                    events: [.recovered(from: claim.previousOwner, reason: "worker unavailable")])
                let last = try await bench.store.record(id)?.rows.last
                let row = Append(
                    executionID: id, position: Int64(index) + 1, kind: .recovered, count: 1,
                    operationID: OperationID(raw: .v4(random: 3, UInt64(index))),
                    at: body.at, body: body.encoded(), after: last?.hash)
                guard case .committed = try await bench.store.commit([row], writer: 0)[0] else {
                    Issue.record("the row is not committed")
                    return id
                }
            }
            bench.clock.advance(by: .seconds(11))
        }
        return id
    }

    @Test func `an execution that its workers die of is held until somebody resumes it`() async throws {
        let bench = try await Bench()
        let id = try await survivor(of: 5, bench)
        let held = try await bench.engine.run(id)
        #expect(held.status == .paused)
        #expect(held.error?.code == "QUARANTINED")
        #expect(try await bench.types(id).last == "execution.quarantined")
        #expect(try await !bench.types(id).contains("execution.started"))
        let worker = WorkerID(raw: .v4(random: 4, 4))
        try await bench.store.register(WorkerRecord(id: worker, podID: nil, handlers: ["echo"]))
        let ownership = Ownership(workerID: worker, claimID: ClaimID(raw: .v4(random: 4, 4)), lease: .seconds(10))
        #expect(try await bench.store.claim([id], for: ownership, reach: .any).isEmpty)
        #expect(try await bench.engine.explain(id).reasons.map(\.code) == [.quarantined])
        bench.clock.advance(by: .seconds(86_400))
        #expect(try await bench.engine.execution(id).status == .paused)
        _ = try await bench.engine.resume(id)
        let ended = try await bench.engine.run(id)
        #expect(ended.status == .completed)
        #expect(ended.error == nil)
    }

    @Test func `one that comes further is left alone`() async throws {
        let bench = try await Bench()
        let id = try await survivor(of: 4, bench)
        let ended = try await bench.engine.run(id)
        #expect(ended.status == .completed)
        #expect(try await bench.types(id).count { $0 == "execution.recovered" } == 4)
    }
}

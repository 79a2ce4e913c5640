import Skein
import SkeinCore
import SkeinTesting
import Testing

/// Tasks whose workers come and go.
@Suite(.everyStore)
struct TaskWorkerTests {
    typealias Raw = TaskContext<JSONValue>

    private func worker(_ number: UInt64) -> WorkerID { WorkerID(raw: .v4(random: 9, number)) }

    private func ownership(_ worker: WorkerID, _ number: UInt64) -> Ownership {
        Ownership(workerID: worker, claimID: ClaimID(raw: .v4(random: 8, number)), lease: .seconds(10))
    }

    @Test func `F35 a newer worker of a pod supersedes the older, and who is silent for long is dead`() async throws {
        let bench = try await Bench()
        let store = bench.store
        try await store.register(WorkerRecord(id: worker(1), podID: "pod", handlers: []))
        try await store.register(WorkerRecord(id: worker(2), podID: "pod", handlers: []))
        func live() async throws -> Set<WorkerID> { Set(try await store.workers().filter(\.isLive).map(\.id)) }
        #expect(try await live() == [worker(2)])
        bench.clock.advance(by: .seconds(30))
        #expect(try await store.reap(silence: .seconds(30), lease: .seconds(10)).isEmpty)
        bench.clock.advance(by: .microseconds(1))
        #expect(try await store.reap(silence: .seconds(30), lease: .seconds(10)) == [worker(2)])
        #expect(try await live().isEmpty)
    }

    @Test func `F36 F37 the running task of a dead worker runs elsewhere, and the dead one's end counts for nothing`()
        async throws
    {
        let tasks = try await TaskBench()
        let (engine, store, clock) = (tasks.engine, tasks.bench.store, tasks.bench.clock)
        engine.use("work") { (_: Raw, _) in .success("rescued") }
        let id = try await engine.async("work").execution.id
        try await store.register(WorkerRecord(id: worker(1), podID: "pod", handlers: ["task:work"]))
        let claim = try #require(
            try await store.claim([id], for: ownership(worker(1), 1), reach: .due).first)
        #expect(!claim.isTakeover)
        let started = LogBody(
            workerID: worker(1), at: clock.now, events: [.stepStarted("run", attempt: 1, startedAt: clock.now)])
        let record = try #require(try await store.record(id))
        let row = Append(
            executionID: id, position: 2, kind: .step, count: 1, operationID: OperationID(raw: .v4(random: 7, 1)),
            at: clock.now, body: started.encoded(), after: record.rows.last?.hash)
        guard case .committed = try await store.commit([row], writer: 0)[0] else { return }
        clock.advance(by: .seconds(40))
        #expect(try await store.reap(silence: .seconds(30), lease: .seconds(10)) == [worker(1)])
        try await tasks.settle()
        let done = try await engine.taskRecord(id)
        #expect(done.status == .completed && done.result == "rescued" && done.retryCount == 0)
        let attempts = try await engine.auditAttempts(AuditQuery(.execution(id))).items
        #expect(attempts.map(\.outcome).contains(.interrupted))
        let recovered = try await engine.events(of: id).filter { $0.type == "execution.recovered" }
        #expect(recovered.count == 1 && recovered.first?.workerID == engine.workerID)
        #expect(recovered.first?.metadata["recoveredFrom"]?.string == worker(1).description)
        // What the dead worker still has to say meets the rows of its successor.
        let late = Append(
            executionID: id, position: 3, kind: .step, count: 1, operationID: OperationID(raw: .v4(random: 7, 2)),
            at: clock.now, body: started.encoded(), after: row.hash)
        guard case .fenced = try await store.commit([late], writer: 0)[0] else {
            Issue.record("a dead worker's row is in the log")
            return
        }
        #expect(
            try await store.renew(
                [HeldClaim(id, ClaimID(raw: .v4(random: 8, 1)))], worker: worker(1), lease: .seconds(10)
            ).isEmpty)
    }

    @Test func `F39 F42 a superseded worker's heartbeat changes nothing, and it claims nothing`() async throws {
        let bench = try await Bench()
        let store = bench.store
        try await store.register(WorkerRecord(id: worker(1), podID: "pod", handlers: ["echo"]))
        try await store.register(WorkerRecord(id: worker(2), podID: "pod", handlers: ["echo"]))
        #expect(try await store.heartbeat(worker(1)) == nil)
        #expect(try await store.heartbeat(worker(2)) != nil)
        let flow = try await bench.engine.register(TestFlows.single("echo"))
        let id = try await bench.engine.create(flow.flow.id).execution.id
        // The newer one does nothing: that is no reason for the older one to.
        #expect(try await store.claim([id], for: ownership(worker(1), 1), reach: .due).isEmpty)
        let request = ClaimRequest(
            ownership: ownership(worker(1), 2), handlers: ["echo"], handlerWait: .seconds(600), limit: 10)
        #expect(try await store.claim(request).claims.isEmpty)
        #expect(try await store.claim([id], for: ownership(worker(2), 3), reach: .due).count == 1)
        #expect(try await store.workers().first { $0.id == worker(1) }?.isLive == false)
    }

    @Test func `F43 what a live worker runs for long is nobody else's`() async throws {
        let bench = try await Bench()
        let store = bench.store
        try await store.register(WorkerRecord(id: worker(1), podID: nil, handlers: ["echo"]))
        try await store.register(WorkerRecord(id: worker(2), podID: nil, handlers: ["echo"]))
        let flow = try await bench.engine.register(TestFlows.single("echo"))
        let id = try await bench.engine.create(flow.flow.id).execution.id
        let own = ownership(worker(1), 1)
        #expect(try await store.claim([id], for: own, reach: .due).count == 1)
        for _ in 0..<20 {
            bench.clock.advance(by: .seconds(5))
            _ = try await store.heartbeat(worker(1))
            _ = try await store.heartbeat(worker(2))
            #expect(try await store.renew([HeldClaim(id, own.claimID)], worker: worker(1), lease: .seconds(10)) == [id])
            #expect(try await store.reap(silence: .seconds(30), lease: .seconds(10)).isEmpty)
            #expect(try await store.claim([id], for: ownership(worker(2), 2), reach: .due).isEmpty)
        }
    }

    @Test func `F40 F53 a stop leaves no live worker, and a store that fails for a while stops nothing`() async throws {
        let base = try await TestStore.new()
        let faults: [Int: FaultyStore.Fault] = [2: .unavailable, 4: .unavailable, 5: .unavailable, 7: .unavailable]
        let engine = Engine(store: FaultyStore(base, faults: faults))
        engine.use("work") { (task: Raw, _) in .success(task.payload) }
        try await ServiceTests.running([engine]) {
            for number in 0..<8 {
                var id: ExecutionID?
                while id == nil {
                    id = try? await engine.async("work", payload: .int(Int64(number))).execution.id
                }
                let started = try #require(id)
                #expect(try await engine.wait(for: started).result == .int(Int64(number)))
            }
        }
        #expect(try await base.workers().allSatisfy { !$0.isLive })
    }
}

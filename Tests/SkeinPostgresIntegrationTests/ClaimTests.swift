import Skein
import SkeinCore
import SkeinPostgres
import Testing

@Suite(.enabled(if: TestDatabase.isSet, TestDatabase.reason), .timeLimit(.minutes(2)))
struct ClaimTests {
    private let clock = VirtualClock()

    private func request(_ worker: WorkerID, _ handlers: [String] = ["work"], limit: Int = 10) -> ClaimRequest {
        ClaimRequest(
            ownership: Ownership(workerID: worker, claimID: Sample.claim(), lease: .seconds(10)), handlers: handlers,
            handlerWait: .seconds(60), limit: limit)
    }

    private func register(_ store: PostgresExecutionStore, pod: String? = nil) async throws -> WorkerID {
        let worker = Sample.worker()
        try await store.register(WorkerRecord(id: worker, podID: pod, handlers: ["work"]))
        return worker
    }

    @Test func `one handler type's backlog does not hide another's older work`() async throws {
        try await TestDatabase.withStore(clock: clock) { store, _ in
            let worker = try await register(store)
            let backlog = Sample.executions(50)
            let old = Sample.execution()
            _ = try await store.commit(backlog.map { Sample.create($0, needs: "zz", readyAt: Sample.time) }, writer: 0)
            _ = try await store.commit(
                [Sample.create(old, needs: "aa", readyAt: Sample.time + .seconds(-5))], writer: 0)
            let result = try await store.claim(request(worker, ["aa", "zz"], limit: 3))
            #expect(result.claims.count == 3)
            #expect(result.claims.first?.executionID == old)
        }
    }

    @Test func `priority comes before time, and others' work only after its wait`() async throws {
        try await TestDatabase.withStore(clock: clock) { store, _ in
            let worker = try await register(store)
            let (urgent, foreign, plain) = (Sample.execution(), Sample.execution(), Sample.execution())
            _ = try await store.commit(
                [
                    Sample.create(plain, readyAt: Sample.time + .seconds(-30)),
                    Sample.create(foreign, needs: "other", readyAt: Sample.time + .seconds(-59)),
                    Sample.create(urgent, priority: 5, readyAt: Sample.time + .seconds(-1)),
                ], writer: 0)
            #expect(try await store.claim(request(worker)).claims.map(\.executionID) == [urgent, plain])
            clock.advance(by: .seconds(1))
            let late = try await store.claim(request(worker)).claims
            #expect(late.map(\.executionID) == [foreign])
            #expect(late.first?.dueAt == Sample.time + .seconds(-59))
        }
    }

    @Test func `workers that claim at once share without overlap`() async throws {
        try await TestDatabase.withStore { first, schema in
            let second = schema.store()
            let ids = Sample.executions(400)
            _ = try await first.commit(ids.map { Sample.create($0) }, writer: 0)
            let claimed = try await withThrowingTaskGroup(of: [ExecutionID].self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let store = number % 2 == 0 ? first : second
                        let worker = try await self.register(store)
                        var mine: [ExecutionID] = []
                        while true {
                            let claims = try await store.claim(self.request(worker, limit: 20)).claims
                            mine += claims.map(\.executionID)
                            if claims.isEmpty { return mine }
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(Set(claimed).count == claimed.count)
            await second.close()
        }
    }

    @Test func `a superseded worker's executions come at once, as take-overs`() async throws {
        try await TestDatabase.withStore(clock: clock) { store, _ in
            let old = try await register(store, pod: "pod")
            let ids = Sample.executions(3)
            _ = try await store.commit(ids.map { Sample.create($0) }, writer: 0)
            let held = try await store.claim(request(old)).claims
            #expect(held.count == 3)
            #expect(held.allSatisfy { !$0.isTakeover })
            let new = try await register(store, pod: "pod")
            #expect(try await store.heartbeat(old) == nil)
            let claims = try await store.claim(request(new)).claims
            #expect(Set(claims.map(\.executionID)) == Set(ids))
            #expect(claims.allSatisfy { $0.isTakeover && $0.takeovers == 1 })
            #expect(try await store.claim(request(old)).claims.isEmpty)
        }
    }

    @Test func `fencing tokens grow, also when a name was forgotten`() async throws {
        try await TestDatabase.withStore(clock: clock) { store, _ in
            let first = try #require(try await store.fence("n", holder: "a", ttl: .seconds(10)))
            #expect(try await store.fence("n", holder: "b", ttl: .seconds(10)) == nil)
            try await store.releaseFence("n", token: first, holder: "a")
            let second = try #require(try await store.fence("n", holder: "b", ttl: .seconds(10)))
            #expect(second > first)
            #expect(try await store.extendFence("n", token: first, holder: "a", ttl: .seconds(10)) == false)
            clock.advance(by: .seconds(200_000))
            try await store.maintain()
            let third = try #require(try await store.fence("n", holder: "a", ttl: .seconds(10)))
            #expect(third > second)
        }
    }
}

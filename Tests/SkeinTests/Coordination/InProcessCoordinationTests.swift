import Skein
import SkeinCore
import SkeinTesting
import Testing

@Suite("Coordination within a process", .timeLimit(.minutes(2)))
struct InProcessCoordinationTests {
    private let clock = VirtualClock()

    private func space<Subject>(_ subject: Subject) -> ConformanceSpace<Subject> {
        ConformanceSpace(first: subject, second: subject, pass: { [clock] in clock.advance(by: $0) })
    }

    @Test("locks", arguments: LockConformance.cases)
    func locks(_ promise: ConformanceCase<any LockManager>) async throws {
        try await promise.run(in: space(Coordination.inProcess(clock: clock).locks))
    }

    @Test("wakes", arguments: WakeConformance.cases)
    func wakes(_ promise: ConformanceCase<any WakeSignaler>) async throws {
        try await promise.run(in: space(Coordination.inProcess(clock: clock).wakes))
    }

    @Test("idempotency", arguments: IdempotencyConformance.cases)
    func idempotency(_ promise: ConformanceCase<any IdempotencyCache>) async throws {
        try await promise.run(in: space(Coordination.inProcess(clock: clock).idempotency))
    }

    @Test("leaders", arguments: LeaderConformance.cases)
    func leaders(_ promise: ConformanceCase<any LeaderElection>) async throws {
        try await promise.run(in: space(Coordination.inProcess(clock: clock).leaders))
    }

    @Test("events", arguments: EventConformance.cases)
    func events(_ promise: ConformanceCase<any EventBroadcaster>) async throws {
        try await promise.run(in: space(Coordination.inProcess(clock: clock).events))
    }

    @Test("it is up, alone and fine")
    func health() async {
        let health = Coordination.inProcess(clock: clock).health
        #expect(health.isUp)
        #expect(!health.isShared)
        #expect(await health.check().isFine)
    }

    @Test("a full cache forgets the older half and stays bounded")
    func boundedCache() async throws {
        let cache = InProcessIdempotencyCache(clock: clock, capacity: 10)
        let answer = IdempotencyAnswer(executionID: ExecutionID(raw: UniqueID(high: 1, low: 1)), fingerprint: [])
        for number in 0..<12 {
            let scope = IdempotencyScope(tenantID: nil, flowID: "f", key: "\(number)")
            try await cache.remember(answer, for: scope, ttl: .seconds(60))
        }
        var known: [Int] = []
        for number in 0..<12
        where try await cache.lookUp(IdempotencyScope(tenantID: nil, flowID: "f", key: "\(number)")) != nil {
            known.append(number)
        }
        #expect(known == Array(5..<12))
    }

    @Test("a full set of due executions leaves further ones to the store")
    func boundedWakes() async throws {
        let wakes = InProcessWakeSignaler(clock: clock, maximumDue: 3)
        wakes.signal((1...5).map { WakeHint(executionID: ExecutionID(raw: UniqueID(high: 0, low: $0)), reason: "new") })
        #expect(try await wakes.takeDue(at: clock.now, limit: 10).ids.count == 3)
    }

    @Test("executions that are signalled over and over do not fill the memory")
    func compaction() async throws {
        let wakes = InProcessWakeSignaler(clock: clock)
        let id = ExecutionID(raw: UniqueID(high: 0, low: 1))
        for step in 0..<5_000 {
            wakes.signal([WakeHint(executionID: id, at: clock.now + .seconds(9_000 - step), reason: "timer")])
        }
        let (ids, next) = try await wakes.takeDue(at: clock.now + .seconds(9_001), limit: 10)
        #expect(ids == [id])
        #expect(next == nil)
    }
}

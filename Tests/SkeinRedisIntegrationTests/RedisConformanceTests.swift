import RedisClient
import Skein
import SkeinCore
import SkeinRedis
import SkeinTesting
import Testing

@Suite("Coordination over Redis keeps the protocols' promises", .needsRedis, .serialized, .timeLimit(.minutes(4)))
struct RedisConformanceTests {
    private func check<Subject>(_ promise: ConformanceCase<Subject>, _ part: (Coordination) -> Subject) async throws {
        try await TestRedis.withInstances { first, second, redis, prefix in
            let channels = Subject.self == (any WakeSignaler).self ? "\(prefix):wake" : "\(prefix):events:*"
            let settle: @Sendable (Int) async throws -> Void = { listening in
                try await TestRedis.waitForSubscribers(listening, pattern: channels, redis)
            }
            try await promise.run(in: ConformanceSpace(first: part(first), second: part(second), settle: settle))
        }
    }

    @Test("locks", arguments: LockConformance.cases)
    func locks(_ promise: ConformanceCase<any LockManager>) async throws { try await check(promise, \.locks) }

    @Test("wakes", arguments: WakeConformance.cases)
    func wakes(_ promise: ConformanceCase<any WakeSignaler>) async throws { try await check(promise, \.wakes) }

    @Test("idempotency", arguments: IdempotencyConformance.cases)
    func idempotency(_ promise: ConformanceCase<any IdempotencyCache>) async throws {
        try await check(promise, \.idempotency)
    }

    @Test("leaders", arguments: LeaderConformance.cases)
    func leaders(_ promise: ConformanceCase<any LeaderElection>) async throws { try await check(promise, \.leaders) }

    @Test("events", arguments: EventConformance.cases)
    func events(_ promise: ConformanceCase<any EventBroadcaster>) async throws { try await check(promise, \.events) }
}

public import Skein
import SkeinCore

/// What every `IdempotencyCache` promises. It may forget at any time; what it remembers is what it was told.
public enum IdempotencyConformance {
    public static let cases: [ConformanceCase<any IdempotencyCache>] = [
        ConformanceCase("what is remembered is found by every instance", remembered),
        ConformanceCase("tenant, flow and key together are the scope", scopes),
        ConformanceCase("an answer is forgotten after its ttl", expiry),
        ConformanceCase("the latest answer counts", latest),
        ConformanceCase("keys and fingerprints may contain anything", oddValues),
    ]

    private typealias Space = ConformanceSpace<any IdempotencyCache>

    private static func answer(_ number: UInt64, _ fingerprint: [UInt8] = [1, 2, 255]) -> IdempotencyAnswer {
        let id = ExecutionID(raw: .v7(at: Timestamp(microseconds: 1), random: number))
        return IdempotencyAnswer(executionID: id, fingerprint: fingerprint)
    }

    private static func remembered(_ space: Space) async throws {
        let scope = IdempotencyScope(tenantID: "t", flowID: "f", key: "k")
        try Expectation.require(try await space.first.lookUp(scope) == nil, "nothing is known at first")
        try await space.first.remember(answer(1), for: scope, ttl: .seconds(300))
        try Expectation.require(try await space.second.lookUp(scope) == answer(1), "everybody finds it")
    }

    private static func scopes(_ space: Space) async throws {
        let scopes = [
            IdempotencyScope(tenantID: nil, flowID: "f", key: "k"),
            IdempotencyScope(tenantID: "", flowID: "f", key: "k"),
            IdempotencyScope(tenantID: "f", flowID: "k", key: ""),
            IdempotencyScope(tenantID: "f", flowID: "", key: "k"),
            IdempotencyScope(tenantID: nil, flowID: "fk", key: ""),
            IdempotencyScope(tenantID: nil, flowID: "f", key: "k2"),
            IdempotencyScope(tenantID: "t", flowID: "f", key: "k"),
            IdempotencyScope(tenantID: "tf", flowID: "", key: "k"),
        ]
        for (number, scope) in scopes.enumerated() {
            try Expectation.require(try await space.first.lookUp(scope) == nil, "no other scope answers for \(scope)")
            try await space.first.remember(answer(UInt64(number)), for: scope, ttl: .seconds(300))
        }
        for (number, scope) in scopes.enumerated() {
            try Expectation.require(
                try await space.second.lookUp(scope) == answer(UInt64(number)), "\(scope) has its own answer")
        }
    }

    private static func expiry(_ space: Space) async throws {
        let scope = IdempotencyScope(tenantID: nil, flowID: "f", key: "k")
        try await space.first.remember(answer(1), for: scope, ttl: .milliseconds(60))
        try await Expectation.eventually("it is forgotten", in: space) { try await space.second.lookUp(scope) == nil }
        try await space.first.remember(answer(2), for: scope, ttl: .zero)
        try Expectation.require(try await space.second.lookUp(scope) == nil, "what has no time left is not remembered")
    }

    private static func latest(_ space: Space) async throws {
        let scope = IdempotencyScope(tenantID: nil, flowID: "f", key: "k")
        try await space.first.remember(answer(1), for: scope, ttl: .seconds(300))
        try await space.second.remember(answer(2), for: scope, ttl: .seconds(300))
        try Expectation.require(try await space.first.lookUp(scope) == answer(2), "the later answer is found")
    }

    private static func oddValues(_ space: Space) async throws {
        for key in ["", " ", "a:b", "é\r\nFLUSHALL", "%s%b", "*", String(repeating: "k", count: 5_000)] {
            let scope = IdempotencyScope(tenantID: key, flowID: key, key: key)
            for fingerprint: [UInt8] in [[], [0], Array(0...255)] {
                try await space.first.remember(answer(1, fingerprint), for: scope, ttl: .seconds(300))
                try Expectation.require(
                    try await space.second.lookUp(scope) == answer(1, fingerprint), "it comes back as given")
            }
        }
    }
}

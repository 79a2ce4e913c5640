public import SkeinCore

/// How often a failed step is tried again, and how long that waits. A literal, `retries: 3`, is `.exponential(3)`.
public struct Retries: Sendable, Hashable, ExpressibleByIntegerLiteral {
    public let policy: RetryPolicy

    /// Any policy, with the codes it is for.
    public init(_ policy: RetryPolicy) {
        self.policy = policy
    }

    public init(integerLiteral attempts: Int) {
        self = .exponential(attempts)
    }

    /// Waits longer each time.
    ///
    /// - Parameters:
    ///   - attempts: attempts after the first.
    ///   - from: the wait before the first retry.
    ///   - multiplier: what it grows by.
    ///   - limit: the longest wait.
    ///   - jitter: the share left to chance, 0 to 1.
    public static func exponential(
        _ attempts: Int, from: Duration = .seconds(1), multiplier: Double = 2, limit: Duration = .seconds(60),
        jitter: Double = 0
    ) -> Retries {
        Retries(
            RetryPolicy(
                maxAttempts: attempts, backoff: from, multiplier: multiplier, maxBackoff: limit, jitter: jitter))
    }

    /// Waits the same each time.
    ///
    /// - Parameters:
    ///   - attempts: attempts after the first.
    ///   - every: the wait before each retry. Default: none.
    ///   - jitter: the share left to chance, 0 to 1.
    public static func fixed(_ attempts: Int, every: Duration = .zero, jitter: Double = 0) -> Retries {
        Retries(
            RetryPolicy(
                maxAttempts: attempts, backoff: every, multiplier: 1, maxBackoff: max(every, .milliseconds(1)),
                jitter: jitter))
    }

    /// `retry` of a step map.
    var json: JSONValue {
        var retry: JSONObject = [
            "maxAttempts": .int(Int64(policy.maxAttempts)),
            "backoffMs": .int(policy.backoff.roundedUpToMilliseconds),
            "backoffMultiplier": .double(policy.multiplier) ?? .null,
            "maxBackoffMs": .int(policy.maxBackoff.roundedUpToMilliseconds),
            "jitter": .double(policy.jitter) ?? .null,
        ]
        if !policy.retryOn.isEmpty { retry["retryOn"] = .array(policy.retryOn.map { .string($0) }) }
        if !policy.doNotRetryOn.isEmpty { retry["doNotRetryOn"] = .array(policy.doNotRetryOn.map { .string($0) }) }
        return .object(retry)
    }
}

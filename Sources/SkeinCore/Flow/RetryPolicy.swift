// When a failed step is tried again, and how long that waits. Randomness comes in as a number.

/// The rules for repeating a failed step.
public struct RetryPolicy: Sendable, Hashable {
    /// Attempts after the first one, 0 or more.
    public var maxAttempts: Int
    /// The wait before the first retry.
    public var backoff: Duration
    /// What the wait is multiplied by from one retry to the next.
    public var multiplier: Double
    /// The longest wait, jitter included.
    public var maxBackoff: Duration
    /// The share of the wait that is left to chance, 0 to 1.
    public var jitter: Double
    /// The error codes that are retried; empty: all of them.
    public var retryOn: [String]
    /// The error codes that are never retried.
    public var doNotRetryOn: [String]

    /// Creates a policy.
    ///
    /// - Parameters:
    ///   - maxAttempts: attempts after the first one, default 0.
    ///   - backoff: the wait before the first retry, default none.
    ///   - multiplier: its growth per retry, default 2.
    ///   - maxBackoff: the longest wait, default 60 s.
    ///   - jitter: the share left to chance, 0 (default) to 1.
    ///   - retryOn: error codes to retry, default all.
    ///   - doNotRetryOn: error codes never to retry, default none.
    public init(
        maxAttempts: Int = 0,
        backoff: Duration = .zero,
        multiplier: Double = 2,
        maxBackoff: Duration = .seconds(60),
        jitter: Double = 0,
        retryOn: [String] = [],
        doNotRetryOn: [String] = []
    ) {
        self.maxAttempts = maxAttempts
        self.backoff = backoff
        self.multiplier = multiplier
        self.maxBackoff = maxBackoff
        self.jitter = jitter
        self.retryOn = retryOn
        self.doNotRetryOn = doNotRetryOn
    }

    /// Whether a failure is of the kind that is retried; how many attempts are left is the caller's to count.
    ///
    /// A failure that its handler calls final is never retried, nor is a code in ``doNotRetryOn``, whatever ``retryOn``
    /// says. Otherwise ``retryOn`` must be empty or contain the code.
    public func retries(code: String, isRetryable: Bool) -> Bool {
        guard isRetryable, !doNotRetryOn.contains(code) else { return false }
        return retryOn.isEmpty || retryOn.contains(code)
    }
}

extension RetryPolicy {
    /// The wait before a retry, in whole nanoseconds.
    ///
    /// Without jitter it is `d = min(backoff × multiplierⁿ, maxBackoff)`. With jitter j it lies between `d × (1 − j)`
    /// and `min(d × (1 + j), maxBackoff)`, evenly spread by `random`: around `d` while it grows, and below the longest
    /// wait once that is reached, so that retries do not gather there. Numbers of any size are safe.
    ///
    /// - Parameters:
    ///   - n: the retry, 0 for the first; less counts as 0.
    ///   - random: a number from 0 up to 1; what lies outside counts as the nearer end.
    public func delay(retry n: Int, random: Double) -> Duration {
        let limit = Self.nanoseconds(maxBackoff)
        let base = Self.nanoseconds(backoff)
        guard base > 0, limit > 0 else { return .zero }
        let grown = base * Self.power(multiplier, max(0, n))
        // Only a multiplier that is no finite number gives NaN here.
        let wait = grown.isNaN ? limit : min(max(grown, 0), limit)
        let spread = jitter.isNaN ? 0 : min(max(jitter, 0), 1)
        guard spread > 0 else { return Self.duration(wait) }
        let chance = random.isNaN ? 0.5 : min(max(random, 0), 1)
        let low = wait * (1 - spread)
        let high = min(wait * (1 + spread), limit)
        return Self.duration(low + (high - low) * chance)
    }

    private static func nanoseconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) * 1e9 + Double(attoseconds) / 1e9
    }

    private static func duration(_ nanoseconds: Double) -> Duration {
        guard nanoseconds < 0x1p63 else { return .nanoseconds(Int64.max) }
        return .nanoseconds(Int64(nanoseconds.rounded()))
    }

    /// By repeated squaring: exact for small powers of 2, infinite when too large.
    private static func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        var factor = base
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result *= factor }
            rest >>= 1
            if rest > 0 { factor *= factor }
        }
        return result
    }
}

// Retry policies from JSON.

extension RetryPolicy {
    private static let fields = [
        "maxAttempts", "backoffMs", "backoffMultiplier", "maxBackoffMs", "jitter", "retryOn", "doNotRetryOn",
    ]
    private static let hints = [
        "maxRetries": "maxAttempts (it counts the attempts after the first)",
        "retries": "maxAttempts", "attempts": "maxAttempts", "delayMs": "backoffMs", "multiplier": "backoffMultiplier",
    ]

    /// The most attempts after the first one.
    static let maxAttemptsBounds: ClosedRange<Int64> = 0...1_000_000
    static let multiplierBounds: ClosedRange<Double> = 1...1_000

    /// Reads `retry`; fields with a problem have their default in the result.
    static func read(_ fields: FieldReader, into problems: inout ProblemCollector) -> RetryPolicy {
        fields.checkNames(Self.fields, hints: hints, of: "a retry policy", into: &problems)
        if fields.value("maxAttempts") == nil {
            problems.error(
                .requiredMissing, at: fields.place("maxAttempts"),
                "A retry policy needs \"maxAttempts\", the number of attempts after the first.")
        }
        let standard = RetryPolicy()
        return RetryPolicy(
            maxAttempts: fields.integer("maxAttempts", in: maxAttemptsBounds, into: &problems) ?? standard.maxAttempts,
            backoff: fields.duration("backoffMs", from: 0, into: &problems) ?? standard.backoff,
            multiplier: fields.number("backoffMultiplier", in: multiplierBounds, into: &problems)
                ?? standard.multiplier,
            maxBackoff: fields.duration("maxBackoffMs", into: &problems) ?? standard.maxBackoff,
            jitter: fields.number("jitter", in: 0...1, into: &problems) ?? standard.jitter,
            retryOn: fields.strings("retryOn", into: &problems) ?? standard.retryOn,
            doNotRetryOn: fields.strings("doNotRetryOn", into: &problems) ?? standard.doNotRetryOn)
    }
}

/// What whoever creates an execution says of its attempts; nil: what its flow says.
public struct StepTerms: Sendable, Hashable {
    /// How failures are retried.
    public var retry: RetryPolicy?
    /// The longest an attempt may take.
    public var timeout: Duration?
    /// The longest an attempt may give no sign of life.
    public var heartbeat: Duration?

    public init(retry: RetryPolicy? = nil, timeout: Duration? = nil, heartbeat: Duration? = nil) {
        self.retry = retry
        self.timeout = timeout
        self.heartbeat = heartbeat
    }
}

extension StepTerms {
    /// `{retry?: {maxAttempts, backoffUs}, timeoutUs?, heartbeatUs?}`: retries come at even intervals.
    package var json: JSONValue {
        var object = JSONObject()
        if let retry {
            object["retry"] = [
                "maxAttempts": .int(Int64(retry.maxAttempts)), "backoffUs": .int(retry.backoff.microseconds),
            ]
        }
        if let timeout { object["timeoutUs"] = .int(timeout.microseconds) }
        if let heartbeat { object["heartbeatUs"] = .int(heartbeat.microseconds) }
        return .object(object)
    }

    package init?(_ json: JSONValue?) {
        guard let object = json?.object else { return nil }
        self.init(
            timeout: object["timeoutUs"]?.int64.map { .microseconds($0) },
            heartbeat: object["heartbeatUs"]?.int64.map { .microseconds($0) })
        if let retry = object["retry"]?.object, let attempts = retry["maxAttempts"]?.int {
            self.retry = .every(.microseconds(retry["backoffUs"]?.int64 ?? 0), atMost: attempts)
        }
    }
}

extension RetryPolicy {
    /// Retries at even intervals.
    package static func every(_ interval: Duration, atMost attempts: Int) -> RetryPolicy {
        RetryPolicy(maxAttempts: attempts, backoff: interval, multiplier: 1, maxBackoff: max(interval, .seconds(60)))
    }
}

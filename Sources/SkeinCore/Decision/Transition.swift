/// The kinds of log rows; the numbers are the database's.
public enum RowKind: Int16, Sendable, Hashable {
    case created = 1, step, park, end, recovered, cancel, pause, resume, reopened
}

/// All that one fact makes durable, and what the shell does once it is: appended as one row at the position it was
/// decided for.
public struct Transition: Sendable, Equatable {
    public enum Continuation: Sendable, Equatable {
        /// Go on with the execution's current step.
        case proceed
        /// Let go of the execution until this time, a wake, or a signal.
        case park(due: Timestamp)
        case end(ExecutionStatus)
    }

    public var events: [ExecutionEvent]
    public var then: Continuation
    /// The inbox rows that this transition consumed.
    public var consumed: [Int64]

    public init(_ events: [ExecutionEvent], then: Continuation, consumed: [Int64] = []) {
        self.events = events
        self.then = then
        self.consumed = consumed
    }

    public var kind: RowKind {
        if case .recovered? = events.first { return .recovered }
        if case .quarantined? = events.first { return .pause }
        return switch then {
        case .proceed: .step
        case .park: .park
        case .end: .end
        }
    }
}

/// Engine-wide defaults that a flow may override.
public struct DecisionPolicy: Sendable, Hashable {
    /// For steps without a policy of their own. Default: no retries.
    public var retry: RetryPolicy?
    /// For waits without an end of their own. Default: 7 days.
    public var waitTimeout: Duration
    /// Ended attempts an execution may have. Default: 1,000.
    public var maxSteps: Int
    /// For compensations without a policy of their own. Default: 3 retries after 1 s, 2 s and 4 s.
    public var compensationRetry: RetryPolicy?
    /// Workers that an execution may lose, one after the other and without coming further, before it is quarantined.
    /// Default: 5.
    public var crashLimit: Int

    public init(
        retry: RetryPolicy? = nil, waitTimeout: Duration = .seconds(7 * 86_400), maxSteps: Int = 1_000,
        compensationRetry: RetryPolicy? = RetryPolicy(maxAttempts: 3, backoff: .seconds(1)), crashLimit: Int = 5
    ) {
        self.crashLimit = crashLimit
        self.compensationRetry = compensationRetry
        self.retry = retry
        self.waitTimeout = waitTimeout
        self.maxSteps = maxSteps
    }
}

extension Transition {
    /// What happens to an execution without its coming further.
    var beginsNothing: Bool {
        switch events.first {
        case .recovered?, .quarantined?, nil: true
        case _?: false
        }
    }
}

extension Failure {
    func at(_ stepID: StepID) -> Failure {
        var copy = self
        copy.stepID = stepID
        return copy
    }
}

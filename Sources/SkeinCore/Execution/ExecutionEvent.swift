// The vocabulary of the log. `decide` makes events, `ExecutionState.apply` folds them, nothing else changes an
// execution.

/// One attempt of one step, from its start to its end, by the clock of the worker that ran it.
public struct StepAttempt: Sendable, Hashable {
    public var stepID: StepID
    /// 1, 2, … within one visit of the step.
    public var attempt: Int
    public var startedAt: Timestamp
    public var endedAt: Timestamp

    public init(stepID: StepID, attempt: Int, startedAt: Timestamp, endedAt: Timestamp) {
        self.stepID = stepID
        self.attempt = attempt
        self.startedAt = startedAt
        self.endedAt = endedAt
    }
}

/// What a step returned and where the context keeps it.
public struct StepOutput: Sendable, Hashable {
    public var encoded: EncodedValue
    /// A dotted path, or nil when the output is only recorded.
    public var key: String?

    public init(_ encoded: EncodedValue, key: String? = nil) {
        self.encoded = encoded
        self.key = key
    }

    public init(_ value: JSONValue, key: String? = nil) {
        self.init(EncodedValue(value), key: key)
    }

    public var value: JSONValue { encoded.value }
}

/// Something that happened to an execution and is recorded for ever.
public enum ExecutionEvent: Sendable, Equatable {
    case created(ExecutionCreation)
    case started
    /// Recorded only for attempts that run longer than a second.
    case stepStarted(StepID, attempt: Int, startedAt: Timestamp)
    /// `next` nil: the path ends here.
    case stepCompleted(StepAttempt, output: StepOutput?, next: StepID?)
    /// `next`: the step's onFailure; nil when a retry or the execution's failure follows in the same row.
    indirect case stepFailed(StepAttempt, Failure, next: StepID?)
    indirect case stepTimedOut(StepAttempt, Failure, next: StepID?)
    case retryScheduled(StepID, retry: Int, of: Int, at: Timestamp)
    case stepSuspended(StepAttempt, output: StepOutput?)
    indirect case waiting(Wait)
    indirect case resumed(Resumption)
    case signalConsumed(name: String, generation: Int64)
    case completed
    indirect case failed(Failure)
    case timedOut(after: Duration)
    case cancelled(Cancellation)
    /// Ownership was taken over from a worker that did not let go.
    case recovered(from: WorkerID?, reason: String)
}

/// What ended a wait.
public struct Resumption: Sendable, Hashable {
    public enum Cause: String, Sendable, Hashable, CaseIterable { case timer, resume, signal, run }

    public var cause: Cause
    /// When it was due, for timers: the log's `at` minus this is how late the wake was.
    public var dueAt: Timestamp?
    public var data: JSONValue?

    public init(_ cause: Cause, dueAt: Timestamp? = nil, data: JSONValue? = nil) {
        self.cause = cause
        self.dueAt = dueAt
        self.data = data
    }
}

extension ExecutionEvent {
    /// The contract's name of the event (section 4).
    public var type: String {
        switch self {
        case .created: "execution.created"
        case .started: "execution.started"
        case .stepStarted: "step.started"
        case .stepCompleted: "step.completed"
        case .stepFailed: "step.failed"
        case .stepTimedOut: "step.timed_out"
        case .retryScheduled: "step.retry_scheduled"
        case .stepSuspended: "step.suspended"
        case .waiting: "execution.waiting"
        case .resumed: "execution.resumed"
        case .signalConsumed: "signal.consumed"
        case .completed: "execution.completed"
        case .failed: "execution.failed"
        case .timedOut: "execution.timed_out"
        case .cancelled: "execution.cancelled"
        case .recovered: "execution.recovered"
        }
    }
}

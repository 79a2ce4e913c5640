// The vocabulary of the log. `decide` makes events, `ExecutionState.apply` folds them, nothing else changes an
// execution.

/// One attempt of one step, from its start to its end, by the clock of the worker that ran it.
public struct StepAttempt: Sendable, Hashable {
    public var stepID: StepID
    /// 1, 2, … within one visit of the step.
    public var attempt: Int
    public var startedAt: Timestamp
    public var endedAt: Timestamp
    /// It completed a step that a rollback compensates.
    public var isUndoable = false
    /// It completed a commit step.
    public var isCommit = false

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
    /// A dotted path, `root`, or nil when the output is only recorded.
    public var key: String?
    /// What goes into the context instead, member by member.
    public var patch: JSONObject? {
        get {
            if case .some(let patch) = members { patch } else { nil }
        }
        set { members = newValue.map(Members.some) ?? .none }
    }
    private var members = Members.none

    /// Apart, because it is rare and every step passes its output on.
    private indirect enum Members: Sendable, Hashable {
        case none
        case some(JSONObject)
    }

    /// The key of outputs that are objects whose members go into the context.
    public static let root = "$"

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
    /// Recorded only for attempts that run longer than a second, and for those that a worker outside has: `by`.
    case stepStarted(StepID, attempt: Int, startedAt: Timestamp, by: WorkerID? = nil)
    case stepCompleted(StepAttempt, output: StepOutput?, next: Onward)
    /// Not run, or not run again.
    indirect case stepSkipped(Skip)
    /// `next`: the step's onFailure; `end` when a retry or the execution's failure follows in the same row, `stop` when
    /// only the branch ends.
    indirect case stepFailed(StepAttempt, Failure, next: Onward)
    indirect case stepTimedOut(StepAttempt, Failure, next: Onward)
    case retryScheduled(StepID, retry: Int, of: Int, at: Timestamp)
    case stepSuspended(StepAttempt, output: StepOutput?)
    /// The step's children: they exist from here on, or are about to.
    indirect case childrenCreated(StepID, Spawn)
    /// The step's code recorded a result.
    case checkpoint(StepID, name: String, value: EncodedValue, startedAt: Timestamp, isUndoable: Bool = false)
    /// The step's code wants something remembered.
    indirect case noted(StepID, attempt: Int, AuditNote)
    /// How far the step is, as it says.
    indirect case progress(StepID, Progress)
    indirect case waiting(Wait)
    indirect case resumed(Resumption)
    case signalConsumed(name: String, generation: Int64)
    indirect case token(TokenNote)
    case completed
    indirect case failed(Failure)
    case timedOut(after: Duration)
    case cancelled(Cancellation)
    /// Ownership was taken over from a worker that did not let go.
    case recovered(from: WorkerID?, reason: String)
    /// An operator holds it; what runs is interrupted.
    case paused(Intervention)
    /// Its workers died while they had it, one after the other: held until somebody looks.
    indirect case quarantined(Failure)
    case unpaused(Intervention)
    /// An operator lets an ended execution go on.
    indirect case reopened(Reopening)
    /// It begins at these steps with the context of another.
    case forked(from: ExecutionID, steps: [StepID])
    /// Completed steps are compensated from here on; `cancellation`: it was cancelled.
    indirect case rollbackStarted(Failure, Cancellation?)
    /// Once more with the worker outside that has it: `by`.
    case stepCompensating(StepID, attempt: Int, by: WorkerID? = nil)
    case stepCompensated(StepAttempt)
    /// `retryAt` nil: for good.
    indirect case compensationFailed(StepAttempt, Failure, retryAt: Timestamp?)
    case rolledBack
    indirect case rollbackFailed(Failure)
}

/// Who did something to an execution, and why.
public struct Intervention: Sendable, Hashable {
    public var actor: String?
    public var reason: String?
    /// The id of the request that asked for it.
    public var requestID: String?

    public init(actor: String? = nil, reason: String? = nil, requestID: String? = nil) {
        self.actor = actor
        self.reason = reason
        self.requestID = requestID
    }
}

/// A step that was passed over.
public struct Skip: Sendable, Hashable {
    /// Why.
    public enum Cause: String, Sendable, Hashable, CaseIterable {
        /// Its condition does not hold.
        case condition
        /// A commit step that succeeded before the execution was reopened.
        case committed
        /// An operator.
        case user
    }

    public var stepID: StepID
    public var cause: Cause
    public var output: StepOutput?
    public var next: Onward
    public var by = Intervention()

    public init(_ stepID: StepID, _ cause: Cause, output: StepOutput? = nil, next: Onward) {
        self.stepID = stepID
        self.cause = cause
        self.output = output
        self.next = next
    }
}

/// How an ended execution goes on.
public struct Reopening: Sendable, Hashable {
    /// Where; empty in a rollback, which goes on where it failed.
    public var steps: [StepID]
    /// What other branches reached is forgotten.
    public var isReset: Bool
    public var by = Intervention()

    public init(_ steps: [StepID], isReset: Bool = false) {
        self.steps = steps
        self.isReset = isReset
    }
}

/// What ended a wait.
public struct Resumption: Sendable, Hashable {
    public enum Cause: String, Sendable, Hashable, CaseIterable { case timer, resume, signal, run, children, token }

    public var cause: Cause
    /// When it was due, for timers: the log's `at` minus this is how late the wake was.
    public var dueAt: Timestamp?
    public var data: JSONValue?
    /// The step whose wait ended; nil: that of the only branch.
    public var stepID: StepID?
    /// Where its branch goes on; nil: where the wait says.
    public var next: Onward?
    /// It completed a step that a rollback compensates.
    public var isUndoable = false

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
        case .stepSkipped: "step.skipped"
        case .stepFailed: "step.failed"
        case .stepTimedOut: "step.timed_out"
        case .retryScheduled: "step.retry_scheduled"
        case .stepSuspended: "step.suspended"
        case .checkpoint, .noted: "checkpoint"
        case .childrenCreated: "execution.children_created"
        case .progress: "progress"
        case .waiting: "execution.waiting"
        case .resumed: "execution.resumed"
        case .signalConsumed: "signal.consumed"
        case .token(let note):
            switch note.kind {
            case .created: "token.created"
            case .used: "token.used"
            case .revoked: "token.revoked"
            }
        case .completed: "execution.completed"
        case .failed: "execution.failed"
        case .timedOut: "execution.timed_out"
        case .cancelled: "execution.cancelled"
        case .recovered: "execution.recovered"
        case .paused: "execution.paused"
        case .quarantined: "execution.quarantined"
        case .unpaused: "execution.resumed"
        case .reopened: "execution.reopened"
        case .forked: "execution.forked"
        case .rollbackStarted: "execution.rollback_started"
        case .stepCompensating: "step.compensating"
        case .stepCompensated: "step.compensated"
        case .compensationFailed: "step.compensation_failed"
        case .rolledBack: "execution.rolled_back"
        case .rollbackFailed: "execution.rollback_failed"
        }
    }
}

extension ExecutionEvent {
    /// Whether an execution has come further by it: what a worker that dies of it cannot bring about.
    var isProgress: Bool {
        switch self {
        case .created, .started, .stepStarted, .recovered, .quarantined, .token: false
        case _: true
        }
    }
}

// What happened, as the shell reports it. A fact carries its times; nothing here asks a clock.

/// A step's failure as a handler reports it.
public struct StepFailure: Error, Sendable, Hashable {
    public var failure: Failure
    /// False: the retry policy is not asked.
    public var isRetryable: Bool
    /// Wait at least this long before the next attempt (a server's Retry-After).
    public var retryAfter: Duration?
    /// Whoever is under the same limits is not to begin before `retryAfter` either.
    public var closesLimits = false
    /// Go to this step instead of the step's onFailure.
    public var next: StepID?

    public init(_ failure: Failure, isRetryable: Bool = true, retryAfter: Duration? = nil, next: StepID? = nil) {
        self.failure = failure
        self.isRetryable = isRetryable
        self.retryAfter = retryAfter
        self.next = next
    }

    /// A failure by code, as user code throws it: `throw StepFailure("REJECTED", isRetryable: false)`.
    public init(_ code: String, _ message: String? = nil, details: JSONValue? = nil, isRetryable: Bool = true) {
        self.init(Failure(code, message ?? code, details: details), isRetryable: isRetryable)
    }
}

/// A handler's wish to be left until something happens.
public struct WaitRequest: Sendable, Hashable {
    public enum Until: Sendable, Hashable {
        case time(Timestamp)
        case signal(String)
        /// Until one of the step's tokens is redeemed.
        case token
        /// Until somebody resumes the execution.
        case resume
        /// Until the one child of this round has ended.
        case child(round: Int64)
    }

    public var until: Until
    /// The wait fails with TIMEOUT after this long. Default: none for times, the flow's or 7 days otherwise.
    public var timeout: Duration?
    public var reason: String?
    /// Stored at the step's output key when the wait begins.
    public var output: JSONValue?
    /// The step's code goes on after the wait, and finds what ended it under this name.
    package var reentry: String?
    /// The step's code goes on after the wait with its next stage. Such a wait has no end of its own.
    package var stage: StageBreak?

    public init(until: Until, timeout: Duration? = nil, reason: String? = nil, output: JSONValue? = nil) {
        self.until = until
        self.timeout = timeout
        self.reason = reason
        self.output = output
    }
}

/// Something that happened to an execution.
public enum Fact: Sendable, Equatable {
    /// `next`: the handler's choice of the next step.
    case stepSucceeded(StepAttempt, output: EncodedValue?, next: StepID?)
    indirect case stepFailed(StepAttempt, StepFailure)
    /// `isSilent`: it gave no sign of life for this long; else it took longer than this.
    case stepTimedOut(StepAttempt, limit: Duration, isSilent: Bool = false)
    indirect case waitRequested(StepAttempt, WaitRequest)
    /// Its condition does not hold, or it is not to be run again.
    case stepSkipped(StepID, Skip.Cause)
    /// The time of this step's timer has come.
    case timerDue(StepID)
    /// Somebody ended this step's wait.
    case resumed(StepID, data: JSONValue?, cause: Resumption.Cause)
    indirect case signalArrived(StepID, name: String, payload: JSONValue?, generation: Int64)
    /// One of this step's tokens was redeemed.
    indirect case tokenArrived(StepID, TokenID, data: JSONValue?, generation: Int64)
    /// Tokens were made by the step that runs, or made and revoked by others; `consumed`: the inbox items that say so.
    case tokensChanged([TokenNote], consumed: [Int64])
    case waitTimedOut(StepID)
    /// The execution as a whole is out of time.
    case deadlineReached
    /// The step that is due cannot run at all: unknown step, handler, input.
    indirect case cannotRun(Failure)
    /// The attempt has run for a second: people should see it.
    case stepRunning(StepID, attempt: Int, startedAt: Timestamp)
    /// The attempt, or the compensation at hand, is given to a worker outside.
    case handedOut(StepID, attempt: Int, startedAt: Timestamp, to: WorkerID)
    /// The step asks for children.
    indirect case childrenRequested(StepAttempt, Spawn)
    /// All of the step's children have ended, or been started where nobody waits for them; in order.
    indirect case childrenFinished(StepID, [ChildOutcome])
    /// The step's code has a result to keep.
    case checkpointReached(
        StepID, name: String, value: EncodedValue, startedAt: Timestamp, isUndoable: Bool = false)
    /// The step's code starts a child, and goes on.
    indirect case childSpawned(StepID, Spawn)
    /// The step's code wants something remembered.
    indirect case noted(StepID, attempt: Int, AuditNote)
    /// The step says how far it is.
    indirect case progressed(StepID, Progress)
    /// The execution was taken over from a worker that did not let go of it.
    case ownerLost(WorkerID?, reason: String)
    /// It was taken over too often without coming further.
    case crashLimitReached
    /// This step is compensated next.
    case compensationDue(StepID)
    case compensated(StepAttempt)
    indirect case compensationFailed(StepAttempt, StepFailure)
}

extension Fact {
    /// What is recorded of it while the attempt goes on; nil: it is no such fact.
    package var eventBeside: ExecutionEvent? {
        switch self {
        case .stepRunning(let stepID, let attempt, let startedAt):
            .stepStarted(stepID, attempt: attempt, startedAt: startedAt)
        case .checkpointReached(let stepID, let name, let value, let startedAt, let isUndoable):
            .checkpoint(stepID, name: name, value: value, startedAt: startedAt, isUndoable: isUndoable)
        case .childSpawned(let stepID, let spawn): .childrenCreated(stepID, spawn)
        case .noted(let stepID, let attempt, let note): .noted(stepID, attempt: attempt, note)
        case .progressed(let stepID, let progress): .progress(stepID, progress)
        default: nil
        }
    }
}

public import SkeinCore

/// One attempt in the hands of a worker outside.
public struct WorkHandle: Sendable, Hashable {
    public var executionID: ExecutionID
    public var stepID: StepID
    /// Which attempt it is: a later one has a larger token.
    public var fencingToken: Int64
    /// Who says so; nil: whoever knows the token.
    public var workerID: WorkerID?

    public init(_ executionID: ExecutionID, _ stepID: StepID, fencingToken: Int64, workerID: WorkerID? = nil) {
        self.executionID = executionID
        self.stepID = stepID
        self.fencingToken = fencingToken
        self.workerID = workerID
    }
}

/// What came of telling how an attempt ended.
public struct WorkAnswer: Sendable {
    /// The execution as it is after that.
    public var execution: Execution
    /// It had been told before, and the answer was lost.
    public var isRepeat: Bool
    /// Ends the wait of the step, for a worker that asked for one; shown this once.
    public var token: ResumeToken?
}

/// A worker's wish to be left until something happens, as `WorkDesk.wait` takes it.
public struct WorkWait: Sendable {
    /// What ends the wait.
    public enum Until: Sendable, Hashable {
        case time(Timestamp)
        case delay(Duration)
        case signal(String)
        /// A token is made, and answered with.
        case token(expiresIn: Duration?, metadata: JSONObject?)
        /// Somebody resumes the execution.
        case resume
    }

    public var until: Until
    /// The wait fails with TIMEOUT after this long. Default: none for times, the flow's or 7 days otherwise.
    public var timeout: Duration?
    public var reason: String?
    /// Stored at the step's output key when the wait begins.
    public var output: JSONValue?

    public init(until: Until, timeout: Duration? = nil, reason: String? = nil, output: JSONValue? = nil) {
        self.until = until
        self.timeout = timeout
        self.reason = reason
        self.output = output
    }
}

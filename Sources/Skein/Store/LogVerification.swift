public import SkeinCore

/// What does not fit in a log: somebody changed it behind the engine's back, or it was damaged.
public struct LogMisfit: Sendable, Hashable {
    public var executionID: ExecutionID
    /// Where it was noticed first.
    public var position: Int64
    public var problem: String

    public init(executionID: ExecutionID, position: Int64, problem: String) {
        self.executionID = executionID
        self.position = position
        self.problem = problem
    }
}

/// One page of a verification.
public struct LogVerification: Sendable, Hashable {
    public var misfits: [LogMisfit]
    /// How many executions were looked at.
    public var checked: Int
    /// The last of them, to go on from; nil when there are no more.
    public var last: ExecutionID?

    public init(misfits: [LogMisfit], checked: Int, last: ExecutionID?) {
        self.misfits = misfits
        self.checked = checked
        self.last = last
    }
}

/// Which logs to verify.
public enum LogScope: Sendable, Hashable {
    case one(ExecutionID)
    /// Those of executions created in a time, in order, beyond `after`.
    case range(from: Timestamp?, to: Timestamp?, after: ExecutionID?)
}

// The state of an execution is a fold over its log: `apply` is the only way to change it, for the engine that just
// committed a row and for the one that loads the execution years later.

/// Where in its flow an execution stands.
public enum ExecutionPhase: Sendable, Hashable {
    /// About to run, or running, this step.
    case step(StepID)
    indirect case waiting(Wait)
    case ended
}

/// An execution as its log says.
public struct ExecutionState: Sendable, Equatable {
    public let creation: ExecutionCreation
    public internal(set) var status: ExecutionStatus = .pending
    public internal(set) var phase: ExecutionPhase
    public internal(set) var context: JSONObject
    /// At least the bytes of the context's values as compact JSON: what was replaced is not taken off until the limit
    /// is met.
    public internal(set) var contextBytes: Int
    /// The attempt that runs now or comes next, 1, 2, … within this visit of the step.
    public internal(set) var attempt = 1
    /// Failed attempts of this visit: what the retry policy counts. An interrupted attempt is not one.
    public internal(set) var failures = 0
    /// Ended attempts of all steps: what `maxSteps` counts.
    public internal(set) var stepCount = 0
    /// Steps entered so far: tells two visits of one step apart.
    public internal(set) var moves = 0
    /// The position of the next log row.
    public internal(set) var position: Int64 = 1
    /// The position at which the present wait began: resume data is addressed to it.
    public internal(set) var waitPosition: Int64 = 0
    public internal(set) var result: JSONValue?
    public internal(set) var error: Failure?
    public internal(set) var cancellation: Cancellation?
    public internal(set) var cancelledAt: Timestamp?
    public internal(set) var startedAt: Timestamp?
    public internal(set) var updatedAt: Timestamp
    public internal(set) var endedAt: Timestamp?
    public internal(set) var lastEvent: String = "execution.created"
    /// The last result of a step, which becomes `result` when the execution completes.
    var lastOutput: JSONValue?

    public var id: ExecutionID { creation.id }

    /// The state before anything but creation; `initial` is the flow's first step.
    public init(_ creation: ExecutionCreation, initial: StepID) {
        self.creation = creation
        phase = .step(initial)
        context = creation.context
        contextBytes = creation.contextBytes
        updatedAt = creation.createdAt
    }

    /// The wait it is in, if any.
    public var wait: Wait? {
        if case .waiting(let wait) = phase { return wait }
        return nil
    }

    /// The steps people see as current.
    public var currentSteps: [StepID] {
        switch phase {
        case .step(let id): [id]
        case .waiting(let wait): [wait.stepID]
        case .ended: []
        }
    }
}

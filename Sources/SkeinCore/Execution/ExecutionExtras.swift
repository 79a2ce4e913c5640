/// The parts of an execution's state that most executions never have.
struct ExecutionExtras: Sendable, Equatable {
    var others: [StepID: Branch] = [:]
    var joins: [StepID: Set<StepID>] = [:]
    var isPaused = false
    /// Workers that were lost with it, one after the other, since it came further.
    var crashes = 0
    var rollback: Rollback?
    var hasChildren = false
    var wasReopened = false
    var undo: [Undo] = []
    var results: JSONObject = [:]
    var progress: Progress?
    var cancellation: Cancellation?
    var cancelledAt: Timestamp?
    var branchFailure: Failure?
    var failedSteps: [StepID] = []
    var writers: [String: StepID] = [:]
    /// Commit steps that succeeded.
    var committed: Set<StepID> = []
    var settled: Set<StepID> = []
    /// The outputs that branches ended with, by step.
    var endings: JSONObject = [:]
}

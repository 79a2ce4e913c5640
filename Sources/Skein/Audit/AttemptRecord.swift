public import SkeinCore

/// One attempt of one step (contract section 3).
public struct AttemptRecord: Sendable, Hashable {
    public var executionID: ExecutionID
    /// Of the event that tells of it: its end, or its start while it runs.
    public var seq: Int64
    public var stepID: StepID
    /// 1, 2, … within one visit of the step; of a task, over all its stages and retries.
    public var attempt: Int
    public var workerID: WorkerID?
    public var outcome: AttemptOutcome?
    public var startedAt: Timestamp?
    public var endedAt: Timestamp?
    public var duration: Duration?
    public var error: JSONValue?
    /// Its start was not recorded: the end tells it.
    public var isDerived = false

    public init(
        executionID: ExecutionID, seq: Int64, stepID: StepID, attempt: Int, workerID: WorkerID? = nil,
        startedAt: Timestamp? = nil
    ) {
        self.executionID = executionID
        self.seq = seq
        self.stepID = stepID
        self.attempt = attempt
        self.workerID = workerID
        self.startedAt = startedAt
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "executionId": .string(executionID.description), "stepId": .string(stepID.rawValue),
            "attempt": .int(Int64(attempt)),
        ]
        object["workerId"] = workerID.map { .string($0.description) }
        object["outcome"] = outcome.map { .string($0.rawValue) }
        object["startedAt"] = startedAt.map { .string($0.description) }
        object["endedAt"] = endedAt.map { .string($0.description) }
        object["durationMs"] = duration.map { .int($0.wholeMilliseconds) }
        object["error"] = error
        if isDerived { object["derived"] = true }
        return .object(object)
    }
}

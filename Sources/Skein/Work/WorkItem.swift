public import SkeinCore

/// An attempt that a worker outside runs: what a handler in process finds in its context.
public struct WorkItem: Sendable {
    /// What ends the attempt: who has it, and which it is.
    public let handle: WorkHandle
    /// The type of the handler.
    public let type: String
    public let attempt: Int
    /// The step's input, as its selector gives it.
    public let input: JSONValue
    public let config: JSONObject
    /// The execution's context as the attempt began.
    public let context: JSONObject
    /// The same for all attempts of this visit of the step and for no other.
    public let idempotencyToken: String
    /// How long the attempt is the worker's without another sign of life.
    public let lease: Duration
    public let startedAt: Timestamp
    /// When the attempt is out of time; nil: never.
    public let deadline: Timestamp?
    /// The step is given up when the worker is silent for longer; nil: the lease counts.
    public let heartbeat: Duration?
    public let flowID: String
    public let flowVersion: String
    public let tenantID: String?
    public let metadata: JSONObject?
    /// Whether a rollback undoes the step.
    public let isCompensation: Bool
    /// What attempts of this visit recorded by heartbeats, by name.
    public let checkpoints: JSONObject

    init(_ step: StepContext, input: JSONValue, _ handOut: HandOut, lease: Duration, limit: Duration?) {
        handle = WorkHandle(
            step.executionID, step.stepID, fencingToken: handOut.token, workerID: handOut.workerID)
        type = step.handlerType
        attempt = step.attempt
        self.input = input
        config = step.config
        context = step.context
        idempotencyToken = step.idempotencyToken
        self.lease = lease
        startedAt = step.startedAt
        deadline = limit.map { step.startedAt + $0 }
        heartbeat = step.silenceLimit
        flowID = step.flowID
        flowVersion = step.flowVersion
        tenantID = step.tenantID
        metadata = step.creation.metadata
        isCompensation = step.isCompensation
        checkpoints = JSONObject(step.recorded.map { ($0.name, $0.value) })
    }

    /// The shape that workers get.
    public var json: JSONValue {
        var object: JSONObject = [
            "executionId": .string(handle.executionID.description), "stepId": .string(handle.stepID.rawValue),
            "fencingToken": .int(handle.fencingToken), "type": .string(type), "attempt": .int(Int64(attempt)),
            "input": input, "config": .object(config), "context": .object(context),
            "idempotencyToken": .string(idempotencyToken), "leaseMs": .int(lease.wholeMilliseconds),
            "startedAt": .string(startedAt.description),
        ]
        object["deadline"] = deadline.map { .string($0.description) }
        object["heartbeatMs"] = heartbeat.map { .int($0.wholeMilliseconds) }
        object["flowId"] = .string(flowID)
        object["flowVersion"] = .string(flowVersion)
        object["tenantId"] = tenantID.map { .string($0) }
        object["metadata"] = metadata.map { .object($0) }
        if isCompensation { object["compensation"] = true }
        if !checkpoints.isEmpty { object["checkpoints"] = .object(checkpoints) }
        return .object(object)
    }
}

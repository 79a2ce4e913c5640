public import SkeinCore

/// An execution as people and programs see it (contract section 3): a value, as of the moment it was read.
public struct Execution: Sendable {
    public var id: ExecutionID { creation.id }
    public let creation: ExecutionCreation
    public let status: ExecutionStatus
    public let context: JSONObject
    public let currentSteps: [StepID]
    public let stepCount: Int
    public let attempt: Int
    public let result: JSONValue?
    public let error: Failure?
    public let wait: SkeinCore.Wait?
    public let cancellation: Cancellation?
    public let cancelledAt: Timestamp?
    /// How far it is, as its steps said last.
    public let progress: Progress?
    /// The stage that the code of its step is in.
    let stage: Int
    /// Failed attempts of its step.
    let failures: Int
    public let workerID: WorkerID?
    public let lastEvent: String
    public let startedAt: Timestamp?
    public let updatedAt: Timestamp
    public let endedAt: Timestamp?

    /// - Parameters:
    ///   - missingHandler: the type its next step needs, when no live worker has it.
    ///   - queued: the limit that it waits for.
    init(
        _ state: ExecutionState, owner: WorkerID? = nil, missingHandler: String? = nil, queued: QueuedPermit? = nil
    ) {
        creation = state.creation
        context = state.context
        currentSteps = state.currentSteps
        stepCount = state.stepCount
        attempt = state.attempt
        result = state.result
        error = state.error
        cancellation = state.cancellation
        cancelledAt = state.cancelledAt
        lastEvent = state.lastEvent
        startedAt = state.startedAt
        updatedAt = state.updatedAt
        endedAt = state.endedAt
        progress = state.progress
        stage = state.main?.stage?.number ?? 0
        failures = state.failures
        workerID = owner
        if state.status.isEnded || state.status == .paused {
            status = state.status
            wait = nil
        } else if state.status == .rollingBack {
            status = .rollingBack
            wait = owner == nil ? state.wait : nil
        } else if owner != nil {
            status = .running
            wait = nil
        } else if let missingHandler, case .step(let stepID) = state.phase {
            status = .pending
            wait = SkeinCore.Wait(
                kind: .handler, stepID: stepID, reason: "no live worker has the handler '\(missingHandler)'",
                startedAt: state.updatedAt)
        } else if let queued {
            status = .pending
            wait = SkeinCore.Wait(
                kind: .limit, stepID: queued.stepID ?? state.currentSteps.first ?? "",
                reason: "it waits for the limit '\(queued.name)', \(queued.ahead) before it", startedAt: queued.since)
        } else if let current = state.wait {
            status = .waiting
            var current = current
            if current.kind == .children, state.main?.spawn?.flowID.hasPrefix(Job.prefix) == true {
                current.kind = .job
            }
            wait = current
        } else {
            status = .pending
            wait = nil
        }
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id.description), "flowId": .string(creation.flowID),
            "flowVersion": .string(creation.flowVersion),
            "status": .string(status.rawValue), "context": .object(context),
            "currentSteps": .array(currentSteps.map { .string($0.rawValue) }), "stepCount": .int(Int64(stepCount)),
        ]
        object["result"] = result
        object["error"] = error?.json
        if let wait { object["wait"] = .object(wait.publicObject) }
        if let cancellation {
            var cancelled = cancellation.object
            cancelled["cancelledAt"] = cancelledAt.map { .string($0.description) }
            object["cancellation"] = .object(cancelled)
        }
        object["parentExecutionId"] = creation.parentID.map { .string($0.description) }
        object["rootExecutionId"] = .string(creation.rootID.description)
        object["tenantId"] = creation.tenantID.map { .string($0) }
        object["tag"] = creation.tag.map { .string($0) }
        object["priority"] = .int(Int64(creation.priority))
        object["metadata"] = creation.metadata.map { .object($0) }
        object["idempotencyKey"] = creation.idempotencyKey.map { .string($0) }
        object["workerId"] = workerID.map { .string($0.description) }
        object["attempt"] = .int(Int64(attempt))
        object["progress"] = progress?.json
        object["lastEvent"] = .object(["type": .string(lastEvent), "at": .string(updatedAt.description)])
        object["createdAt"] = .string(creation.createdAt.description)
        object["startedAt"] = startedAt.map { .string($0.description) }
        object["updatedAt"] = .string(updatedAt.description)
        object["endedAt"] = endedAt.map { .string($0.description) }
        return .object(object)
    }
}

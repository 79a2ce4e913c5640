public import SkeinCore

/// One recorded event, in the shape of the contract (section 4).
public struct AuditEvent: Sendable, Hashable {
    public var executionID: ExecutionID
    /// 1, 2, … without a gap.
    public var seq: Int64
    public var rootExecutionID: ExecutionID
    public var type: String
    public var stepID: StepID?
    public var attempt: Int?
    public var workerID: WorkerID?
    public var message: String?
    public var metadata: JSONObject
    public var startedAt: Timestamp?
    /// The database's time of the row.
    public var at: Timestamp

    /// Whether nothing can follow it.
    public var isTerminal: Bool {
        switch type {
        case "execution.completed", "execution.failed", "execution.cancelled", "execution.rolled_back",
            "execution.rollback_failed":
            true
        default: false
        }
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "executionId": .string(executionID.description), "seq": .int(seq),
            "rootExecutionId": .string(rootExecutionID.description),
            "type": .string(type),
        ]
        object["stepId"] = stepID.map { .string($0.rawValue) }
        object["attempt"] = attempt.map { .int(Int64($0)) }
        object["workerId"] = workerID.map { .string($0.description) }
        object["message"] = message.map { .string($0) }
        if !metadata.isEmpty { object["metadata"] = .object(metadata) }
        object["startedAt"] = startedAt.map { .string($0.description) }
        object["at"] = .string(at.description)
        return .object(object)
    }
}

extension AuditEvent {
    /// The events of one log row.
    static func events(of row: LogRow, in execution: ExecutionID, root: ExecutionID) throws -> [AuditEvent] {
        let body = try LogBody(decoding: row.body, of: execution)
        return body.events.enumerated().map { offset, event in
            AuditEvent(
                event, executionID: execution, seq: row.position + Int64(offset), root: root, workerID: body.workerID,
                at: row.at)
        }
    }

    private init(
        _ event: ExecutionEvent, executionID: ExecutionID, seq: Int64, root: ExecutionID, workerID: WorkerID?,
        at: Timestamp
    ) {
        self.init(
            executionID: executionID, seq: seq, rootExecutionID: root, type: event.type, workerID: workerID,
            metadata: [:], at: at)
        switch event {
        case .started, .completed:
            break
        case .created(let creation):
            metadata = ["flowId": .string(creation.flowID), "flowVersion": .string(creation.flowVersion)]
        case .stepStarted(let stepID, let attempt, let startedAt):
            self.stepID = stepID
            self.attempt = attempt
            self.startedAt = startedAt
        case .stepCompleted(let attempt, let output, let next):
            take(attempt)
            metadata["output"] = output?.value
            metadata["next"] = next.map { .string($0.rawValue) }
        case .stepFailed(let attempt, let failure, let next), .stepTimedOut(let attempt, let failure, let next):
            take(attempt)
            message = failure.message
            metadata["error"] = failure.json
            metadata["next"] = next.map { .string($0.rawValue) }
        case .retryScheduled(let stepID, let retry, let limit, let due):
            self.stepID = stepID
            message = "retry \(retry) of \(limit)"
            metadata = ["retry": .int(Int64(retry)), "maxAttempts": .int(Int64(limit))]
            if due.microseconds > 0 { metadata["retryAt"] = .string(due.description) }
        case .stepSuspended(let attempt, let output):
            take(attempt)
            metadata["output"] = output?.value
        case .waiting(let wait):
            stepID = wait.stepID
            message = wait.reason
            metadata["wait"] = .object(wait.publicObject)
        case .resumed(let resumption):
            metadata["cause"] = .string(resumption.cause.rawValue)
            metadata["dueAt"] = resumption.dueAt.map { .string($0.description) }
        case .signalConsumed(let name, _):
            metadata["name"] = .string(name)
        case .failed(let failure):
            stepID = failure.stepID
            message = failure.message
            metadata["error"] = failure.json
        case .timedOut(let limit):
            metadata["timeoutMs"] = .int(limit.wholeMilliseconds)
        case .cancelled(let cancellation):
            message = cancellation.reason
            metadata = cancellation.object
        case .recovered(let worker, let reason):
            message = reason
            metadata["recoveredFrom"] = worker.map { .string($0.description) }
        }
    }

    private mutating func take(_ attempt: StepAttempt) {
        stepID = attempt.stepID
        self.attempt = attempt.attempt
        startedAt = attempt.startedAt
        metadata["durationMs"] = .int((attempt.endedAt - attempt.startedAt).wholeMilliseconds)
    }
}

public import SkeinCore

/// One recorded event, in the shape of the contract (section 4).
public struct AuditEvent: Sendable, Hashable {
    public var executionID: ExecutionID
    /// 1, 2, … without a gap.
    public var seq: Int64
    public var rootExecutionID: ExecutionID
    public var type: String
    public var stepID: StepID?
    /// What the step was doing, where it says so.
    public var stage: String?
    public var attempt: Int?
    public var workerID: WorkerID?
    public var message: String?
    public var metadata: JSONObject
    public var startedAt: Timestamp?
    /// How long the attempt took that it ends.
    public var duration: Duration?
    /// By the clock of whoever recorded it.
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
        object["stage"] = stage.map { .string($0) }
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
    /// One event, as the log's body has it.
    package init?(
        _ event: JSONValue, executionID: ExecutionID, seq: Int64, root: ExecutionID, workerID: WorkerID?, at: Timestamp
    ) {
        guard let object = event.object, let event = ExecutionEvent(logged: object, of: executionID) else { return nil }
        self.init(event, executionID: executionID, seq: seq, root: root, workerID: workerID, at: at)
    }

    /// The events of one log row.
    package static func events(of row: LogRow, in execution: ExecutionID, root: ExecutionID) throws -> [AuditEvent] {
        let body = try LogBody(decoding: row.body, of: execution)
        return body.events.enumerated().map { offset, event in
            AuditEvent(
                event, executionID: execution, seq: row.position + Int64(offset), root: root, workerID: body.workerID,
                at: row.at)
        }
    }

    init(
        _ event: ExecutionEvent, executionID: ExecutionID, seq: Int64, root: ExecutionID, workerID: WorkerID?,
        at: Timestamp
    ) {
        self.init(
            executionID: executionID, seq: seq, rootExecutionID: root, type: event.type, workerID: workerID,
            metadata: [:], at: at)
        switch event {
        case .started, .completed, .rolledBack:
            break
        case .created(let creation):
            metadata = ["flowId": .string(creation.flowID), "flowVersion": .string(creation.flowVersion)]
            take(creation.by)
        case .stepStarted(let stepID, let attempt, let startedAt, let worker):
            self.stepID = stepID
            self.attempt = attempt
            self.startedAt = startedAt
            if let worker { self.workerID = worker }
        case .stepCompleted(let attempt, let output, let next):
            take(attempt)
            metadata["output"] = output?.value
            take(next)
        case .stepFailed(let attempt, let failure, let next), .stepTimedOut(let attempt, let failure, let next):
            take(attempt)
            message = failure.message
            metadata["error"] = failure.json
            take(next)
        case .retryScheduled(let stepID, let retry, let limit, let due):
            self.stepID = stepID
            message = "retry \(retry) of \(limit)"
            metadata = ["retry": .int(Int64(retry)), "maxAttempts": .int(Int64(limit))]
            if due.microseconds > 0 { metadata["retryAt"] = .string(due.description) }
        case .stepSuspended(let attempt, let output):
            take(attempt)
            metadata["output"] = output?.value
        case .childrenCreated(let stepID, let spawn):
            self.stepID = stepID
            metadata = [
                "flowId": .string(spawn.flowID), "flowVersion": .string(spawn.flowVersion),
                "count": .int(Int64(spawn.contexts.count)),
            ]
            metadata["name"] = spawn.name.map { .string($0) }
            if !spawn.kinds.isEmpty { nameChildren(spawn) }
        case .noted(let stepID, let attempt, let note):
            self.stepID = stepID
            self.attempt = attempt
            message = note.message ?? note.code
            metadata = note.metadata
            metadata["code"] = .string(note.code)
        case .progress(let stepID, let progress):
            self.stepID = stepID
            stage = progress.stageName
            message = progress.text ?? progress.stageName
            metadata = progress.json.object ?? [:]
        case .checkpoint(let stepID, let name, let value, let startedAt, _):
            self.stepID = stepID
            self.startedAt = startedAt
            message = name
            metadata = ["name": .string(name), "value": value.value]
        case .waiting(let wait):
            stepID = wait.stepID
            message = wait.reason
            metadata["wait"] = .object(wait.publicObject)
        case .resumed(let resumption):
            metadata["cause"] = .string(resumption.cause.rawValue)
            metadata["dueAt"] = resumption.dueAt.map { .string($0.description) }
            metadata["data"] = resumption.data
            stepID = resumption.stepID
        case .signalConsumed(let name, _):
            metadata["name"] = .string(name)
        case .token(let note):
            stepID = note.stepID
            metadata["tokenId"] = .string(note.id.description)
            metadata["expiresAt"] = note.expiresAt.map { .string($0.description) }
            take(note.by)
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
        case .stepSkipped(let skip):
            stepID = skip.stepID
            metadata["cause"] = .string(skip.cause.rawValue)
            metadata["output"] = skip.output?.value
            take(skip.next)
            take(skip.by)
        case .quarantined(let failure):
            stepID = failure.stepID
            message = failure.message
            metadata["error"] = failure.json
        case .paused(let by), .unpaused(let by):
            take(by)
        case .reopened(let reopening):
            metadata["steps"] = .array(reopening.steps.map { .string($0.rawValue) })
            take(reopening.by)
        case .forked(let source, let steps):
            metadata["forkedFrom"] = .string(source.description)
            metadata["steps"] = .array(steps.map { .string($0.rawValue) })
        case .rollbackStarted(let failure, let cancellation):
            message = failure.message
            metadata["error"] = failure.json
            if let cancellation { metadata["cancellation"] = .object(cancellation.object) }
        case .stepCompensating(let stepID, let attempt, let worker):
            self.stepID = stepID
            self.attempt = attempt
            if let worker { self.workerID = worker }
        case .stepCompensated(let attempt):
            take(attempt)
        case .compensationFailed(let attempt, let failure, let retryAt):
            take(attempt)
            message = failure.message
            metadata["error"] = failure.json
            metadata["retryAt"] = retryAt.map { .string($0.description) }
        case .rollbackFailed(let failure):
            stepID = failure.stepID
            message = failure.message
            metadata["error"] = failure.json
        }
    }

    /// The names that a log entry has room for; `/children` has all.
    private static let namedChildren = 1_000

    private mutating func nameChildren(_ spawn: Spawn) {
        var spawn = spawn
        if spawn.round == 0 { spawn.round = seq }
        let named = 0..<min(spawn.contexts.count, Self.namedChildren)
        metadata["flowId"] = nil
        metadata["flowVersion"] = nil
        metadata["childIds"] = .array(named.map { .string(spawn.childID($0, of: executionID).description) })
        metadata["childNames"] = .array(
            named.map { .string(spawn.kind(of: $0).flatMap { TaskDefinition.name(of: $0.flowID) } ?? "") })
    }

    private mutating func take(_ next: Onward) {
        switch next {
        case .step(let id): metadata["next"] = .string(id.rawValue)
        case .fork(let ids, let joins):
            metadata["next"] = .array(ids.map { .string($0.rawValue) })
            if !joins.isEmpty { metadata["joins"] = .array(joins.map { .string($0.rawValue) }) }
        case .end, .stop: break
        }
    }

    private mutating func take(_ by: Intervention) {
        if let actor = by.actor { metadata["actor"] = .string(actor) }
        if let requestID = by.requestID { metadata["requestId"] = .string(requestID) }
        message = by.reason ?? message
    }

    private mutating func take(_ attempt: StepAttempt) {
        stepID = attempt.stepID
        self.attempt = attempt.attempt
        startedAt = attempt.startedAt
        duration = attempt.endedAt - attempt.startedAt
        metadata["durationMs"] = .int((attempt.endedAt - attempt.startedAt).wholeMilliseconds)
    }
}

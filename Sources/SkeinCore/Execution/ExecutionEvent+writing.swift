// One event's bytes. Keys are short because every durable step writes them: t type, s step, a attempt, b began, f
// finished, o output, k output's key, p patch, x next step, j joins.

extension ExecutionEvent {
    func write(to writer: inout LogWriter) {
        writer.open()
        writer.member("t", type)
        switch self {
        case .started, .completed, .rolledBack:
            break
        case .created(let creation):
            creation.write(to: &writer)
        case .stepStarted(let stepID, let attempt, let startedAt, let worker):
            writer.member("s", stepID.rawValue)
            writer.member("a", Int64(attempt))
            writer.member("b", startedAt.microseconds)
            if let worker { writer.member("by", worker.raw) }
        case .stepCompleted(let attempt, let output, let next):
            attempt.write(to: &writer)
            output?.write(to: &writer)
            next.write(to: &writer)
        case .stepSkipped(let skip):
            writer.member("s", skip.stepID.rawValue)
            writer.member("cause", skip.cause.rawValue)
            skip.output?.write(to: &writer)
            skip.next.write(to: &writer)
            skip.by.write(to: &writer)
        case .stepFailed(let attempt, let failure, let next), .stepTimedOut(let attempt, let failure, let next):
            attempt.write(to: &writer)
            writer.member("error", failure.json)
            next.write(to: &writer)
        case .retryScheduled(let stepID, let retry, let limit, let at):
            writer.member("s", stepID.rawValue)
            writer.member("retry", Int64(retry))
            writer.member("of", Int64(limit))
            writer.member("due", at.microseconds)
        case .stepSuspended(let attempt, let output):
            attempt.write(to: &writer)
            output?.write(to: &writer)
        case .childrenCreated(let stepID, let spawn):
            writer.member("s", stepID.rawValue)
            writer.member("spawn", spawn.json)
        case .checkpoint(let stepID, let name, let value, let startedAt, let isUndoable):
            writer.member("s", stepID.rawValue)
            writer.member("name", name)
            writer.member("b", startedAt.microseconds)
            writer.member("o", value)
            if isUndoable { writer.member("u", JSONValue.bool(true)) }
        case .noted(let stepID, let attempt, let note):
            writer.member("s", stepID.rawValue)
            writer.member("a", Int64(attempt))
            writer.member("code", note.code)
            writer.member("message", note.message)
            if !note.metadata.isEmpty { writer.member("metadata", JSONValue.object(note.metadata)) }
        case .progress(let stepID, let progress):
            writer.member("s", stepID.rawValue)
            writer.member("progress", progress.json)
        case .waiting(let wait):
            writer.member("s", wait.stepID.rawValue)
            writer.member("wait", wait.json)
        case .resumed(let resumption):
            writer.member("cause", resumption.cause.rawValue)
            writer.member("due", resumption.dueAt?.microseconds)
            writer.member("data", resumption.data)
            writer.member("s", resumption.stepID?.rawValue)
            if resumption.isUndoable { writer.member("u", JSONValue.bool(true)) }
            if let next = resumption.next {
                writer.member("goes", JSONValue.bool(true))
                next.write(to: &writer)
            }
        case .signalConsumed(let name, let generation):
            writer.member("name", name)
            writer.member("gen", generation)
        case .token(let note):
            writer.member("s", note.stepID.rawValue)
            writer.member("id", note.id.raw)
            writer.member("exp", note.expiresAt?.microseconds)
            note.by.write(to: &writer)
        case .failed(let failure):
            writer.member("error", failure.json)
        case .timedOut(let limit):
            writer.member("limitUs", limit.microseconds)
        case .cancelled(let cancellation):
            writer.members(cancellation.object)
        case .recovered(let worker, let reason):
            writer.member("from", worker?.description)
            writer.member("reason", reason)
        case .quarantined(let failure):
            writer.member("error", failure.json)
        case .paused(let by):
            by.write(to: &writer)
        case .unpaused(let by):
            writer.member("cause", "unpause")
            by.write(to: &writer)
        case .reopened(let reopening):
            writer.member("steps", JSONValue.array(reopening.steps.map { .string($0.rawValue) }))
            if reopening.isReset { writer.member("reset", JSONValue.bool(true)) }
            reopening.by.write(to: &writer)
        case .forked(let source, let steps):
            writer.member("from", source.description)
            writer.member("steps", JSONValue.array(steps.map { .string($0.rawValue) }))
        case .rollbackStarted(let failure, let cancellation):
            writer.member("error", failure.json)
            if let cancellation { writer.member("cancellation", JSONValue.object(cancellation.object)) }
        case .stepCompensating(let stepID, let attempt, let worker):
            writer.member("s", stepID.rawValue)
            writer.member("a", Int64(attempt))
            if let worker { writer.member("by", worker.raw) }
        case .stepCompensated(let attempt):
            attempt.write(to: &writer)
        case .compensationFailed(let attempt, let failure, let retryAt):
            attempt.write(to: &writer)
            writer.member("error", failure.json)
            writer.member("due", retryAt?.microseconds)
        case .rollbackFailed(let failure):
            writer.member("error", failure.json)
        }
        writer.close()
    }
}

extension Intervention {
    func write(to writer: inout LogWriter) {
        writer.member("actor", actor)
        writer.member("reason", reason)
        writer.member("requestId", requestID)
    }

    init(_ object: JSONObject) {
        self.init(
            actor: object["actor"]?.string, reason: object["reason"]?.string, requestID: object["requestId"]?.string)
    }
}

extension StepAttempt {
    func write(to writer: inout LogWriter) {
        writer.member("s", stepID.rawValue)
        writer.member("a", Int64(attempt))
        writer.member("b", startedAt.microseconds)
        writer.member("f", endedAt.microseconds)
        if isUndoable { writer.member("u", JSONValue.bool(true)) }
        if isCommit { writer.member("c", JSONValue.bool(true)) }
    }
}

extension StepOutput {
    func write(to writer: inout LogWriter) {
        writer.member("o", encoded)
        writer.member("k", key)
        if let patch { writer.member("p", JSONValue.object(patch)) }
    }
}

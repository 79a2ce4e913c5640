// One event's bytes. Keys are short because every durable step writes them: t type, s step, a attempt, b began, f
// finished, o output, k output's key, x next step.

extension ExecutionEvent {
    func write(to writer: inout LogWriter) {
        writer.open()
        writer.member("t", type)
        switch self {
        case .started, .completed:
            break
        case .created(let creation):
            creation.write(to: &writer)
        case .stepStarted(let stepID, let attempt, let startedAt):
            writer.member("s", stepID.rawValue)
            writer.member("a", Int64(attempt))
            writer.member("b", startedAt.microseconds)
        case .stepCompleted(let attempt, let output, let next):
            attempt.write(to: &writer)
            output?.write(to: &writer)
            writer.member("x", next?.rawValue)
        case .stepFailed(let attempt, let failure, let next), .stepTimedOut(let attempt, let failure, let next):
            attempt.write(to: &writer)
            writer.member("error", failure.json)
            writer.member("x", next?.rawValue)
        case .retryScheduled(let stepID, let retry, let limit, let at):
            writer.member("s", stepID.rawValue)
            writer.member("retry", Int64(retry))
            writer.member("of", Int64(limit))
            writer.member("due", at.microseconds)
        case .stepSuspended(let attempt, let output):
            attempt.write(to: &writer)
            output?.write(to: &writer)
        case .waiting(let wait):
            writer.member("s", wait.stepID.rawValue)
            writer.member("wait", wait.json)
        case .resumed(let resumption):
            writer.member("cause", resumption.cause.rawValue)
            writer.member("due", resumption.dueAt?.microseconds)
            writer.member("data", resumption.data)
        case .signalConsumed(let name, let generation):
            writer.member("name", name)
            writer.member("gen", generation)
        case .failed(let failure):
            writer.member("error", failure.json)
        case .timedOut(let limit):
            writer.member("limitUs", limit.microseconds)
        case .cancelled(let cancellation):
            writer.members(cancellation.object)
        case .recovered(let worker, let reason):
            writer.member("from", worker?.description)
            writer.member("reason", reason)
        }
        writer.close()
    }
}

extension StepAttempt {
    func write(to writer: inout LogWriter) {
        writer.member("s", stepID.rawValue)
        writer.member("a", Int64(attempt))
        writer.member("b", startedAt.microseconds)
        writer.member("f", endedAt.microseconds)
    }
}

extension StepOutput {
    func write(to writer: inout LogWriter) {
        writer.member("o", encoded)
        writer.member("k", key)
    }
}

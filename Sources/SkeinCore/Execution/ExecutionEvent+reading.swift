// Reads what `ExecutionEvent.write` wrote. A row that does not read is an error value: one broken row must not take an
// instance down.

/// A log row that this version cannot read.
public struct LogFormatError: Error, Sendable, Equatable, CustomStringConvertible {
    public var description: String

    public init(description: String) {
        self.description = description
    }
}

extension LogBody {
    public init(decoding bytes: [UInt8], of id: ExecutionID) throws {
        var limits = JSONLimits.default
        limits.maxBytes = 64 << 20
        limits.maxDepth = 300
        let json = try JSONValue(parsing: bytes, limits: limits)
        guard let list = json["e"]?.array, let at = json["at"]?.int64 else {
            throw LogFormatError(description: "a log row of \(id) has no events")
        }
        self.at = Timestamp(microseconds: at)
        workerID = json["w"]?.string.flatMap { WorkerID($0) }
        events = try list.map { value in
            guard let object = value.object, let event = ExecutionEvent(object, of: id) else {
                throw LogFormatError(
                    description: "a log row of \(id) has an unknown event: \(value.description.prefix(200))")
            }
            return event
        }
    }
}

extension ExecutionEvent {
    /// Reads one event of a log row.
    package init?(logged object: JSONObject, of id: ExecutionID) { self.init(object, of: id) }

    init?(_ object: JSONObject, of id: ExecutionID) {
        guard let type = object["t"]?.string else { return nil }
        switch type {
        case "execution.created":
            guard let creation = ExecutionCreation(id: id, object) else { return nil }
            self = .created(creation)
        case "execution.started": self = .started
        case "execution.completed": self = .completed
        case "step.started":
            guard let step = object.step, let attempt = object["a"]?.int, let began = object.time("b") else {
                return nil
            }
            self = .stepStarted(step, attempt: attempt, startedAt: began, by: object.worker("by"))
        case "step.completed":
            guard let attempt = StepAttempt(object) else { return nil }
            self = .stepCompleted(attempt, output: StepOutput(object), next: Onward(object))
        case "step.skipped":
            guard let step = object.step, let cause = object["cause"]?.string.flatMap(Skip.Cause.init(rawValue:)) else {
                return nil
            }
            var skip = Skip(step, cause, output: StepOutput(object), next: Onward(object))
            skip.by = Intervention(object)
            self = .stepSkipped(skip)
        case "step.failed", "step.timed_out":
            guard let attempt = StepAttempt(object), let failure = Failure(object["error"]) else { return nil }
            let next = Onward(object)
            self =
                type == "step.failed"
                ? .stepFailed(attempt, failure, next: next) : .stepTimedOut(attempt, failure, next: next)
        case "step.retry_scheduled":
            guard let step = object.step, let retry = object["retry"]?.int, let limit = object["of"]?.int,
                let due = object.time("due")
            else { return nil }
            self = .retryScheduled(step, retry: retry, of: limit, at: due)
        case "step.suspended":
            guard let attempt = StepAttempt(object) else { return nil }
            self = .stepSuspended(attempt, output: StepOutput(object))
        case "execution.children_created":
            guard let step = object.step, let spawn = Spawn(object["spawn"]) else { return nil }
            self = .childrenCreated(step, spawn)
        case "checkpoint" where object["code"] != nil:
            guard let step = object.step, let attempt = object["a"]?.int, let code = object["code"]?.string else {
                return nil
            }
            let note = AuditNote(
                code, message: object["message"]?.string, metadata: object["metadata"]?.object ?? [:])
            self = .noted(step, attempt: attempt, note)
        case "checkpoint":
            guard let step = object.step, let name = object["name"]?.string, let began = object.time("b"),
                let value = object["o"]
            else { return nil }
            self = .checkpoint(
                step, name: name, value: EncodedValue(value), startedAt: began, isUndoable: object["u"] == true)
        case "progress":
            guard let step = object.step, let progress = Progress(object["progress"]) else { return nil }
            self = .progress(step, progress)
        case "execution.waiting":
            guard let wait = Wait(object["wait"]) else { return nil }
            self = .waiting(wait)
        case "execution.resumed" where object["cause"] == "unpause": self = .unpaused(Intervention(object))
        case "execution.resumed":
            guard let cause = object["cause"]?.string.flatMap(Resumption.Cause.init(rawValue:)) else { return nil }
            var resumption = Resumption(cause, dueAt: object.time("due"), data: object["data"])
            resumption.stepID = object.step
            resumption.isUndoable = object["u"] == true
            if object["goes"] == true { resumption.next = Onward(object) }
            self = .resumed(resumption)
        case "signal.consumed":
            guard let name = object["name"]?.string, let generation = object["gen"]?.int64 else { return nil }
            self = .signalConsumed(name: name, generation: generation)
        case "execution.failed":
            guard let failure = Failure(object["error"]) else { return nil }
            self = .failed(failure)
        case "execution.timed_out":
            guard let limit = object["limitUs"]?.int64 else { return nil }
            self = .timedOut(after: .microseconds(limit))
        case "execution.cancelled":
            guard let cancellation = Cancellation(.object(object)) else { return nil }
            self = .cancelled(cancellation)
        case "execution.recovered":
            self = .recovered(
                from: object["from"]?.string.flatMap { WorkerID($0) }, reason: object["reason"]?.string ?? "")
        default:
            guard
                let event = Self.intervention(type, object) ?? Self.rollback(type, object) ?? Self.token(type, object)
            else { return nil }
            self = event
        }
    }

    private static func intervention(_ type: String, _ object: JSONObject) -> ExecutionEvent? {
        switch type {
        case "execution.quarantined":
            return Failure(object["error"]).map { .quarantined($0) }
        case "execution.paused": return .paused(Intervention(object))
        case "execution.reopened":
            var reopening = Reopening(object.steps, isReset: object["reset"] == true)
            reopening.by = Intervention(object)
            return .reopened(reopening)
        case "execution.forked":
            guard let source = object["from"]?.string.flatMap({ ExecutionID($0) }) else { return nil }
            return .forked(from: source, steps: object.steps)
        default: return nil
        }
    }

    private static func token(_ type: String, _ object: JSONObject) -> ExecutionEvent? {
        guard type.hasPrefix("token."), let kind = TokenNote.Kind(rawValue: String(type.dropFirst(6))),
            let step = object.step, let id = object["id"]?.string.flatMap({ TokenID($0) })
        else { return nil }
        var note = TokenNote(kind, id, stepID: step, expiresAt: object.time("exp"))
        note.by = Intervention(object)
        return .token(note)
    }

    private static func rollback(_ type: String, _ object: JSONObject) -> ExecutionEvent? {
        switch type {
        case "execution.rolled_back": return .rolledBack
        case "step.compensating":
            guard let step = object.step, let attempt = object["a"]?.int else { return nil }
            return .stepCompensating(step, attempt: attempt, by: object.worker("by"))
        case "step.compensated": return StepAttempt(object).map { .stepCompensated($0) }
        case "step.compensation_failed":
            guard let attempt = StepAttempt(object), let failure = Failure(object["error"]) else { return nil }
            return .compensationFailed(attempt, failure, retryAt: object.time("due"))
        case "execution.rollback_started":
            guard let failure = Failure(object["error"]) else { return nil }
            return .rollbackStarted(failure, Cancellation(object["cancellation"]))
        case "execution.rollback_failed":
            guard let failure = Failure(object["error"]) else { return nil }
            return .rollbackFailed(failure)
        default: return nil
        }
    }
}

extension JSONObject {
    var step: StepID? { self["s"]?.string.map { StepID($0) } }

    var steps: [StepID] { (self["steps"]?.array ?? []).compactMap { $0.string.map { StepID($0) } } }

    func worker(_ key: String) -> WorkerID? { self[key]?.string.flatMap { WorkerID($0) } }

    func time(_ key: String) -> Timestamp? { self[key]?.int64.map(Timestamp.init(microseconds:)) }
}

extension StepAttempt {
    init?(_ object: JSONObject) {
        guard let step = object.step, let attempt = object["a"]?.int, let began = object.time("b"),
            let ended = object.time("f")
        else {
            return nil
        }
        self.init(stepID: step, attempt: attempt, startedAt: began, endedAt: ended)
        isUndoable = object["u"] == true
        isCommit = object["c"] == true
    }
}

extension StepOutput {
    init?(_ object: JSONObject) {
        guard let value = object["o"] else { return nil }
        self.init(value, key: object["k"]?.string)
        patch = object["p"]?.object
    }
}

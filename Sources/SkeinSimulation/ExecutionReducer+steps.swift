import Skein
import SkeinCore

extension ExecutionReducer {
    mutating func takeStep(_ event: AuditEvent, before following: AuditEvent?) {
        guard let step = event.stepID?.rawValue, let model = flow.steps[step] else {
            return require(false, event, "of no step")
        }
        if event.type.hasPrefix("step.compensat") { return takeCompensation(event, step) }
        require(!isRollingBack, event, "while it rolls back")
        guard let visit = active[step] else { return require(false, event, "not here: \(active.keys.sorted())") }
        require(!isPaused || event.metadata["cause"] == "user", event, "while it is paused")
        if let attempt = event.attempt { require(attempt == visit.attempt, event, "instead of \(visit.attempt)") }
        switch event.type {
        case "step.completed":
            require(!settled.contains(step), event, "a commit step again")
            require(!model.isConditional || creation.context["go"] == true, event, "its condition does not hold")
            require(visit.wait.map { !$0.holds || model.kind.spawns } ?? true, event, "while it waits")
            requireDue(event, visit)
            if model.undo != nil { undo.append(step) }
            if model.isCommit { committed.insert(step) }
            endRound(step, event, output: event.metadata["output"])
            if let output = event.metadata["output"] { context[step] = output }
            go(from: step, to: model.next, event)
        case "step.skipped": takeSkip(event, step, model)
        case "step.failed", "step.timed_out": takeFailure(event, step, visit, before: following)
        case "step.retry_scheduled": takeRetry(event, step, model, visit)
        case "step.suspended":
            requireDue(event, visit)
            active[step]?.wait = nil
        case "step.started": break
        case "checkpoint":
            let name = event.metadata["name"]?.string ?? ""
            require(active[step]?.checkpoints.insert(name).inserted ?? false, event, "'\(name)' again")
        default: require(false, event, "unknown")
        }
    }

    /// An attempt after a failure begins at its time.
    private mutating func requireDue(_ event: AuditEvent, _ visit: Visit) {
        guard let wait = visit.wait, !wait.holds, let due = wait.wakeAt, let startedAt = event.startedAt else { return }
        require(startedAt >= due, event, "the retry was due at \(due)")
    }

    private mutating func takeSkip(_ event: AuditEvent, _ step: String, _ model: SimulatedFlow.Step) {
        switch event.metadata["cause"]?.string {
        case "committed": require(settled.contains(step), event, "was never committed")
        case "condition":
            require(model.isConditional && creation.context["go"] != true, event, "its condition holds")
        default: if let output = event.metadata["output"] { context[step] = output }
        }
        go(from: step, to: model.next, event)
    }

    // MARK: - Failures

    private mutating func takeFailure(
        _ event: AuditEvent, _ step: String, _ visit: Visit, before following: AuditEvent?
    ) {
        guard let model = flow.steps[step] else { return }
        let isWaitsEnd = visit.wait?.holds == true && !model.kind.spawns
        if isWaitsEnd {
            let isDue = visit.wait?.timeoutAt.map { event.at >= $0 } ?? false
            require(event.type == "step.timed_out" && isDue, event, "while it waits for \(visit.wait.debugDescription)")
        } else {
            requireDue(event, visit)
        }
        endRound(step, event, output: nil)
        active[step]?.failures += 1
        if following?.type == "step.retry_scheduled", following?.stepID == event.stepID { return }
        let code = event.metadata["error"]?["code"]?.string
        if !isWaitsEnd, ["FLAKY", "STUBBORN", "CHILD_FAILED", "TIMEOUT"].contains(code) {
            require(
                visit.failures == model.retries, event, "for good after \(visit.failures) of \(model.retries) retries")
        }
        guard model.onFailure.isEmpty else { return go(from: step, to: model.onFailure, event) }
        hasFailed = true
        active[step] = nil
    }

    private mutating func takeRetry(
        _ event: AuditEvent, _ step: String, _ model: SimulatedFlow.Step, _ visit: Visit
    ) {
        require(visit.failures >= 1 && visit.failures <= model.retries, event, "of \(model.retries)")
        require(event.metadata["retry"]?.int == visit.failures, event, "after \(visit.failures) failures")
        active[step]?.attempt += 1
        active[step]?.round = nil
        let due = event.metadata["retryAt"]?.string.flatMap { Timestamp($0) }
        active[step]?.wait = due.map { Waiting(kind: "retry", wakeAt: $0) }
    }

    /// What became of the children that the step asked for.
    private mutating func endRound(_ step: String, _ event: AuditEvent, output: JSONValue?) {
        guard flow.steps[step]?.kind.spawns == true else { return }
        guard var round = active[step]?.round else {
            return require(output == nil, event, "without children")
        }
        round.output = output
        round.failure = output == nil ? event.metadata["error"] : nil
        round.endedAt = event.at
        rounds.append(round)
        active[step]?.round = nil
        active[step]?.wait = nil
    }

    // MARK: - Compensations

    private mutating func takeCompensation(_ event: AuditEvent, _ step: String) {
        require(isRollingBack && !isPaused, event, "while it does not roll back")
        require(undo.last == step, event, "out of order: \(undo)")
        guard undo.last == step else { return }
        if let attempt = event.attempt { require(attempt == undoAttempt, event, "instead of \(undoAttempt)") }
        switch event.type {
        case "step.compensated":
            undo.removeLast()
            (undoAttempt, undoFailures) = (1, 0)
        case "step.compensation_failed" where event.metadata["retryAt"] == nil:
            require(undoFailures == SimulatedFlow.undoRetries, event, "for good after \(undoFailures) retries")
            aside.insert(undo.removeLast(), at: 0)
            (undoAttempt, undoFailures) = (1, 0)
        case "step.compensation_failed":
            undoFailures += 1
            undoAttempt += 1
            require(undoFailures <= SimulatedFlow.undoRetries, event, "once more than it may")
        default: break
        }
    }

    // MARK: - Ways

    /// A branch leaves a step. A join is entered by the last of its steps, or when nobody else can come.
    mutating func go(from step: String, to targets: [String], _ event: AuditEvent) {
        active[step] = nil
        var entered: Set<String> = []
        for target in targets {
            let join = flow.steps[target]?.join ?? []
            guard join.count > 1, join.contains(step) else {
                entered.insert(target)
                continue
            }
            arrived[target, default: []].insert(step)
            if arrived[target]?.count == join.count { entered.insert(target) }
        }
        if entered.isEmpty, active.isEmpty, !hasFailed { entered = Set(arrived.keys) }
        for target in entered {
            require(active[target] == nil, event, "\(target) is entered twice at once")
            arrived[target] = nil
            active[target] = Visit()
        }
        guard event.type.hasPrefix("step.") else { return }
        let told: [String] =
            switch event.metadata["next"] {
            case .string(let next)?: [next]
            case .array(let next)?: next.compactMap(\.string)
            default: []
            }
        require(Set(told) == entered, event, "goes on to \(told), not to \(entered.sorted())")
    }
}

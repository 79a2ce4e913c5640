// Why an execution is where it is: what it waits for, who holds it, what is missing.

public import SkeinCore

extension Engine {
    /// What an execution waits for, or why it goes no further.
    ///
    /// - Throws: `executionNotFound`.
    public func explain(_ id: ExecutionID) async throws -> Explanation {
        guard let record = try await store.record(id) else { throw notFound(id) }
        let execution = try await execution(of: record)
        let (state, _) = try await state(of: record)
        return Explanation(execution: execution, reasons: try await reasons(execution, state, record))
    }

    private func reasons(_ execution: Execution, _ state: ExecutionState, _ record: ExecutionRecord) async throws
        -> [Reason]
    {
        if state.status.isEnded { return [end(execution)] }
        if state.isPaused, let error = state.error, error.code == Failure.quarantined {
            return [
                Reason(
                    .quarantined, "it is quarantined: \(error.message)", step: error.stepID, since: state.updatedAt,
                    details: ["crashes": .int(Int64(state.crashes))])
            ]
        }
        if state.isPaused { return [try await pause(execution.id, state)] }
        var reasons: [Reason] = []
        if let owner = record.owner {
            reasons.append(
                Reason(
                    .running, "the worker \(owner) runs it; its lease ends at the time given unless it is renewed",
                    until: record.nextAt, details: ["workerId": .string(owner.description)]))
        }
        let queued = try await limitReasons(execution.id)
        if state.rollback != nil { return reasons + queued + [rollingBack(state)] }
        reasons += queued
        let waiting = Set(queued.map(\.stepID))
        for branch in state.branches {
            if let wait = branch.wait {
                reasons.append(try await reason(wait, branch, state))
            } else if record.owner == nil, !waiting.contains(nil), !waiting.contains(branch.stepID) {
                reasons.append(idle(branch, execution, record))
            }
        }
        if !coordination.health.isUp {
            reasons.append(
                Reason(
                    .degraded,
                    "the coordination service does not answer: wakes come from the store alone, up to a second late"))
        }
        return reasons.isEmpty ? [Reason(.other, "it is \(execution.status.rawValue)")] : reasons
    }

    private func end(_ execution: Execution) -> Reason {
        var message = "it has ended: \(execution.status.rawValue)"
        if let error = execution.error { message += ", \(error.code): \(error.message)" }
        var details: JSONObject = [:]
        details["error"] = execution.error?.json
        if let cancellation = execution.cancellation {
            details["cancellation"] = .object(cancellation.object)
            if execution.error == nil, let reason = cancellation.reason { message += ", \(reason)" }
        }
        return Reason(.ended, message, step: execution.error?.stepID, since: execution.endedAt, details: details)
    }

    /// Who paused it is in the log.
    private func pause(_ id: ExecutionID, _ state: ExecutionState) async throws -> Reason {
        // The row that paused it is mostly the last one.
        let events = try await events(of: id, from: max(1, state.position - 50))
        let event = events.last { $0.type == "execution.paused" }
        let actor = event?.metadata["actor"]?.string
        var message = "it was paused" + (actor.map { " by \($0)" } ?? "")
        if let reason = event?.message { message += ": \(reason)" }
        var details: JSONObject = [:]
        details["actor"] = actor.map { .string($0) }
        return Reason(.paused, message, since: event?.at, details: details)
    }

    private func rollingBack(_ state: ExecutionState) -> Reason {
        let step = state.undo.last?.stepID
        let left = state.undo.count
        guard let retryAt = state.wait?.wakeAt else {
            return Reason(
                .rollingBack, "completed steps are being undone, \(left) to go", step: step, since: state.updatedAt)
        }
        return Reason(
            .retry, "the compensation failed and is tried again, attempt \(state.attempt)", step: step,
            since: state.updatedAt, until: retryAt)
    }

    private func idle(_ branch: Branch, _ execution: Execution, _ record: ExecutionRecord) -> Reason {
        let step = branch.stepID
        if let wait = execution.wait, wait.kind == .handler {
            return Reason(
                .handler, wait.reason ?? "no live worker has its handler", step: step, since: wait.startedAt,
                details: ["type": .string(record.needs ?? "")])
        }
        guard let nextAt = record.nextAt, nextAt != .distantFuture else {
            return Reason(.notAutomatic, "it runs only when somebody runs it", step: step)
        }
        guard nextAt <= clock.now else {
            return Reason(.scheduled, "it is to go on at the time given", step: step, until: nextAt)
        }
        return Reason(.ready, "it may run now, and no worker has taken it yet", step: step, since: nextAt)
    }

    // MARK: - Waits

    private func reason(_ wait: SkeinCore.Wait, _ branch: Branch, _ state: ExecutionState) async throws -> Reason {
        var reason = Reason(
            .other, "it waits: \(wait.kind.rawValue)", step: wait.stepID, since: wait.startedAt, until: wait.timeoutAt)
        switch wait.kind {
        case .timer:
            (reason.code, reason.message, reason.until) = (.timer, "it waits for a time", wait.wakeAt)
        case .signal:
            (reason.code, reason.message) = (.signal, "it waits for the signal '\(wait.signal ?? "")'")
            reason.details["signal"] = .string(wait.signal ?? "")
        case .manual:
            (reason.code, reason.message) = (.manual, "it waits to be resumed")
        case .token:
            let tokens = try await store.tokens(of: state.id, limit: 1_000)
            let active = tokens.filter { $0.status == .active && $0.target.visit == branch.visit }
            reason.code = .token
            reason.message = "it waits for a token, \(active.count) of which \(active.count == 1 ? "is" : "are") active"
            reason.details["active"] = .int(Int64(active.count))
            reason.details["expiresAt"] = active.map(\.expiresAt).max().map { .string($0.description) }
        case .children:
            guard let round = branch.awaitedRound else { break }
            let count = try await store.children(of: state.id, round: round, wakeAt: nil, failsFast: false)
            // One that code waits for is alone in its round.
            let total = branch.spawn?.contexts.count ?? 1
            reason.code = .children
            reason.message = "it waits for its children: \(count.ended) of \(total) have ended"
            reason.details = [
                "total": .int(Int64(total)), "started": .int(Int64(count.started)), "ended": .int(Int64(count.ended)),
            ]
        case .retry:
            (reason.code, reason.until) = (.retry, wait.wakeAt)
            reason.message = "the step failed and is tried again, attempt \(branch.attempt)"
            reason.details["attempt"] = .int(Int64(branch.attempt))
        case .handler:
            reason.code = .handler
        case .job, .limit: break
        }
        if let text = wait.reason { reason.details["reason"] = .string(text) }
        return reason
    }
}

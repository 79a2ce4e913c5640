// Undoing a step: an attempt like others, whose end is recorded before the next one begins.

import SkeinCore

extension Driver {
    /// Runs the next compensation of a rollback. Nil: go on driving.
    func compensate(
        _ drive: inout Drive, _ node: FlowGraph.Node, _ compensation: Compensation, _ undo: Undo, at now: Timestamp
    ) async -> DriveEnd? {
        if drive.budget == 0 {
            if drive.offer != nil { return await handOut(&drive, node, compensation, undo) }
            return await repark(&drive, due: clock.now, needs: compensation.type)
        }
        if draining.isRaised, drive.budget == nil { return await repark(&drive, due: now, needs: compensation.type) }
        let keeper = keeper(&drive)
        var expanded: StepContext.Expanded?
        if drive.state.hasChildren {
            do { expanded = try await children.expanded(drive.state, undoing: undo.output, &drive.read) } catch {
                let fact = unread(error, node, drive.state, at: now)
                guard case .stepFailed(let attempt, let failure) = fact else { return await giveBack(drive.slot) }
                return await commit(&drive, .compensationFailed(attempt, failure))
            }
        }
        let step = StepContext(
            node, compensation, of: undo, in: drive.state, startedAt: now, environment: runner.environment,
            keeper: keeper, expanded: expanded)
        guard let handler = handlers[ofType: compensation.type] else {
            if let end = await passOn(&drive, needs: compensation.type) { return end }
            let missing = StepFailure("HANDLER_NOT_FOUND", "no handler has the type '\(compensation.type)'")
            let attempt = StepAttempt(stepID: node.id, attempt: step.attempt, startedAt: now, endedAt: now)
            return await commit(&drive, .compensationFailed(attempt, missing))
        }
        if isLimited(drive, handler) {
            switch await enter(&drive, node.id, handler) {
            case .open: break
            case .queued: return await queue(&drive, needs: compensation.type)
            case .lost: return await giveBack(drive.slot)
            case .failed(let failure):
                return await commit(&drive, .compensationFailed(beginning(node, step.attempt), failure))
            }
        }
        guard let fact = await run(&drive, step, handler) else { return await giveBack(drive.slot) }
        // Nobody waits in a rollback: what tokens it made are worth nothing.
        _ = drive.takeTokens()
        let end = await commit(&drive, fact)
        if !drive.permits.attempts.isEmpty { await giveBack(&drive, of: node.id, end) }
        return end
    }
}

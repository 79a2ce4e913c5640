// What people do to an execution that they do not own. Each gives a transition, or says why not.

extension Decision {
    /// Ends the execution before its time; where the flow says so, completed steps are compensated first.
    public func cancel(_ execution: ExecutionState, _ cancellation: Cancellation) -> Transition {
        guard graph.spec.rollsBackOnCancel, execution.canRollBack, execution.rollback == nil else {
            return Transition([.cancelled(cancellation)], then: .end(.cancelled))
        }
        let failure = Failure("CANCELLED", cancellation.reason ?? "the execution was cancelled")
        return Transition([.rollbackStarted(failure, cancellation)], then: .proceed)
    }

    /// Holds the execution until it is resumed. What runs is interrupted.
    public func pause(_ execution: ExecutionState, by: Intervention) throws(Failure) -> Transition {
        guard !execution.status.isEnded else { throw ended(execution) }
        guard !execution.isPaused else {
            throw Failure("INVALID_TRANSITION", "the execution is paused already")
        }
        return Transition([.paused(by)], then: .park(due: .distantFuture))
    }

    /// Holds an execution that its workers died of.
    func quarantine(_ execution: ExecutionState) -> Transition {
        let message = "\(execution.crashes) workers were lost with it, one after the other; resume it to try again"
        let failure = Failure(Failure.quarantined, message, stepID: execution.currentSteps.first)
        return Transition([.quarantined(failure)], then: .park(due: .distantFuture))
    }

    /// Lets a paused execution go on.
    public func unpause(_ execution: ExecutionState, by: Intervention) throws(Failure) -> Transition {
        guard execution.isPaused else {
            throw Failure("INVALID_TRANSITION", "the execution is \(execution.status.rawValue), not paused")
        }
        return Transition([.unpaused(by)], then: .proceed)
    }

    /// Passes over a step that the execution is at, with an output of the caller's.
    public func skip(_ execution: ExecutionState, _ stepID: StepID, output: JSONValue?, by: Intervention)
        throws(Failure) -> Transition
    {
        guard let node = graph.node(of: stepID) else {
            throw Failure("STEP_NOT_FOUND", "the flow has no step '\(stepID)'")
        }
        guard !execution.status.isEnded else { throw ended(execution) }
        guard execution.rollback == nil, execution.branch(at: stepID) != nil else {
            throw Failure("INVALID_TRANSITION", "the execution is not at the step '\(stepID)'")
        }
        let stored = output.map { self.stored(EncodedValue(encoding: $0), of: node) }
        if let objection = objection(to: stored, of: node, in: execution) { throw objection.failure }
        let next = try onward(execution, from: node, nil, else: node.onSuccess).get()
        var skip = Skip(stepID, .user, output: stored, next: next)
        skip.by = by
        return close(execution, stepID, next, .stepSkipped(skip))
    }

    /// Lets an ended execution go on: where it failed, or from a step.
    public func reopen(_ execution: ExecutionState, from stepID: StepID?, by: Intervention) throws(Failure)
        -> Transition
    {
        if let stepID, graph.node(of: stepID) == nil {
            throw Failure("STEP_NOT_FOUND", "the flow has no step '\(stepID)'")
        }
        var reopening: Reopening
        switch execution.status {
        case .rollbackFailed where stepID == nil:
            reopening = Reopening([])
        case .failed, .completed, .cancelled, .rolledBack:
            if let stepID {
                reopening = Reopening([stepID], isReset: true)
            } else {
                guard execution.status != .completed, execution.status != .rolledBack else { fallthrough }
                var steps = execution.failedSteps
                for branch in execution.branches where !steps.contains(branch.stepID) { steps.append(branch.stepID) }
                reopening = Reopening(steps.isEmpty ? graph.spec.initialStepIDs : steps)
            }
        default:
            throw Failure(
                "INVALID_TRANSITION",
                "the execution is \(execution.status.rawValue): only a failed or cancelled one can be retried where it stopped, an ended one from a step"
            )
        }
        reopening.by = by
        return Transition([.reopened(reopening)], then: .proceed)
    }

    private func ended(_ execution: ExecutionState) -> Failure {
        Failure("INVALID_TRANSITION", "the execution has ended (\(execution.status.rawValue))")
    }
}

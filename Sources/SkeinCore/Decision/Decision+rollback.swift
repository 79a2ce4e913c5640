// Sagas: completed steps are compensated one by one, the last first.

extension Decision {
    /// After a compensation ended, one way or the other: the next one, or the end.
    func compensated(_ execution: ExecutionState, _ events: [ExecutionEvent], failed: Failure?) -> Transition {
        guard execution.undo.count <= 1, let rollback = execution.rollback else {
            return Transition(events, then: .proceed)
        }
        if let failed {
            return Transition(events + [.rollbackFailed(failed)], then: .end(.rollbackFailed))
        }
        if let stuck = rollback.failed.last {
            let failure = Failure(
                "ROLLBACK_FAILED", "the compensation of the step '\(stuck.stepID)' failed; the others are done",
                stepID: stuck.stepID)
            return Transition(events + [.rollbackFailed(failure)], then: .end(.rollbackFailed))
        }
        return Transition(events + [.rolledBack], then: .end(.rolledBack))
    }

    func compensationFailed(
        _ execution: ExecutionState, _ attempt: StepAttempt, _ failed: StepFailure, at now: Timestamp, random: Double
    ) -> Transition {
        var failure = failed.failure
        failure.stepID = nil
        let node = graph.node(of: attempt.stepID)
        let failures = execution.rollback?.failures ?? 0
        if let retry = node?.compensate?.retry ?? policy.compensationRetry, failed.isRetryable,
            failures < retry.maxAttempts, retry.retries(code: failure.code, isRetryable: true)
        {
            let delay = max(retry.delay(retry: failures, random: random), failed.retryAfter ?? .zero)
            let due = now + delay
            return Transition(
                [.compensationFailed(attempt, failure, retryAt: due)],
                then: delay > .zero ? .park(due: due) : .proceed)
        }
        return compensated(
            execution, [.compensationFailed(attempt, failure, retryAt: nil)], failed: failure.at(attempt.stepID))
    }
}

package import SkeinCore

/// Folds events into attempts (contract section 3). An end without a `step.started` before it tells its start itself:
/// `derived`.
package struct AttemptFold {
    private let executionID: ExecutionID
    private var all: [AttemptRecord] = []
    /// The attempts that started and have not ended; one for each branch at most.
    private var open: [Int] = []

    package init(executionID: ExecutionID) {
        self.executionID = executionID
    }

    package var attempts: [AttemptRecord] { all }

    package mutating func add(_ event: AuditEvent) {
        switch event.type {
        case "step.started":
            guard let attempt = attempt(event) else { return }
            open.append(all.count)
            all.append(attempt)
        case "step.completed": end(event, .completed)
        case "step.failed": end(event, .failed)
        case "step.timed_out": end(event, .timeout)
        case "step.skipped": end(event, .skipped)
        case "step.suspended": end(event, .waiting)
        case "execution.waiting": wait(event)
        case "execution.recovered": cutOff(event, .interrupted)
        case "execution.paused", "execution.quarantined": cutOff(event, .paused)
        case "execution.cancelled": cutOff(event, .cancelled)
        case "execution.failed": cutOff(event, .failed)
        default: break
        }
    }

    private mutating func end(_ event: AuditEvent, _ outcome: AttemptOutcome) {
        guard var attempt = attempt(event) else { return }
        let started = open.firstIndex { all[$0].stepID == attempt.stepID && all[$0].attempt == attempt.attempt }
        attempt.outcome = outcome
        attempt.endedAt = event.at
        attempt.duration = event.duration ?? attempt.startedAt.map { event.at - $0 }
        attempt.error = event.metadata["error"]
        attempt.isDerived = started == nil
        if let started { all[open.remove(at: started)] = attempt } else { all.append(attempt) }
    }

    /// What an attempt waits for comes right after its end: for somebody is `suspended`, for something is `waiting`.
    private mutating func wait(_ event: AuditEvent) {
        guard let last = all.indices.last, all[last].outcome == .waiting, all[last].stepID == event.stepID else {
            return
        }
        let wait = event.metadata["wait"]
        switch wait?["kind"]?.string {
        case "manual", "signal", "token": all[last].outcome = .suspended
        case _ where wait?["staged"] == true: all[last].outcome = .suspended
        default: break
        }
    }

    private mutating func cutOff(_ event: AuditEvent, _ outcome: AttemptOutcome) {
        for attempt in open {
            all[attempt].outcome = outcome
            all[attempt].endedAt = event.at
            all[attempt].duration = all[attempt].startedAt.map { event.at - $0 }
        }
        open = []
    }

    private func attempt(_ event: AuditEvent) -> AttemptRecord? {
        guard let stepID = event.stepID else { return nil }
        return AttemptRecord(
            executionID: executionID, seq: event.seq, stepID: stepID, attempt: event.attempt ?? 1,
            workerID: event.workerID, startedAt: event.startedAt)
    }
}

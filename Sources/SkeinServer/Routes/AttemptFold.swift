import Skein
import SkeinCore

/// Folds events into attempts (contract section 3). An end without a `step.started` before it tells its start itself:
/// `derived`.
struct AttemptFold {
    private struct Attempt {
        var stepID: StepID
        var number: Int
        var workerID: WorkerID?
        var startedAt: Timestamp?
        var outcome: AttemptOutcome?
        var endedAt: Timestamp?
        var duration: JSONValue?
        var error: JSONValue?
        var isDerived = false
    }

    private let executionID: ExecutionID
    private var all: [Attempt] = []
    /// The attempts that started and have not ended; one for each branch at most.
    private var open: [Int] = []

    init(executionID: ExecutionID) {
        self.executionID = executionID
    }

    var attempts: [JSONValue] { all.map(json) }

    mutating func add(_ event: AuditEvent) {
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
        case "execution.cancelled": cutOff(event, .cancelled)
        case "execution.failed": cutOff(event, .failed)
        default: break
        }
    }

    private mutating func end(_ event: AuditEvent, _ outcome: AttemptOutcome) {
        guard var attempt = attempt(event) else { return }
        let started = open.firstIndex { all[$0].stepID == attempt.stepID && all[$0].number == attempt.number }
        attempt.outcome = outcome
        attempt.endedAt = event.at
        attempt.duration = event.metadata["durationMs"]
        attempt.error = event.metadata["error"]
        attempt.isDerived = started == nil
        if let started { all[open.remove(at: started)] = attempt } else { all.append(attempt) }
    }

    /// What an attempt waits for comes right after its end: for somebody is `suspended`, for something is `waiting`.
    private mutating func wait(_ event: AuditEvent) {
        guard let last = all.indices.last, all[last].outcome == .waiting, all[last].stepID == event.stepID else {
            return
        }
        switch event.metadata["wait"]?["kind"]?.string {
        case "manual", "signal", "token": all[last].outcome = .suspended
        default: break
        }
    }

    private mutating func cutOff(_ event: AuditEvent, _ outcome: AttemptOutcome) {
        for attempt in open {
            all[attempt].outcome = outcome
            all[attempt].endedAt = event.at
            all[attempt].duration = all[attempt].startedAt.map { .int((event.at - $0).wholeMilliseconds) }
        }
        open = []
    }

    private func attempt(_ event: AuditEvent) -> Attempt? {
        guard let stepID = event.stepID else { return nil }
        return Attempt(stepID: stepID, number: event.attempt ?? 1, workerID: event.workerID, startedAt: event.startedAt)
    }

    private func json(_ attempt: Attempt) -> JSONValue {
        var object: JSONObject = [
            "executionId": .string(executionID.description), "stepId": .string(attempt.stepID.rawValue),
            "attempt": .int(Int64(attempt.number)),
        ]
        object["workerId"] = attempt.workerID.map { .string($0.description) }
        object["outcome"] = attempt.outcome.map { .string($0.rawValue) }
        object["startedAt"] = attempt.startedAt.map { .string($0.description) }
        object["endedAt"] = attempt.endedAt.map { .string($0.description) }
        object["durationMs"] = attempt.duration
        object["error"] = attempt.error
        if attempt.isDerived { object["derived"] = true }
        return .object(object)
    }
}

import SkeinCore

/// Leaves a `step.started` event for attempts that run long, so that people see them. Short ones pay nothing.
struct StepMarker: Sendable {
    let slots: SlotTable
    let journal: Journal
    let clock: any EngineClock
    let identity: WorkerIdentity
    let after: Duration

    /// Runs until cancelled.
    func run() async {
        while (try? await clock.sleep(for: after / 4)) != nil {
            let now = clock.now
            for slot in slots.all {
                guard let running = slot.takeForMarking(after: after, at: now) else { continue }
                await mark(slot, running)
            }
        }
    }

    private func mark(_ slot: Slot, _ running: StepContext) async {
        let event = ExecutionEvent.stepStarted(running.stepID, attempt: running.attempt, startedAt: running.startedAt)
        let body = LogBody(workerID: identity.id, at: clock.now, events: [event])
        try? await slot.append(beside: running) { [journal] position in
            SideRow(outcome: try await journal.commit(.beside(slot.executionID, position, body)), body: body)
        }
    }
}

extension Append {
    /// A row of one event while an attempt runs.
    static func beside(_ id: ExecutionID, _ position: Int64, _ body: LogBody) -> Append {
        Append(
            executionID: id, position: position, kind: .step, count: Int16(clamping: body.events.count),
            operationID: .new(), body: body.encoded(), family: .expecting(body.events, position: position))
    }
}

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
        let append = Append(
            executionID: slot.executionID, position: running.fencingToken, kind: .step, count: 1, operationID: .new(),
            body: body.encoded())
        switch try? await journal.commit(append) {
        case .committed?: slot.marked(body)
        case .fenced?:
            slot.stop(.lost)
            slot.marked(nil)
        case .refused?: slot.marked(nil)
        case nil:
            // Whether it is in the log is not known: the owner's next append would collide with it. Let the lease
            // decide.
            slot.stop(.lost)
            slot.marked(nil)
        }
    }
}

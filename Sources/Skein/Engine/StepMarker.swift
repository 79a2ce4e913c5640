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
        try? await slot.append(beside: running) { [journal] end in
            try await journal.commit(body, beside: slot.executionID, end)
        }
    }
}

extension Append {
    /// A row of one event while an attempt runs.
    static func beside(_ id: ExecutionID, _ end: LogEnd, _ body: LogBody) -> Append {
        Append(
            executionID: id, position: end.position, kind: .step, count: Int16(clamping: body.events.count),
            operationID: .new(), at: body.at, body: body.encoded(), after: end.chain,
            family: .expecting(body.events, position: end.position))
    }
}

extension Journal {
    /// Commits a row while an attempt runs.
    func commit(_ body: LogBody, beside id: ExecutionID, _ end: LogEnd) async throws -> SideRow {
        let append = Append.beside(id, end, body)
        return SideRow(outcome: try await commit(append), row: WrittenRow(body: body, hash: append.hash))
    }
}

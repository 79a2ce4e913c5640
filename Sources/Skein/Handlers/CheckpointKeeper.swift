package import SkeinCore

/// Makes durable what a step's code records while it runs.
package protocol CheckpointKeeper: AnyObject, Sendable {
    /// Returns once it is durable.
    ///
    /// - Throws: `CancellationError` when the attempt is nobody's any more, `StepFailure` when it cannot be stored.
    func keep(_ name: String, _ value: EncodedValue, of step: StepContext, since startedAt: Timestamp) async throws
}

/// Keeps for the only step that runs: rows beside the attempt.
final class SlotKeeper: CheckpointKeeper {
    private let slot: Slot
    private let journal: Journal
    private let identity: WorkerIdentity
    private let clock: any EngineClock

    init(_ slot: Slot, _ journal: Journal, _ identity: WorkerIdentity, _ clock: any EngineClock) {
        self.slot = slot
        self.journal = journal
        self.identity = identity
        self.clock = clock
    }

    func keep(_ name: String, _ value: EncodedValue, of step: StepContext, since startedAt: Timestamp) async throws {
        let event = ExecutionEvent.checkpoint(step.stepID, name: name, value: value, startedAt: startedAt)
        let body = LogBody(workerID: identity.id, at: clock.now, events: [event])
        do {
            try await slot.append(body, beside: step) { [journal, slot] position in
                try await journal.commit(.beside(slot.executionID, position, body))
            }
        } catch let error as StoreError {
            throw StepFailure(
                "INVALID_OUTPUT", "the checkpoint '\(name)' cannot be stored: \(error.message)", isRetryable: false)
        }
    }
}

package import SkeinCore

/// Makes durable what a step's code says while it runs.
package protocol CheckpointKeeper: AnyObject, Sendable {
    /// Returns once it is durable.
    ///
    /// - Parameter fact: one that leaves an event while the attempt goes on.
    /// - Throws: `CancellationError` when the attempt is nobody's any more, `StepFailure` when it cannot be stored.
    func record(_ fact: Fact, of step: StepContext) async throws
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

    func record(_ fact: Fact, of step: StepContext) async throws {
        guard let event = fact.eventBeside else { return }
        let body = LogBody(workerID: identity.id, at: clock.now, events: [event])
        do {
            try await slot.append(body, beside: step) { [journal, slot] position in
                try await journal.commit(.beside(slot.executionID, position, body))
            }
        } catch let error as StoreError {
            throw StepFailure(
                "INVALID_OUTPUT", "what the step records cannot be stored: \(error.message)", isRetryable: false)
        }
    }
}

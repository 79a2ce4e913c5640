package import SkeinCore

/// Makes durable what a step's code says while it runs.
package protocol CheckpointKeeper: AnyObject, Sendable {
    /// The claim that the execution is held by.
    var claimID: ClaimID { get }

    /// Returns once it is durable.
    ///
    /// - Parameter fact: one that leaves an event while the attempt goes on.
    /// - Throws: `CancellationError` when the attempt is nobody's any more, `StepFailure` when it cannot be stored.
    func record(_ fact: Fact, of step: StepContext) async throws

    /// The same for a row that `work` commits by itself: it gets the position and who writes.
    func commit(of step: StepContext, _ work: @escaping SideWork) async throws
}

package typealias SideWork = @Sendable (Int64, WorkerID) async throws -> SideRow

/// A row that was committed while an attempt runs, or was not.
package struct SideRow: Sendable {
    var outcome: AppendOutcome
    /// What it holds; nil unless it was committed.
    var body: LogBody?
}

/// Keeps for the only step that runs: rows beside the attempt.
final class SlotKeeper: CheckpointKeeper {
    private let slot: Slot
    private let journal: Journal
    private let identity: WorkerIdentity
    private let clock: any EngineClock

    var claimID: ClaimID { slot.claimID }

    init(_ slot: Slot, _ journal: Journal, _ identity: WorkerIdentity, _ clock: any EngineClock) {
        self.slot = slot
        self.journal = journal
        self.identity = identity
        self.clock = clock
    }

    func record(_ fact: Fact, of step: StepContext) async throws {
        guard let event = fact.eventBeside else { return }
        let body = LogBody(workerID: identity.id, at: clock.now, events: [event])
        try await commit(of: step) { [journal, slot] position, _ in
            SideRow(outcome: try await journal.commit(.beside(slot.executionID, position, body)), body: body)
        }
    }

    func commit(of step: StepContext, _ work: @escaping SideWork) async throws {
        var limit: StepFailure?
        do {
            try await slot.append(beside: step) { [identity] position in
                if let problem = step.node.growth.problem(at: position) {
                    limit = StepFailure("LOG_LIMIT", problem, isRetryable: false)
                    return SideRow(outcome: .refused(StoreError(.invalid, problem)))
                }
                return try await work(position, identity.id)
            }
        } catch let error as StoreError {
            throw limit ?? error.asStepFailure
        }
    }
}

extension StoreError {
    /// Of a step whose code wanted to store something.
    var asStepFailure: StepFailure {
        StepFailure("INVALID_OUTPUT", "what the step records cannot be stored: \(message)", isRetryable: false)
    }
}

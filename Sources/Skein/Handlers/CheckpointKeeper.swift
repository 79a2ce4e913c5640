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

    /// The same for a row that `work` commits by itself: it gets the place and who writes.
    func commit(of step: StepContext, _ work: @escaping SideWork) async throws
}

package typealias SideWork = @Sendable (LogEnd, WorkerID) async throws -> SideRow

/// Where a log's next row goes.
package struct LogEnd: Sendable {
    var position: Int64
    /// The hash of the last row.
    var chain: [UInt8]?
}

extension LogEnd {
    init(_ state: ExecutionState) { self.init(position: state.position, chain: state.chain) }
}

/// A row that is in the log.
package struct WrittenRow: Sendable {
    var body: LogBody
    var hash: [UInt8]
}

/// A row that was committed while an attempt runs, or was not.
package struct SideRow: Sendable {
    var outcome: AppendOutcome
    /// Nil unless it was committed.
    var row: WrittenRow?
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
        try await commit(of: step) { [journal, slot] end, _ in
            try await journal.commit(body, beside: slot.executionID, end)
        }
    }

    func commit(of step: StepContext, _ work: @escaping SideWork) async throws {
        var limit: StepFailure?
        do {
            try await slot.append(beside: step) { [identity] end in
                if let problem = step.node.growth.problem(at: end.position) {
                    limit = StepFailure("LOG_LIMIT", problem, isRetryable: false)
                    return SideRow(outcome: .refused(StoreError(.invalid, problem)))
                }
                return try await work(end, identity.id)
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

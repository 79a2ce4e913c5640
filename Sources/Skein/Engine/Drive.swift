import SkeinCore

/// What the owner of an execution knows about it. Belongs to the one task that drives it, which passes it on by
/// reference and changes it in place: a copy at every step would cost more than the step.
struct Drive {
    let slot: Slot
    let flow: CompiledFlow
    var state: ExecutionState
    var inbox: [InboxItem]
    /// Signals up to this one are in `inbox`.
    let seenGeneration: Int64
    /// The position that the stored snapshot covers up to.
    var snapshotPosition: Int64
    /// How large the last snapshot was, as far as this owner knows.
    var snapshotBytes: Int64 = 0
    /// When it was due, for handlers that nobody has.
    var dueAt: Timestamp
    /// Keeps what the code of its steps records; made with the first step.
    var keeper: SlotKeeper?
    /// Rounds of children that need nothing now.
    var attended: Set<Int64> = []
    /// Something could not be done for them: when to try again.
    var lookAgain: Timestamp?
    /// What large results of children are.
    var read: [ChildReference: JSONValue] = [:]
    /// Those that the last attempt made.
    var tokens: [TokenNote] = []
    /// What it was let in under.
    var permits = Permits()
    /// Attempts to run at most; nil: until it parks or ends.
    var budget: Int?
    /// Its next step is for a worker outside; then the budget is 0.
    var offer: WorkOffer?
    /// What the next row has to do with a worker outside.
    var handoff: Handoff?

    init(
        slot: Slot, flow: CompiledFlow, state: ExecutionState, inbox: [InboxItem] = [], seenGeneration: Int64 = 0,
        snapshotPosition: Int64 = 1, dueAt: Timestamp, budget: Int? = nil
    ) {
        self.slot = slot
        self.flow = flow
        self.state = state
        self.inbox = inbox
        self.seenGeneration = seenGeneration
        self.snapshotPosition = snapshotPosition
        self.dueAt = dueAt
        self.budget = budget
    }

    mutating func takeTokens() -> [TokenNote] {
        defer { tokens = [] }
        return tokens
    }
}

/// How a drive ended.
enum DriveEnd: Sendable, Equatable {
    case ended
    /// `woken`: something came meanwhile; claim it at once.
    case parked(due: Timestamp, woken: Bool)
    /// The owner changed, or nothing is known for certain: nothing more was written.
    case lost
    /// Given back unfinished.
    case released
}

public import SkeinCore

/// One log row with all that becomes durable with it. One execution has at most one in flight. A class, because every
/// step hands it through the journal to the store.
public final class Append: Sendable {
    /// What the row does beside being appended.
    public indirect enum Effect: Sendable {
        case none
        /// The execution's first row: makes it. `ownership` nil: it waits for a claim.
        case create(NewExecution, ownership: Ownership?)
        /// Lets go of the execution until `due`, unless a wake later than `seenGeneration` has come: then at once.
        case park(due: Timestamp, seenGeneration: Int64, needs: String)
        case end(ExecutionStatus)
        /// Lets an ended execution go on, due now.
        case reopen(needs: String)
    }

    public let executionID: ExecutionID
    /// The position of the row's first event.
    public let position: Int64
    public let kind: RowKind
    /// How many events the row holds.
    public let count: Int16
    public let operationID: OperationID
    /// The writer's clock, which the body has, too.
    public let at: Timestamp
    public let body: [UInt8]
    /// Over the row and the hash of the one before it.
    public let hash: [UInt8]
    public let effect: Effect
    public let snapshot: Snapshot?
    /// The generations of the inbox items that this row consumes.
    public let consumed: [Int64]
    public let family: Family
    /// The execution's children have to be cancelled: it is remembered until they are.
    public let cascades: Bool
    /// Tokens of the execution that end nothing any more.
    public let closedTokens: [TokenScope]

    /// What a row means to parents and children.
    public enum Family: Sendable, Hashable {
        case none
        /// Children of these rounds follow.
        case expects([ExpectedRound])
        /// The execution ends, and its parent waits for that; `failed`: otherwise than completed.
        case reports(parent: ExecutionID, round: Int64, failed: Bool = false)
    }

    /// A round of children, and how many there are.
    public struct ExpectedRound: Sendable, Hashable {
        public var round: Int64
        public var total: Int

        public init(_ round: Int64, total: Int) {
            self.round = round
            self.total = total
        }
    }

    /// - Parameters:
    ///   - chain: the hash of the row before this one; nil when it is the first, or that one has none.
    ///   - hash: what `RowHash` makes of all this, where it is known.
    public init(
        executionID: ExecutionID, position: Int64, kind: RowKind, count: Int16, operationID: OperationID, at: Timestamp,
        body: [UInt8], after chain: [UInt8]? = nil, hash: [UInt8]? = nil, effect: Effect = .none,
        snapshot: Snapshot? = nil, consumed: [Int64] = [], family: Family = .none, cascades: Bool = false,
        closedTokens: [TokenScope] = []
    ) {
        self.at = at
        self.hash =
            hash
            ?? RowHash.of(
                executionID, position: position, count: count, kind: kind, operationID: operationID, body: body,
                after: chain)
        self.executionID = executionID
        self.position = position
        self.kind = kind
        self.count = count
        self.operationID = operationID
        self.body = body
        self.effect = effect
        self.snapshot = snapshot
        self.consumed = consumed
        self.family = family
        self.cascades = cascades
        self.closedTokens = closedTokens
    }
}

/// What the execution's own row keeps: its status for lists, and its state where the log has grown long since the last.
public struct Snapshot: Sendable, Hashable {
    public var status: ExecutionStatus
    /// The state up to this row; nil: what the row keeps stays.
    public var bytes: [UInt8]?

    public init(status: ExecutionStatus, bytes: [UInt8]? = nil) {
        self.status = status
        self.bytes = bytes
    }
}

/// Whose turn an execution is, from which claim on, and for how long without a renewal.
public struct Ownership: Sendable, Hashable {
    public var workerID: WorkerID
    public var claimID: ClaimID
    public var lease: Duration

    public init(workerID: WorkerID, claimID: ClaimID, lease: Duration) {
        self.workerID = workerID
        self.claimID = claimID
        self.lease = lease
    }
}

/// An execution that is about to exist.
public struct NewExecution: Sendable {
    public var creation: ExecutionCreation
    /// The handler type of the first step.
    public var needs: String
    /// When it may be claimed; `distantFuture` when it does not run by itself.
    public var readyAt: Timestamp
    /// How many versions of the flow there were when the creator took the latest: with others by now the store refuses
    /// the row as `stale`. Nil: the creator was told which version.
    public var knownVersions: Int?
    /// Who starts it as a child, and must hold the claim: else the store refuses the row as `stale`. Nil: anybody may.
    public var parent: HeldClaim?

    public init(creation: ExecutionCreation, needs: String, readyAt: Timestamp, knownVersions: Int? = nil) {
        self.creation = creation
        self.needs = needs
        self.readyAt = readyAt
        self.knownVersions = knownVersions
    }
}

/// How an append ended.
public enum AppendOutcome: Sendable {
    /// Durable. `woken`: it parked, but something has come since; claim it at once.
    case committed(woken: Bool)
    /// Another hand appended at this position: stop, drop everything, write nothing.
    case fenced
    /// The row itself cannot be stored; nothing was written and nobody else appended.
    indirect case refused(StoreError)
}

public import SkeinCore

/// What a worker asks for when it has free slots.
public struct ClaimRequest: Sendable {
    public var ownership: Ownership
    /// The handler types the worker has. Executions whose next step needs another are left to others.
    public var handlers: [String]
    /// Executions due for longer than this are given to anybody, so that one can be failed when no live worker has its
    /// handler.
    public var handlerWait: Duration
    /// At most this many.
    public var limit: Int
    /// False: what somebody holds is left alone, also when the lease is over.
    public var takesOver: Bool
    /// Where more is due than was taken: half of the room goes to tenants in turn, those beyond this name first. Nil: all
    /// of it by priority and time.
    public var tenantsAfter: String?

    public init(
        ownership: Ownership, handlers: [String], handlerWait: Duration, limit: Int, takesOver: Bool = true
    ) {
        self.takesOver = takesOver
        self.ownership = ownership
        self.handlers = handlers
        self.handlerWait = handlerWait
        self.limit = limit
    }
}

/// Which of the executions that are asked for by id a claim may take.
public enum ClaimReach: Sendable, Hashable {
    /// Those that are due.
    case due
    /// Also those that become due within this span, if nobody holds them.
    case within(Duration)
    /// Also those that are not due, if nobody holds them.
    case any
}

/// One execution that a claim gave to a worker.
public struct Claim: Sendable, Hashable {
    public var executionID: ExecutionID
    /// Signals up to this one are in the inbox that a load after this claim sees.
    public var wakeGeneration: Int64
    /// Somebody had it and did not let go: `recovered` has to be appended before anything starts.
    public var isTakeover: Bool
    /// Who had it; nil when it was released at a shutdown.
    public var previousOwner: WorkerID?
    /// Take-overs from live owners since it last parked.
    public var takeovers: Int
    /// When it was due.
    public var dueAt: Timestamp

    public init(
        executionID: ExecutionID, wakeGeneration: Int64, isTakeover: Bool, previousOwner: WorkerID?, takeovers: Int,
        dueAt: Timestamp
    ) {
        self.executionID = executionID
        self.wakeGeneration = wakeGeneration
        self.isTakeover = isTakeover
        self.previousOwner = previousOwner
        self.takeovers = takeovers
        self.dueAt = dueAt
    }
}

/// The answer to a claim.
public struct ClaimResult: Sendable {
    public var claims: [Claim]
    /// The earliest time beyond now at which something becomes due, as far as this worker can run it.
    public var nextDue: Timestamp?
    /// Whether anybody waits in the queue of a limit.
    public var hasQueues: Bool
    /// Whether any execution that has not ended belongs to a tenant: without, nobody has to take turns.
    public var hasTenants: Bool
    /// Whether the children of any cancelled execution have yet to be cancelled.
    public var hasCascades: Bool
    /// Whether other programs have left requests in the store.
    public var hasRequests: Bool
    /// The last tenant whose turn it was; nil: it was everybody's turn, or nobody has one.
    public var lastTenant: String?

    public init(
        claims: [Claim], nextDue: Timestamp?, hasQueues: Bool = false, hasTenants: Bool = false,
        hasCascades: Bool = false, hasRequests: Bool = false, lastTenant: String? = nil
    ) {
        self.hasRequests = hasRequests
        self.hasCascades = hasCascades
        self.hasTenants = hasTenants
        self.lastTenant = lastTenant
        self.claims = claims
        self.nextDue = nextDue
        self.hasQueues = hasQueues
    }
}

/// An execution and the claim under which a worker holds it.
public struct HeldClaim: Sendable, Hashable {
    public var executionID: ExecutionID
    public var claimID: ClaimID

    public init(_ executionID: ExecutionID, _ claimID: ClaimID) {
        self.executionID = executionID
        self.claimID = claimID
    }
}

/// What a load after a claim finds.
public struct LoadedExecution: Sendable {
    /// Nil when the ready row is gone: the execution ended.
    public var claimID: ClaimID?
    public var record: ExecutionRecord
    public var inbox: [InboxItem]

    public init(claimID: ClaimID?, record: ExecutionRecord, inbox: [InboxItem]) {
        self.claimID = claimID
        self.record = record
        self.inbox = inbox
    }
}

/// An execution as a store keeps it: its snapshot, the rows after it, and who holds it.
public struct ExecutionRecord: Sendable {
    public var creation: ExecutionCreation
    /// Nil before the first snapshot.
    public var snapshot: [UInt8]?
    /// Rows beyond the snapshot, in order; all of them when there is none.
    public var rows: [LogRow]
    /// Who owns it now, by an unexpired lease.
    public var owner: WorkerID?
    public var nextAt: Timestamp?
    /// The handler type its next step needs, as far as the ready row knows.
    public var needs: String?

    public init(
        creation: ExecutionCreation, snapshot: [UInt8]?, rows: [LogRow], owner: WorkerID?, nextAt: Timestamp?,
        needs: String?
    ) {
        self.creation = creation
        self.snapshot = snapshot
        self.rows = rows
        self.owner = owner
        self.nextAt = nextAt
        self.needs = needs
    }
}

/// One row of the log.
public struct LogRow: Sendable, Hashable {
    public var position: Int64
    public var count: Int16
    public var kind: RowKind
    /// The writer's clock.
    public var at: Timestamp
    public var body: [UInt8]
    /// As `RowHash` made it; nil: it was written before rows had one.
    public var hash: [UInt8]?

    public init(position: Int64, count: Int16, kind: RowKind, at: Timestamp, body: [UInt8], hash: [UInt8]? = nil) {
        self.hash = hash
        self.position = position
        self.count = count
        self.kind = kind
        self.at = at
        self.body = body
    }
}

// The one truth, in roles. Every verb has one meaning; the conformance suite in SkeinTesting says it by running it.

public import SkeinCore

/// Appends to logs, hands out executions, takes signals. All times are the store's own clock, or the virtual one it was
/// made with.
public protocol ExecutionJournal: Sendable {
    /// How many `commit` calls may run at once.
    var writers: Int { get }

    /// Appends rows of different executions in one transaction, in any order; one outcome for each, in the order given.
    /// Rows that another hand appended at are `fenced` and write nothing; one bad row is `refused` and does not harm
    /// the others. Returns only when every outcome is known: after a lost connection it asks again until it is.
    ///
    /// - Throws: `StoreError.unavailable` only when nothing was written, `CancellationError` when the outcome will stay
    ///   unknown.
    func commit(_ batch: [Append], writer: Int) async throws -> [AppendOutcome]

    /// Creates executions with idempotency keys. For each, either it was made or who holds its key.
    func create(_ batch: [KeyedCreation]) async throws -> [KeyedOutcome]
}

/// Hands out and takes back the right to look at an execution.
public protocol ClaimStore: Sendable {
    func claim(_ request: ClaimRequest) async throws -> ClaimResult
    /// Claims just these, as far as `reach` goes; paused ones never.
    func claim(_ ids: [ExecutionID], for ownership: Ownership, reach: ClaimReach) async throws -> [Claim]
    /// Reads after a claim: one entry for each id that exists.
    func load(_ ids: [ExecutionID]) async throws -> [ExecutionID: LoadedExecution]
    /// Extends the leases that the worker still holds and says which those are.
    func renew(_ held: [HeldClaim], worker: WorkerID, lease: Duration) async throws -> Set<ExecutionID>
    /// Gives claims back unfinished, for immediate claim; the next owner appends `recovered`.
    func release(_ held: [HeldClaim], worker: WorkerID) async throws
    /// Lets go of an execution without an append: there was nothing to do. Returns true when something has come since,
    /// nil when the claim was lost.
    func repark(_ held: HeldClaim, due: Timestamp, seenGeneration: Int64, needs: String) async throws -> Bool?
}

/// What anybody may do to an execution without owning it.
public protocol CommandStore: Sendable {
    func send(_ message: InboxMessage) async throws -> SendOutcome
    /// Ends an execution. The body is the row's, made by the caller at that time.
    func cancel(_ id: ExecutionID, operationID: OperationID, at: Timestamp, body: [UInt8]) async throws -> CancelOutcome
    /// The next fencing token of a name: strictly growing, whatever happens to Redis. Nil when another holder's lease
    /// has not run out.
    func fence(_ name: String, holder: String, ttl: Duration) async throws -> Int64?
    /// Extends a fence that this holder still has under this token.
    func extendFence(_ name: String, token: Int64, holder: String, ttl: Duration) async throws -> Bool
    func releaseFence(_ name: String, token: Int64, holder: String) async throws
}

/// Parents and their children. A child that ends leaves a note with its last row; notes are counted apart, so that ten
/// thousand children that end at once do not queue for their parent.
public protocol ChildStore: Sendable {
    /// How far a round of children is; the parent is woken when `wakeAt` of them have ended, if they have not, and with
    /// `failsFast` as soon as one did not complete. With `wakeAt` nil what wakes it stays as it is.
    func children(of parent: ExecutionID, round: Int64, wakeAt: Int?, failsFast: Bool) async throws -> ChildCount
    /// The children of a round in order, or all that an execution has started.
    func children(of parent: ExecutionID, round: Int64?, from ordinal: Int, limit: Int) async throws -> [ExecutionID]
    /// Counts the notes of children that have ended. Returns the parents that were woken by that.
    func countEndedChildren() async throws -> [ExecutionID]
    /// Cancelled executions whose children have yet to be cancelled.
    func cascades(limit: Int) async throws -> [ExecutionID]
    /// They have been.
    func endCascade(of id: ExecutionID) async throws
}

/// How far a round of children is.
public struct ChildCount: Sendable, Hashable {
    public var started: Int
    public var ended: Int
    /// Of those that have ended, the ones that did not complete.
    public var failed: Int

    public init(started: Int, ended: Int, failed: Int = 0) {
        self.started = started
        self.ended = ended
        self.failed = failed
    }
}

extension ChildStore {
    public func children(of parent: ExecutionID, round: Int64, wakeAt: Int) async throws -> ChildCount {
        try await children(of: parent, round: round, wakeAt: wakeAt, failsFast: false)
    }
}

/// Reads for people.
public protocol ExecutionReader: Sendable {
    func record(_ id: ExecutionID) async throws -> ExecutionRecord?
    /// Rows that hold events from `position` on, in order; at most about `limit` events.
    func rows(of id: ExecutionID, from position: Int64, limit: Int) async throws -> [LogRow]
    /// Newest first.
    func list(_ query: ExecutionQuery) async throws -> [ExecutionSummary]
    /// Recomputes the hashes of logs, at most `limit` of them, and looks for rows that are missing.
    func verifyLogs(_ scope: LogScope, limit: Int) async throws -> LogVerification
}

/// Flows by id and version.
public protocol FlowStore: Sendable {
    func register(_ flow: FlowSpec) async throws -> FlowRegistration
    /// The definition as it was registered. Version nil: the latest by semantic version.
    func flow(_ id: String, version: String?) async throws -> JSONValue?
    /// The latest version of each flow, by id.
    func flows() async throws -> [JSONValue]
    /// Every version of one flow, newest first.
    func versions(of id: String) async throws -> [String]
}

/// Who is alive.
public protocol WorkerRegistry: Sendable {
    /// Registers a life of an instance; another live worker of the same pod is superseded and its executions are
    /// brought forward.
    func register(_ worker: WorkerRecord) async throws
    /// Returns nil when the worker was superseded or reaped: it must stop claiming. Else a number that is another whenever
    /// a limit was closed or opened since.
    func heartbeat(_ worker: WorkerID) async throws -> Int64?
    /// Marks workers dead that have not been heard of for `silence`, and brings their executions forward.
    func reap(silence: Duration, lease: Duration) async throws -> [WorkerID]
    func unregister(_ worker: WorkerID) async throws
    func workers() async throws -> [WorkerRecord]
}

/// Requests that other programs leave in the store; by default there are none.
public protocol RequestStore: Sendable {
    /// Those that nobody is at, the oldest first; others get them again after ten seconds.
    func takeRequests(limit: Int) async throws -> [StoredRequest]
    /// These are done.
    func endRequests(_ ids: [Int64]) async throws
    /// Emits when somebody left something in the store: a request, or an execution that is due. For one consumer; it may
    /// miss some.
    func requestNotices() -> AsyncStream<Void>
}

extension RequestStore {
    public func takeRequests(limit: Int) async throws -> [StoredRequest] { [] }
    public func endRequests(_ ids: [Int64]) async throws {}
    public func requestNotices() -> AsyncStream<Void> { AsyncStream { $0.finish() } }
}

/// Everything the engine keeps.
public protocol ExecutionStore: ExecutionJournal, ClaimStore, CommandStore, ChildStore, TokenStore, LimitStore,
    ScheduleStore, RequestStore, RetentionStore, ReportStore, AuditStore, ExecutionReader, FlowStore, WorkerRegistry
{
    /// Brings the schema up to date, from any number of instances at once. Returns the names of what was applied.
    func migrate() async throws -> [String]
    /// Checks that the store can be trusted with work: reachable, schema current, durable settings.
    func verify() async throws -> StoreHealth
    /// Chores that one instance does at a time: expired keys and tokens, partitions ahead.
    func maintain() async throws
    /// Emits when the store turns out to be another than before: a promoted standby, a restored copy. What was decided
    /// before may be ahead of what it knows, so every claim has to be dropped. For one consumer. Default: never.
    var incarnationChanges: AsyncStream<Void> { get }
    func close() async
}

extension ExecutionStore {
    public var incarnationChanges: AsyncStream<Void> { AsyncStream { $0.finish() } }
}

// One process's view of a store that others share: it dies, or loses an answer, at the commits a test names. What the
// process had written by then stays.

public import Skein
public import SkeinCore
import Synchronization

/// Wraps a store and breaks at given commits. Give each engine one of its own over the same store: a crash is the end of
/// that engine only.
public final class FaultyStore: ExecutionStore {
    /// What happens at a commit.
    public enum Fault: Sendable, Hashable {
        /// The process dies; nothing of the commit is written.
        case crashBefore
        /// The process dies with the commit written; its caller learns nothing.
        case crashAfter
        /// The answer is lost and the process lives on; whether the commit was written only the log says.
        case unknown(isWritten: Bool)
        /// The store says that it wrote nothing, which is true.
        case unavailable
        /// The answer is lost below this value, which asks again with the same rows.
        case repeated
    }

    /// What a simulation sees of the calls.
    package struct Hooks: Sendable {
        /// Called before and after every call: here another may go first, or time may pass.
        package var gate: @Sendable () async -> Void
        /// A message was taken, or refused.
        package var sent: @Sendable (InboxMessage, SendOutcome) -> Void
        /// A fault came about.
        package var broke: @Sendable (Fault) -> Void
        /// Rows were answered, by their executions.
        package var committed: @Sendable ([ExecutionID], [AppendOutcome]) -> Void

        package init(
            gate: @escaping @Sendable () async -> Void, sent: @escaping @Sendable (InboxMessage, SendOutcome) -> Void,
            broke: @escaping @Sendable (Fault) -> Void,
            committed: @escaping @Sendable ([ExecutionID], [AppendOutcome]) -> Void
        ) {
            self.gate = gate
            self.sent = sent
            self.broke = broke
            self.committed = committed
        }
    }

    private struct State {
        var faults: [Int: Fault]
        var commits = 0
        var isCrashed = false
    }

    let base: any ExecutionStore
    private let state: Mutex<State>
    let hooks: Hooks?

    /// - Parameters:
    ///   - base: the store that survives.
    ///   - faults: what happens at which commit: 1 is the first that this value sees.
    public init(_ base: any ExecutionStore, faults: [Int: Fault] = [:]) {
        self.base = base
        state = Mutex(State(faults: faults))
        hooks = nil
    }

    package init(_ base: any ExecutionStore, faults: [Int: Fault] = [:], hooks: Hooks) {
        self.base = base
        state = Mutex(State(faults: faults))
        self.hooks = hooks
    }

    /// Commits asked for so far: batches of rows, creations under a key, cancels.
    public var commits: Int { state.withLock { $0.commits } }

    /// Whether the process is dead: every call throws `CancellationError`.
    public var isCrashed: Bool { state.withLock { $0.isCrashed } }

    public var writers: Int { base.writers }
    public var incarnationChanges: AsyncStream<Void> { base.incarnationChanges }

    /// A call that appends.
    func writing<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        await hooks?.gate()
        let fault: Fault? = try state.withLock { state in
            guard !state.isCrashed else { throw CancellationError() }
            state.commits += 1
            let fault = state.faults[state.commits]
            if fault == .crashBefore { state.isCrashed = true }
            return fault
        }
        if let fault { hooks?.broke(fault) }
        switch fault {
        case nil, .repeated:
            if fault == .repeated { _ = try await body() }
            let value = try await body()
            await hooks?.gate()
            // Another call may have been the process's last meanwhile.
            try alive()
            return value
        case .crashBefore, .unknown(isWritten: false):
            throw CancellationError()
        case .crashAfter:
            defer { state.withLock { $0.isCrashed = true } }
            _ = try await body()
            throw CancellationError()
        case .unknown(isWritten: true):
            _ = try await body()
            throw CancellationError()
        case .unavailable:
            throw StoreError(.unavailable, "the store is away for a moment")
        }
    }

    /// Any other call.
    func passing<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try alive()
        guard let hooks else { return try await body() }
        await hooks.gate()
        try alive()
        let value = try await body()
        await hooks.gate()
        try alive()
        return value
    }

    private func alive() throws {
        if isCrashed { throw CancellationError() }
    }
}

// MARK: - Appends

extension FaultyStore {
    public func commit(_ batch: [Append], writer: Int) async throws -> [AppendOutcome] {
        try await writing {
            let outcomes = try await base.commit(batch, writer: writer)
            hooks?.committed(batch.map(\.executionID), outcomes)
            return outcomes
        }
    }

    public func create(_ batch: [KeyedCreation]) async throws -> [KeyedOutcome] {
        try await writing { try await base.create(batch) }
    }

    public func cancel(_ id: ExecutionID, operationID: OperationID, at: Timestamp, body: [UInt8]) async throws
        -> CancelOutcome
    {
        try await writing {
            let outcome = try await base.cancel(id, operationID: operationID, at: at, body: body)
            if case .cancelled = outcome { hooks?.committed([id], [.committed(woken: false)]) }
            return outcome
        }
    }
}

// MARK: - Everything else

extension FaultyStore {
    public func claim(_ request: ClaimRequest) async throws -> ClaimResult {
        try await passing { try await base.claim(request) }
    }

    public func claim(_ ids: [ExecutionID], for ownership: Ownership, reach: ClaimReach) async throws -> [Claim] {
        try await passing { try await base.claim(ids, for: ownership, reach: reach) }
    }

    public func load(_ ids: [ExecutionID]) async throws -> [ExecutionID: LoadedExecution] {
        try await passing { try await base.load(ids) }
    }

    public func renew(_ held: [HeldClaim], worker: WorkerID, lease: Duration) async throws -> Set<ExecutionID> {
        try await passing { try await base.renew(held, worker: worker, lease: lease) }
    }

    public func release(_ held: [HeldClaim], worker: WorkerID) async throws {
        try await passing { try await base.release(held, worker: worker) }
    }

    public func repark(_ held: HeldClaim, due: Timestamp, seenGeneration: Int64, needs: String) async throws -> Bool? {
        try await passing { try await base.repark(held, due: due, seenGeneration: seenGeneration, needs: needs) }
    }

    public func send(_ message: InboxMessage) async throws -> SendOutcome {
        try await passing {
            let outcome = try await base.send(message)
            hooks?.sent(message, outcome)
            return outcome
        }
    }

    public func fence(_ name: String, holder: String, ttl: Duration) async throws -> Int64? {
        try await passing { try await base.fence(name, holder: holder, ttl: ttl) }
    }

    public func extendFence(_ name: String, token: Int64, holder: String, ttl: Duration) async throws -> Bool {
        try await passing { try await base.extendFence(name, token: token, holder: holder, ttl: ttl) }
    }

    public func releaseFence(_ name: String, token: Int64, holder: String) async throws {
        try await passing { try await base.releaseFence(name, token: token, holder: holder) }
    }

    public func createToken(_ token: NewToken, note: InboxMessage?) async throws -> Bool {
        try await passing { try await base.createToken(token, note: note) }
    }

    public func redeemToken(hash: [UInt8], operationID: OperationID, data: JSONValue?) async throws -> TokenRedemption {
        try await passing { try await base.redeemToken(hash: hash, operationID: operationID, data: data) }
    }

    public func revokeToken(_ id: TokenID, operationID: OperationID, note: JSONValue) async throws -> TokenRevocation {
        try await passing { try await base.revokeToken(id, operationID: operationID, note: note) }
    }

    public func token(_ id: TokenID) async throws -> TokenRecord? {
        try await passing { try await base.token(id) }
    }

    public func tokens(of id: ExecutionID, limit: Int) async throws -> [TokenRecord] {
        try await passing { try await base.tokens(of: id, limit: limit) }
    }

    public func children(of parent: ExecutionID, round: Int64, wakeAt: Int?, failsFast: Bool) async throws
        -> ChildCount
    {
        try await passing {
            try await base.children(of: parent, round: round, wakeAt: wakeAt, failsFast: failsFast)
        }
    }

    public func children(of parent: ExecutionID, round: Int64?, from ordinal: Int, limit: Int) async throws
        -> [ExecutionID]
    {
        try await passing { try await base.children(of: parent, round: round, from: ordinal, limit: limit) }
    }

    public func countEndedChildren() async throws -> [ExecutionID] {
        try await passing { try await base.countEndedChildren() }
    }

    public func cascades(limit: Int) async throws -> [ExecutionID] {
        try await passing { try await base.cascades(limit: limit) }
    }

    public func endCascade(of id: ExecutionID) async throws {
        try await passing { try await base.endCascade(of: id) }
    }

    public func record(_ id: ExecutionID) async throws -> ExecutionRecord? {
        try await passing { try await base.record(id) }
    }

    public func rows(of id: ExecutionID, from position: Int64, limit: Int) async throws -> [LogRow] {
        try await passing { try await base.rows(of: id, from: position, limit: limit) }
    }

    public func verifyLogs(_ scope: LogScope, limit: Int) async throws -> LogVerification {
        try await passing { try await base.verifyLogs(scope, limit: limit) }
    }

    public func prune(_ request: PruneRequest) async throws -> PruneResult {
        try await passing { try await base.prune(request) }
    }

    public func delete(_ root: ExecutionID, by: Intervention) async throws -> Bool {
        try await passing { try await base.delete(root, by: by) }
    }

    public func hold(_ root: ExecutionID, _ isHeld: Bool, by: Intervention) async throws {
        try await passing { try await base.hold(root, isHeld, by: by) }
    }

    public func auditTrail(_ query: AuditTrailQuery) async throws -> [AuditTrailEntry] {
        try await passing { try await base.auditTrail(query) }
    }

    public func foldReports(limit: Int) async throws -> Int {
        try await passing { try await base.foldReports(limit: limit) }
    }

    public func takeRequests(limit: Int) async throws -> [StoredRequest] {
        try await passing { try await base.takeRequests(limit: limit) }
    }

    public func endRequests(_ ids: [Int64]) async throws {
        try await passing { try await base.endRequests(ids) }
    }

    public func list(_ query: ExecutionQuery) async throws -> [ExecutionSummary] {
        try await passing { try await base.list(query) }
    }

    public func register(_ flow: FlowSpec) async throws -> FlowRegistration {
        try await passing { try await base.register(flow) }
    }

    public func flow(_ id: String, version: String?) async throws -> JSONValue? {
        try await passing { try await base.flow(id, version: version) }
    }

    public func flows() async throws -> [JSONValue] {
        try await passing { try await base.flows() }
    }

    public func versions(of id: String) async throws -> [String] {
        try await passing { try await base.versions(of: id) }
    }

    public func register(_ worker: WorkerRecord) async throws {
        try await passing { try await base.register(worker) }
    }

    public func heartbeat(_ worker: WorkerID) async throws -> Int64? {
        try await passing { try await base.heartbeat(worker) }
    }

    public func reap(silence: Duration, lease: Duration) async throws -> [WorkerID] {
        try await passing { try await base.reap(silence: silence, lease: lease) }
    }

    public func unregister(_ worker: WorkerID) async throws {
        try await passing { try await base.unregister(worker) }
    }

    public func workers() async throws -> [WorkerRecord] {
        try await passing { try await base.workers() }
    }

    public func migrate() async throws -> [String] {
        try await passing { try await base.migrate() }
    }

    public func verify() async throws -> StoreHealth {
        try await passing { try await base.verify() }
    }

    public func maintain() async throws {
        try await passing { try await base.maintain() }
    }

    /// Does nothing: others may use the store below.
    public func close() async {}
}

// What the conformance cases share: a store, its clock, and short ways to say what an engine would do with them.

import Skein
import SkeinCore

/// One case's store and clock.
struct StoreScenario: Sendable {
    let store: any ExecutionStore
    let clock: VirtualClock

    /// The handler type that executions need unless said otherwise.
    static let needs = "work"
    static let lease = Duration.seconds(10)

    var now: Timestamp { clock.now }

    func advance(_ span: Duration) { clock.advance(by: span) }

    // MARK: - Ids

    func executionID() -> ExecutionID { ExecutionID(raw: .v7(at: now, random: .random(in: 0 ... .max))) }
    func operationID() -> OperationID { OperationID(raw: random()) }
    func claimID() -> ClaimID { ClaimID(raw: random()) }
    func workerID() -> WorkerID { WorkerID(raw: random()) }

    private func random() -> UniqueID { .v4(random: .random(in: 0 ... .max), .random(in: 0 ... .max)) }

    // MARK: - Executions

    func creation(
        _ id: ExecutionID? = nil, flow: String = "flow", tenant: String? = nil, tag: String? = nil, priority: Int16 = 0,
        parent: ExecutionID? = nil, root: ExecutionID? = nil, context: JSONObject = [:]
    ) -> ExecutionCreation {
        ExecutionCreation(
            id: id ?? executionID(), flowID: flow, flowVersion: "1.0.0", tenantID: tenant, context: context, tag: tag,
            priority: priority,
            parentID: parent, rootID: root, createdAt: now)
    }

    /// The row that makes an execution.
    func first(
        _ creation: ExecutionCreation, needs: String = needs, readyAt: Timestamp? = nil, ownership: Ownership? = nil
    ) -> Append {
        Append(
            executionID: creation.id, position: 1, kind: .created, count: 1, operationID: operationID(),
            at: now, body: LogBody(workerID: ownership?.workerID, at: now, events: [.created(creation)]).encoded(),
            effect: .create(
                NewExecution(creation: creation, needs: needs, readyAt: readyAt ?? now), ownership: ownership))
    }

    /// Makes an execution that is due now, unless said otherwise.
    @discardableResult
    func create(
        _ creation: ExecutionCreation? = nil, needs: String = needs, readyAt: Timestamp? = nil,
        ownership: Ownership? = nil
    ) async throws -> ExecutionID {
        let creation = creation ?? self.creation()
        try await commit(first(creation, needs: needs, readyAt: readyAt, ownership: ownership))
        return creation.id
    }

    /// Makes many in one batch.
    func create(_ count: Int, needs: String = needs) async throws -> [ExecutionID] {
        let rows = (0..<count).map { _ in first(creation(), needs: needs) }
        for outcome in try await outcomes(rows) { try outcome.expectCommitted() }
        return rows.map(\.executionID)
    }

    /// The second event of an execution is at position 2, and so on.
    func step(
        _ id: ExecutionID, at position: Int64, count: Int16 = 1, kind: RowKind = .step, effect: Append.Effect = .none,
        snapshot: Snapshot? = nil
    ) -> Append {
        let events = (0..<max(0, Int(count))).map { ExecutionEvent.stepStarted("s", attempt: $0 + 1, startedAt: now) }
        return Append(
            executionID: id, position: position, kind: kind, count: count, operationID: operationID(),
            at: now, body: LogBody(workerID: nil, at: now, events: events).encoded(), effect: effect, snapshot: snapshot
        )
    }

    func recovered(_ id: ExecutionID, at position: Int64) -> Append { step(id, at: position, kind: .recovered) }

    func park(
        _ id: ExecutionID, at position: Int64, due: Timestamp = .distantFuture, seen: Int64 = 0, needs: String = needs,
        snapshot: String? = nil
    ) -> Append {
        step(
            id, at: position, kind: .park, effect: .park(due: due, seenGeneration: seen, needs: needs),
            snapshot: snapshot.map { Snapshot(status: .waiting, bytes: Array($0.utf8)) })
    }

    func end(_ id: ExecutionID, at position: Int64, status: ExecutionStatus = .completed) -> Append {
        step(
            id, at: position, kind: .end, effect: .end(status),
            snapshot: Snapshot(status: status, bytes: Array(#"{"end":true}"#.utf8)))
    }

    func outcomes(_ batch: [Append]) async throws -> [AppendOutcome] {
        let outcomes = try await store.commit(batch, writer: 0)
        try expect("the number of outcomes", outcomes.count, is: batch.count)
        return outcomes
    }

    func outcome(_ row: Append) async throws -> AppendOutcome { try await outcomes([row])[0] }

    /// Appends a row that has to be committed. Returns whether it was woken.
    @discardableResult
    func commit(_ row: Append, file: String = #fileID, line: Int = #line) async throws -> Bool {
        try await outcome(row).expectCommitted(file: file, line: line)
    }

    func expectFenced(_ row: Append, file: String = #fileID, line: Int = #line) async throws {
        let outcome = try await outcome(row)
        guard case .fenced = outcome else {
            throw StoreViolation(
                message: "the row has to be fenced, the store says \(outcome)", place: "\(file):\(line)")
        }
    }

    // MARK: - Workers and claims

    /// Registers a worker.
    func worker(pod: String? = nil, handlers: [String] = [needs]) async throws -> WorkerID {
        let id = workerID()
        try await store.register(WorkerRecord(id: id, podID: pod, handlers: handlers))
        return id
    }

    func ownership(_ worker: WorkerID, _ claim: ClaimID? = nil, lease: Duration = lease) -> Ownership {
        Ownership(workerID: worker, claimID: claim ?? claimID(), lease: lease)
    }

    func request(
        _ ownership: Ownership, handlers: [String] = [needs], handlerWait: Duration = .seconds(3_600),
        limit: Int = 1_000
    ) -> ClaimRequest {
        ClaimRequest(ownership: ownership, handlers: handlers, handlerWait: handlerWait, limit: limit)
    }

    /// Claims all that is due.
    func claim(_ worker: WorkerID, limit: Int = 1_000) async throws -> [Claim] {
        try await store.claim(request(ownership(worker), limit: limit)).claims
    }

    /// Claims one execution, which has to be due.
    func hold(
        _ id: ExecutionID, _ worker: WorkerID, file: String = #fileID, line: Int = #line
    ) async throws -> (held: HeldClaim, claim: Claim) {
        let ownership = ownership(worker)
        let claim = try await store.claim([id], for: ownership, reach: .due).first
        return (
            HeldClaim(id, ownership.claimID),
            try require(claim, "the execution has to be claimable", file: file, line: line)
        )
    }

    /// An execution and the claim under which a worker has just got it.
    func held(_ worker: WorkerID) async throws -> HeldClaim {
        try await hold(try await create(), worker).held
    }

    // MARK: - Reads

    func record(_ id: ExecutionID) async throws -> ExecutionRecord {
        try require(try await store.record(id), "the execution has to be there")
    }

    func load(_ id: ExecutionID) async throws -> LoadedExecution {
        try require(try await store.load([id])[id], "the execution has to be loaded")
    }

    func log(_ id: ExecutionID) async throws -> [LogRow] { try await store.rows(of: id, from: 1, limit: 1_000_000) }

    /// The log without a gap or an overlap. Returns the position of the next row.
    @discardableResult
    func expectGapless(_ id: ExecutionID, file: String = #fileID, line: Int = #line) async throws -> Int64 {
        var next: Int64 = 1
        for row in try await log(id) {
            try expect("the position of a row", row.position, is: next, file: file, line: line)
            next += Int64(row.count)
        }
        return next
    }

    func message(
        _ id: ExecutionID, operation: OperationID? = nil, name: String = "go", payload: JSONValue? = nil,
        kind: InboxItem.Kind = .signal
    ) -> InboxMessage {
        InboxMessage(executionID: id, operationID: operation ?? operationID(), kind: kind, name: name, payload: payload)
    }

    /// Sends something that has to be accepted. Returns its generation.
    @discardableResult
    func send(_ id: ExecutionID, name: String = "go", file: String = #fileID, line: Int = #line) async throws -> Int64 {
        let outcome = try await store.send(message(id, name: name))
        guard case .accepted(let generation) = outcome else {
            throw StoreViolation(
                message: "the signal has to be accepted, the store says \(outcome)", place: "\(file):\(line)")
        }
        return generation
    }

    /// Runs a body `count` times at once.
    func atOnce<T: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) async throws -> T) async throws -> [T] {
        try await withThrowingTaskGroup(of: T.self) { group in
            for index in 0..<count {
                group.addTask { @concurrent in try await body(index) }
            }
            var results: [T] = []
            for try await result in group { results.append(result) }
            return results
        }
    }
}

extension AppendOutcome {
    /// Whether it was woken; a violation when it was not committed.
    @discardableResult
    func expectCommitted(file: String = #fileID, line: Int = #line) throws(StoreViolation) -> Bool {
        guard case .committed(let woken) = self else {
            throw StoreViolation(
                message: "the row has to be committed, the store says \(self)", place: "\(file):\(line)")
        }
        return woken
    }

    var isCommitted: Bool {
        if case .committed = self { return true }
        return false
    }

    var isFenced: Bool {
        if case .fenced = self { return true }
        return false
    }
}

extension StoreScenario {
    /// A flow of one step. `reversed`: the same members in another order.
    func flow(_ id: String, _ version: String, note: String = "", reversed: Bool = false) throws -> FlowSpec {
        let members: [(String, JSONValue)] = [
            ("id", .string(id)), ("version", .string(version)), ("name", .string(note)), ("initialStepId", "a"),
            ("steps", ["a": ["type": "noop", "transitions": ["onSuccess": nil]]]),
        ]
        let validation = FlowSpec.validate(.object(JSONObject(reversed ? members.reversed() : members)))
        return try require(validation.spec, "the suite's own flow has to be valid: \(validation.errors)")
    }
}

extension Append {
    /// The same row with some things changed.
    func with(
        executionID: ExecutionID? = nil, position: Int64? = nil, kind: RowKind? = nil, count: Int16? = nil,
        operationID: OperationID? = nil, body: [UInt8]? = nil, effect: Effect? = nil, snapshot: Snapshot? = nil,
        consumed: Int64? = nil, family: Family? = nil, closedTokens: [TokenScope]? = nil
    ) -> Append {
        Append(
            executionID: executionID ?? self.executionID, position: position ?? self.position, kind: kind ?? self.kind,
            count: count ?? self.count, operationID: operationID ?? self.operationID, at: at, body: body ?? self.body,
            effect: effect ?? self.effect, snapshot: snapshot ?? self.snapshot,
            consumed: consumed.map { [$0] } ?? self.consumed,
            family: family ?? self.family, cascades: cascades, closedTokens: closedTokens ?? self.closedTokens)
    }
}

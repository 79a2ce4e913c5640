// The tables, named as the protocol names them. `executions` holds log and inbox beside the snapshot; `ready` has a row
// for each execution that has not ended.

import SkeinCore

extension InMemoryExecutionStore {
    struct State {
        var executions: [ExecutionID: Execution] = [:]
        /// Every execution's id in order: lists go through it from its end.
        var ids: [ExecutionID] = []
        var ready: [ExecutionID: Ready] = [:]
        var due = DueIndex()
        var keys: [IdempotencyScope: Key] = [:]
        var workers: [WorkerID: WorkerRecord] = [:]
        var fences: [String: Fence] = [:]
        var tokens: [TokenID: Token] = [:]
        /// By the digests of their secrets.
        var tokenIDs: [[UInt8]: TokenID] = [:]
        var schedules: [ScheduleID: ScheduleRow] = [:]
        var flows: [String: [String: JSONValue]] = [:]
        var families: [ExecutionID: Family] = [:]
        /// Parents and rounds that children have ended for, not yet counted.
        var cascades: Set<ExecutionID> = []
        /// Somebody's execution was created.
        var hasTenants = false
        var limits = Limits()
        /// Workflows that somebody deleted, and those that are kept whatever the policy says.
        var deleted: Set<ExecutionID> = []
        var holds: Set<ExecutionID> = []
        /// What people did that is in no log.
        var trail: [AuditTrailEntry] = []
        /// Grows with every closing and opening of a limit.
        var closings: Int64 = 0
        var fanIn: [(parent: ExecutionID, round: Int64, failed: Bool)] = []
    }

    struct Execution {
        var creation: ExecutionCreation
        var status = ExecutionStatus.pending
        var endedAt: Timestamp?
        var snapshot: [UInt8]?
        /// The position of the last event that the snapshot holds; 0 without one.
        var covered: Int64 = 0
        var log: [(row: LogRow, operationID: OperationID)] = []
        /// What was sent and not consumed, in generation order.
        var inbox: [InboxItem] = []
        /// The generation of everything that was ever sent, by its operation.
        var accepted: [OperationID: Int64] = [:]
        /// The waits that somebody has resumed, by the positions they began at.
        var resumed: Set<String> = []
        var tokens: [TokenID] = []
    }

    struct Ready {
        var nextAt: Timestamp
        var needs: String
        var priority: Int16
        var owner: WorkerID?
        /// Nil: the last holder let go by an append, or nobody has held it.
        var claimID: ClaimID?
        var isPaused = false
        var wakeGeneration: Int64 = 0
        var takeovers = 0
        /// The entry of the due index that speaks for this row; older ones are stale. 0 asks for a new one.
        var ticket: UInt64 = 0
    }

    /// What a parent's rounds have come to.
    struct Family {
        struct Round {
            var ended = 0
            var failed = 0
            var wakeAt = Int.max
            var failsFast = false
            var children: [(ordinal: Int32, id: ExecutionID)] = []
        }

        var rounds: [Int64: Round] = [:]
        /// Children that nobody waits for.
        var others: [ExecutionID] = []
    }

    struct Key {
        var executionID: ExecutionID
        var fingerprint: [UInt8]
        var expiresAt: Timestamp
    }

    struct Fence {
        var token: Int64 = 0
        /// Nil when it was released.
        var holder: String?
        var expiresAt: Timestamp
    }
}

extension InMemoryExecutionStore.Execution {
    /// The position at which the next row begins.
    var end: Int64 { log.last.map { $0.row.position + Int64($0.row.count) } ?? 1 }

    /// The index of the first row that holds an event at or beyond `position`; the log's count when there is none.
    func index(of position: Int64) -> Int {
        var low = 0
        var high = log.count
        while low < high {
            let middle = (low + high) / 2
            let row = log[middle].row
            if row.position + Int64(row.count) > position { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Who appended the row that begins at `position`.
    func writer(at position: Int64) -> OperationID? {
        let index = index(of: position)
        return index < log.count && log[index].row.position == position ? log[index].operationID : nil
    }
}

extension InMemoryExecutionStore.Ready {
    /// Who owns it by a lease that has not ended.
    func holder(at now: Timestamp) -> WorkerID? { nextAt > now ? owner : nil }
}

extension InMemoryExecutionStore.State {
    /// Changes a ready row and tells the due index. Returns nil when there is no row.
    @discardableResult
    mutating func updateReady<T>(_ id: ExecutionID, _ change: (inout InMemoryExecutionStore.Ready) -> T) -> T? {
        guard let index = ready.index(forKey: id) else { return nil }
        let before = (ready.values[index].nextAt, ready.values[index].needs)
        let result = change(&ready.values[index])
        let row = ready.values[index]
        if before != (row.nextAt, row.needs) || row.ticket == 0 { ready.values[index].ticket = schedule(id, row) }
        return result
    }

    mutating func insertReady(_ id: ExecutionID, _ row: InMemoryExecutionStore.Ready) {
        var row = row
        row.ticket = schedule(id, row)
        ready[id] = row
    }

    private mutating func schedule(_ id: ExecutionID, _ row: InMemoryExecutionStore.Ready) -> UInt64 {
        due.sweepIfCrowded(ready)
        return due.insert(id, at: row.nextAt, needs: row.needs, priority: row.priority)
    }

    /// Where an id stands, or would, among all.
    func place(of id: ExecutionID) -> Int {
        guard let last = ids.last, id <= last else { return ids.count }
        var low = 0
        var high = ids.count
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func isLive(_ worker: WorkerID) -> Bool { workers[worker]?.isLive == true }
}

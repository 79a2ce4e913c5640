// Handing out executions: what is due, or just the ones asked for.

public import SkeinCore

extension InMemoryExecutionStore {
    public func claim(_ request: ClaimRequest) async throws -> ClaimResult {
        transaction { state, now in
            state.claim(request, at: now)
        }
    }

    public func claim(_ ids: [ExecutionID], for ownership: Ownership, reach: ClaimReach) async throws -> [Claim] {
        transaction { state, now in
            guard state.isLive(ownership.workerID) else { return [] }
            let claimable = ids.filter { id in
                guard let row = state.ready[id] else { return false }
                if row.nextAt <= now { return true }
                guard row.owner == nil, !row.isPaused else { return false }
                return switch reach {
                case .due: false
                case .within(let span): row.nextAt <= now + span
                case .any: true
                }
            }
            var seen: Set<ExecutionID> = []
            return claimable.compactMap { seen.insert($0).inserted ? state.give($0, to: ownership, at: now) : nil }
        }
    }

    public func load(_ ids: [ExecutionID]) async throws -> [ExecutionID: LoadedExecution] {
        transaction { state, now in
            var loaded: [ExecutionID: LoadedExecution] = [:]
            for id in ids {
                guard let execution = state.executions[id], let record = state.record(id, at: now) else { continue }
                loaded[id] = LoadedExecution(claimID: state.ready[id]?.claimID, record: record, inbox: execution.inbox)
            }
            return loaded
        }
    }
}

extension InMemoryExecutionStore.State {
    mutating func claim(_ request: ClaimRequest, at now: Timestamp) -> ClaimResult {
        guard isLive(request.ownership.workerID) else { return ClaimResult(claims: [], nextDue: nil) }
        let handlers = Set(request.handlers)
        var request = request
        var fair: [Claim] = []
        if request.tenantsAfter != nil { fair = claimFairly(&request, handlers, at: now) }
        let overdue = now + (.zero - request.handlerWait)
        let ids = due.take(request.limit, of: ready, at: now, needing: handlers, overdue: overdue)
        let left = request.takesOver ? [] : ids.filter { ready[$0]?.owner != nil }
        // They go back into the index.
        for id in left { updateReady(id) { $0.ticket = 0 } }
        let nextDue = due.next(of: ready, after: now, needing: handlers)
        let hasQueues = limits.entries.values.contains { !$0.queue.isEmpty }
        return ClaimResult(
            claims: fair + ids.filter { !left.contains($0) }.compactMap { give($0, to: request.ownership, at: now) },
            nextDue: nextDue, hasQueues: hasQueues,
            hasTenants: hasTenants, hasCascades: !cascades.isEmpty)
    }

    /// Half of the room goes to the oldest of each tenant.
    private mutating func claimFairly(_ request: inout ClaimRequest, _ handlers: Set<String>, at now: Timestamp)
        -> [Claim]
    {
        let takesOver = request.takesOver
        let due = ready.filter { id, row in
            row.nextAt <= now && handlers.contains(row.needs) && (takesOver || row.owner == nil)
                && executions[id]?.creation.tenantID != nil
        }
        let tenants = Dictionary(grouping: due) { executions[$0.key]?.creation.tenantID ?? "" }.sorted {
            $0.key < $1.key
        }
        let share = max(1, request.limit / 16)
        let ids = tenants.flatMap { tenant in
            tenant.value.sorted { ($0.value.nextAt, $0.key) < ($1.value.nextAt, $1.key) }.prefix(share).map(\.key)
        }
        let claims = ids.prefix(request.limit / 2).compactMap { give($0, to: request.ownership, at: now) }
        request.limit -= claims.count
        return claims
    }

    /// Makes a ready row somebody's. The claim says how it stood before.
    mutating func give(_ id: ExecutionID, to ownership: Ownership, at now: Timestamp) -> Claim? {
        updateReady(id) { row in
            let previous = (owner: row.owner, claimID: row.claimID, dueAt: row.nextAt)
            if previous.claimID != nil, previous.owner != nil { row.takeovers += 1 }
            row.owner = ownership.workerID
            row.claimID = ownership.claimID
            row.nextAt = now + ownership.lease
            row.ticket = 0
            return Claim(
                executionID: id, wakeGeneration: row.wakeGeneration, isTakeover: previous.claimID != nil,
                previousOwner: previous.owner,
                takeovers: row.takeovers, dueAt: previous.dueAt)
        }
    }
}

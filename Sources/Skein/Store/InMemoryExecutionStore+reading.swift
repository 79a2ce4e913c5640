// Reads for people.

public import SkeinCore

extension InMemoryExecutionStore {
    public func record(_ id: ExecutionID) async throws -> ExecutionRecord? {
        transaction { state, now in
            guard let record = state.record(id, at: now), !state.deleted.contains(record.creation.rootID) else {
                return nil
            }
            return record
        }
    }

    public func rows(of id: ExecutionID, from position: Int64, limit: Int) async throws -> [LogRow] {
        transaction { state, _ in
            guard let execution = state.executions[id] else { return [] }
            var events = 0
            let rows = execution.log[execution.index(of: position)...].prefix { entry in
                guard events < limit else { return false }
                events += Int(entry.row.count)
                return true
            }
            return rows.map(\.row)
        }
    }

    public func list(_ query: ExecutionQuery) async throws -> [ExecutionSummary] {
        transaction { state, now in
            var skipped = 0
            var page: [ExecutionSummary] = []
            for id in state.ids[..<(query.before.map(state.place) ?? state.ids.count)].reversed() {
                guard page.count < query.limit else { break }
                guard let summary = state.summary(id, at: now), query.matches(summary),
                    state.deleted.isEmpty || !state.deleted.contains(summary.creation.rootID)
                else { continue }
                if skipped < query.offset { skipped += 1 } else { page.append(summary) }
            }
            return page
        }
    }
}

extension InMemoryExecutionStore.State {
    func record(_ id: ExecutionID, at now: Timestamp) -> ExecutionRecord? {
        guard let execution = executions[id] else { return nil }
        let row = ready[id]
        let rows = execution.log[execution.index(of: execution.covered + 1)...].map(\.row)
        return ExecutionRecord(
            creation: execution.creation, snapshot: execution.snapshot, rows: rows, owner: row?.holder(at: now),
            nextAt: row?.nextAt,
            needs: row?.needs)
    }

    func summary(_ id: ExecutionID, at now: Timestamp) -> ExecutionSummary? {
        guard let execution = executions[id], let record = record(id, at: now) else { return nil }
        return ExecutionSummary(status: record.owner == nil ? execution.status : .running, record: record)
    }
}

extension ExecutionQuery {
    /// Whether an execution belongs to the answer, its place in it aside. Times: from `createdAfter` on, up to but
    /// without `createdBefore`.
    fileprivate func matches(_ summary: ExecutionSummary) -> Bool {
        let creation = summary.creation
        guard statuses.isEmpty || statuses.contains(summary.status) else { return false }
        if let flowID, creation.flowID != flowID { return false }
        if let flowPrefix, !creation.flowID.hasPrefix(flowPrefix) { return false }
        if let workerID, summary.owner != workerID { return false }
        if let tag, creation.tag != tag { return false }
        if let tenantID, creation.tenantID != tenantID { return false }
        if let parentID, creation.parentID != parentID { return false }
        if let rootID, creation.rootID != rootID { return false }
        if let createdAfter, creation.createdAt < createdAfter { return false }
        if let createdBefore, creation.createdAt >= createdBefore { return false }
        return true
    }
}

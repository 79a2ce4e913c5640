import SkeinCore

extension InMemoryExecutionStore {
    public func verifyLogs(_ scope: LogScope, limit: Int) async throws -> LogVerification {
        transaction { state, _ in
            let ids: [ExecutionID]
            switch scope {
            case .one(let id): ids = state.executions[id] == nil ? [] : [id]
            case .range(let from, let to, let after):
                var found: [ExecutionID] = []
                for id in state.ids where found.count < limit && after.map({ id > $0 }) ?? true {
                    guard let created = state.executions[id]?.creation.createdAt else { continue }
                    if from.map({ created >= $0 }) ?? true, to.map({ created < $0 }) ?? true { found.append(id) }
                }
                ids = found
            }
            let misfits = ids.flatMap { id in state.executions[id].map { self.misfits(in: $0, id) } ?? [] }
            return LogVerification(misfits: misfits, checked: ids.count, last: ids.count < limit ? nil : ids.last)
        }
    }

    private func misfits(in execution: Execution, _ id: ExecutionID) -> [LogMisfit] {
        var misfits: [LogMisfit] = []
        var next: Int64 = 1
        var chain: [UInt8]?
        for (row, operation) in execution.log {
            let hash = RowHash.of(
                id, position: row.position, count: row.count, kind: row.kind, operationID: operation, body: row.body,
                after: chain)
            if row.position != next || row.hash != hash {
                misfits.append(LogMisfit(executionID: id, position: row.position, problem: "the hash does not fit"))
            }
            next = row.position + Int64(row.count)
            chain = row.hash
        }
        return misfits
    }
}

import PostgresClient
public import Skein
import SkeinCore

extension PostgresExecutionStore {
    public func list(_ query: ExecutionQuery) async throws -> [ExecutionSummary] {
        let list = ListQuery.query(query, now: queryTime)
        let result = try await insist { try await connections.pool.query(list) }
        let records = try await once { try LoadedRecord.read(result) }
        var seen: Set<ExecutionID> = []
        return try await once {
            try result.rows.compactMap { row in
                let id = try row.id(0, as: ExecutionID.self)
                guard seen.insert(id).inserted, let record = records[id] else { return nil }
                let code = try row.int16(12)
                guard let status = ExecutionStatus(code: code) else {
                    throw StoreError(.corrupt, "an execution with the status \(code)")
                }
                return ExecutionSummary(status: status, record: try record.decoded(id))
            }
        }
    }
}

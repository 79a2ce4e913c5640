import PostgresClient
public import Skein
import SkeinCore

extension PostgresExecutionStore {
    public func list(_ query: ExecutionQuery) async throws -> [ExecutionSummary] {
        let list = ListQuery.query(query, now: queryTime)
        let result = try await insist { try await connections.pool.query(list) }
        return try await once {
            try result.rows.map { row in
                let id = try row.id(0, as: ExecutionID.self)
                let code = try row.int16(2)
                guard let status = ExecutionStatus(code: code) else {
                    throw StoreError(.corrupt, "an execution with the status \(code)")
                }
                return ExecutionSummary(
                    creation: try ExecutionCreation.make(firstRow: try row.bytes(4), of: id), status: status,
                    snapshot: try row.bytesIfPresent(1), owner: try row.idIfPresent(3))
            }
        }
    }
}

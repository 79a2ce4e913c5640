import PostgresClient
public import Skein
import SkeinCore

extension PostgresExecutionStore {
    public func verifyLogs(_ scope: LogScope, limit: Int) async throws -> LogVerification {
        let ids: [ExecutionID]
        var isWhole = true
        switch scope {
        case .one(let id): ids = [id]
        case .range(let from, let to, let after):
            let query = PostgresQuery(
                ReadQueries.verifiable,
                [
                    .timestamptz(from?.microseconds), .timestamptz(to?.microseconds), .uuid(after?.postgres),
                    .int4(Int32(clamping: limit)),
                ])
            let found = try await insist { try await connections.reports.query(query) }
            ids = try await once { try found.rows.map { try $0.id(0) } }
            isWhole = ids.count < limit
        }
        guard !ids.isEmpty else { return LogVerification(misfits: [], checked: 0, last: nil) }
        let query = PostgresQuery(ReadQueries.verify, [.ids(ids)])
        let result = try await insist { try await connections.reports.query(query) }
        let misfits = try await once {
            try result.rows.map {
                LogMisfit(executionID: try $0.id(0), position: try $0.int64(1), problem: try $0.string(2))
            }
        }
        return LogVerification(misfits: misfits, checked: ids.count, last: isWhole ? nil : ids.last)
    }
}

import Logging
import PostgresClient
public import Skein
public import SkeinCore

extension PostgresExecutionStore {
    /// Executions of a month that are moved rather than keep its partitions.
    private static let few: Int32 = 1_000

    public func prune(_ request: PruneRequest) async throws -> PruneResult {
        let query = PostgresQuery(
            RetentionQueries.prune,
            [
                .uuid(request.after?.postgres), .text(JSONValue.object(request.policy.codes).description), queryTime,
                .int4(Int32(clamping: request.limit)), .bool(request.dryRun), .text(request.by.actor),
                .text(request.by.reason), .text(request.by.requestID), .text(request.flowPrefix.map { $0 + "%" }),
            ])
        let result = try await insist { try await connections.reports.query(query, timeout: .seconds(120)) }
        guard let row = result.first else { return PruneResult() }
        return try await once {
            PruneResult(
                workflows: Int(try row.int64IfPresent(1) ?? 0), executions: Int(try row.int64IfPresent(2) ?? 0),
                rows: Int(try row.int64IfPresent(3) ?? 0), last: try row.idIfPresent(0))
        }
    }

    public func dropMonth(_ policy: RetentionPolicy, by: Intervention) async throws -> (month: String, executions: Int)?
    {
        let months = try await once { try await connections.reports.query(PostgresQuery(RetentionQueries.months)) }
        for month in try months.rows.map({ try $0.string(0) }) {
            let query = PostgresQuery(
                RetentionQueries.dropMonth,
                [
                    .text(month), .text(JSONValue.object(policy.codes).description), queryTime, .int4(Self.few),
                    .text(by.actor), .text(by.reason), .text(by.requestID),
                ])
            do {
                let dropped = try await connections.reports.query(query, timeout: .seconds(600))
                if let executions = try dropped.first?.int64(0) { return (month, Int(executions)) }
            } catch let error as PostgresError {
                // Somebody reads it, or works on it: another time.
                guard [.locked, .again].contains(FailureKind(error)) else { throw StoreError(error) }
                logger.info(
                    "a month is dropped later", metadata: ["month": "\(month)", "postgres.error": "\(error)"])
            }
        }
        return nil
    }

    public func delete(_ root: ExecutionID, by: Intervention) async throws -> Bool {
        let query = PostgresQuery(RetentionQueries.delete, whose(root, by))
        return try await insist { try await connections.pool.query(query).rowCount > 0 }
    }

    public func hold(_ root: ExecutionID, _ isHeld: Bool, by: Intervention) async throws {
        let query = PostgresQuery(isHeld ? RetentionQueries.hold : RetentionQueries.release, whose(root, by))
        try await insist { _ = try await connections.pool.query(query) }
    }

    public func foldReports(limit: Int) async throws -> Int {
        let query = PostgresQuery(RetentionQueries.fold, [.int4(Int32(clamping: limit))])
        return Int(
            try await once { try await connections.reports.query(query, timeout: .seconds(60)).first?.int32(0) } ?? 0)
    }

    private func whose(_ root: ExecutionID, _ by: Intervention) -> [PostgresParameter] {
        [.uuid(root.postgres), .text(by.actor), .text(by.reason), .text(by.requestID)]
    }
}

import Logging
import PostgresClient
import Skein

extension PostgresExecutionStore {
    public func maintain() async throws {
        let steps = [
            PostgresQuery(RegistryQueries.ensurePartitions), PostgresQuery(RegistryQueries.dropOldFences, [queryTime]),
            PostgresQuery(RegistryQueries.dropOldWorkers, [queryTime]),
            PostgresQuery(LimitQueries.dropIdle, [queryTime]),
        ]
        for step in steps { _ = try await chore(step) }
        while let dropped = try await chore(PostgresQuery(RegistryQueries.dropExpiredKeys, [queryTime])), dropped > 0 {
            try Task.checkCancellation()
        }
        let memory = PostgresParameter.microseconds(TokenRecord.memory)
        let tokens = PostgresQuery(TokenQueries.dropOld, [queryTime, memory])
        while let dropped = try await chore(tokens), dropped > 0 { try Task.checkCancellation() }
    }

    /// One chore in a transaction of its own. Nil when another instance is at it, or somebody's lock is in the way: it
    /// can wait.
    private func chore(_ query: PostgresQuery) async throws -> Int? {
        do {
            return try await connections.pool.withTransaction { transaction in
                guard try await transaction.query(PostgresQuery(RegistryQueries.tryMaintenance)).first?.bool(0) == true
                else { return nil }
                return try await transaction.query(query).affected
            }
        } catch let error as PostgresError {
            switch FailureKind(error) {
            case .locked, .again, .unknown:
                logger.info("a chore is put off", metadata: ["postgres.error": "\(error)"])
                return nil
            case .taken, .down, .closed, .bad, .schema, .stale, .orphan: throw StoreError(error)
            }
        }
    }
}

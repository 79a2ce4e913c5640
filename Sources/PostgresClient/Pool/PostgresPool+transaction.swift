internal import Logging

extension PostgresPool {
    /// Runs `body` in a transaction: COMMIT when it returns, ROLLBACK when it throws or the task has been cancelled.
    ///
    /// COMMIT and ROLLBACK run even in a cancelled task. When the answer to COMMIT never comes, the error says
    /// `outcomeUnknown`. A ROLLBACK that fails is logged and costs the connection, whose end rolls back on the server.
    package func withTransaction<R: Sendable>(
        _ body: (PostgresTransaction) async throws -> R
    ) async throws -> R {
        try await withConnection { connection in
            let transaction = PostgresTransaction(connection: connection)
            _ = try await transaction.query(PostgresTransaction.begin)
            let value: R
            do {
                value = try await body(transaction)
                try Task.checkCancellation()
            } catch {
                await rollBack(connection)
                throw error
            }
            try await transaction.commit()
            return value
        }
    }

    private func rollBack(_ connection: PostgresConnection) async {
        guard !connection.isClosed else { return }
        do {
            _ = try await connection.shielded(PostgresTransaction.rollback)
        } catch {
            logger.error("could not roll back", metadata: ["postgres.error": "\(error)"])
            await connection.close()
        }
    }
}

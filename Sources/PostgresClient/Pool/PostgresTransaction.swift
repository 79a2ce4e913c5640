/// An open transaction: the connection of a pool between BEGIN and COMMIT.
package struct PostgresTransaction: Sendable {
    let connection: PostgresConnection

    static let begin = PostgresQuery(PostgresStatement("pg_client_begin", "BEGIN"))
    static let commit = PostgresQuery(PostgresStatement("pg_client_commit", "COMMIT"))
    static let rollback = PostgresQuery(PostgresStatement("pg_client_rollback", "ROLLBACK"))

    /// Runs one query in the transaction. A failure aborts the transaction: every later query fails with 25P02.
    ///
    /// Cancelling the task cancels the query on the server. The outcome is never unknown: without COMMIT nothing stays.
    package func query(_ query: PostgresQuery, timeout: Duration? = nil) async throws -> PostgresResult {
        try await known { try await connection.query(query, timeout: timeout) }
    }

    /// Runs queries in the transaction in one round trip.
    package func batch(_ queries: [PostgresQuery], timeout: Duration? = nil) async throws -> [PostgresResult] {
        try await known { try await connection.batch(queries, timeout: timeout) }
    }

    private func known<R>(_ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch let error as PostgresError where error.outcomeUnknown {
            throw error.outcomeUnknown(false, statement: nil)
        }
    }

    /// Whom it is open with.
    package var serverIdentity: PostgresServerIdentity { connection.serverIdentity }

    /// COMMIT, whatever the state of the task.
    /// - Throws: `rolledBack` when the server rolled back instead; `outcomeUnknown` when no answer came.
    func commit() async throws {
        let result = try await connection.shielded(Self.commit)
        guard result.commandTag == "COMMIT" else {
            throw PostgresError(
                code: .rolledBack, message: "the transaction was rolled back because a statement in it had failed")
        }
    }
}

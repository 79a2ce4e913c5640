package import Logging

/// One connection: a libpq session that belongs to one thread, used from tasks through a queue.
///
/// Commands run in the order in which they were queued. Many tasks may use it at once; each command has its own Sync,
/// so the failure of one does not touch the others. A command that passes its deadline takes the connection with it.
package final class PostgresConnection: Sendable {
    /// How a connection is used, which decides what the cancellation of a task may do.
    package enum Use: Sendable {
        /// By one task at a time: transactions are possible, and cancelling the task cancels its `query` on the server.
        case exclusive
        /// By many tasks: a cancelled task stops waiting and no transaction may stay open between commands.
        case multiplexed
    }

    /// The server behind the connection, read right after connecting.
    package let serverIdentity: PostgresServerIdentity
    /// How the connection is used.
    package let use: Use
    private let commands: CommandQueue

    private init(_ commands: CommandQueue, identity: PostgresServerIdentity, use: Use) {
        self.commands = commands
        self.serverIdentity = identity
        self.use = use
    }

    deinit {
        commands.mailbox.close()
    }

    /// Connects, applies the settings and asks the server who it is.
    /// - Throws: `connectFailed` or `connectTimeout`, the server's refusal of a setting, `CancellationError`.
    package static func connect(
        _ configuration: PostgresConfiguration, logger: Logger, use: Use = .exclusive
    ) async throws -> PostgresConnection {
        let mailbox = ConnectionMailbox()
        let opened = OneShot<PostgresServerIdentity>()
        let plan = ConnectionPlan.once(opened: opened, isShared: use == .multiplexed)
        let identity = try await withTaskCancellationHandler {
            try await opened.value {
                OSThread.start("pg-connection") {
                    ConnectionLoop(configuration, mailbox: mailbox, plan: plan, logger: logger).run()
                }
            }
        } onCancel: {
            opened.settle(.failure(CancellationError()))
            mailbox.close()
        }
        let commands = CommandQueue(mailbox: mailbox, defaultTimeout: configuration.commandTimeout)
        return PostgresConnection(commands, identity: identity, use: use)
    }

    /// Runs all queries and one Sync: one round trip, and one implicit transaction unless a transaction block is open.
    ///
    /// A cancelled task withdraws what was not sent. Once sent, an exclusive connection waits for the answer, because
    /// the batch may be committing; a multiplexed one fails with `cancelled` and an unknown outcome.
    /// - Returns: one result per query.
    /// - Throws: the first error; everything of the batch was rolled back then, unless `outcomeUnknown`.
    package func batch(_ queries: [PostgresQuery], timeout: Duration? = nil) async throws -> [PostgresResult] {
        try await commands.run(queries, timeout: timeout, cancellation: use == .exclusive ? .wait : .abandon)
    }

    /// Runs one query with a Sync of its own.
    ///
    /// A cancelled task withdraws what was not sent. Once sent, an exclusive connection asks the server to cancel and
    /// reports its answer (57014, or success when it came too late); a multiplexed one fails with `cancelled`.
    package func query(_ query: PostgresQuery, timeout: Duration? = nil) async throws -> PostgresResult {
        let results = try await commands.run(
            [query], timeout: timeout, cancellation: use == .exclusive ? .interrupt : .abandon)
        return try Self.only(results)
    }

    /// Runs a script of several statements, `BEGIN` and `COMMIT` allowed, and drops its results.
    ///
    /// A transaction that the script opened and did not finish because of an error is rolled back.
    package func simple(_ sql: String, timeout: Duration? = nil) async throws {
        try await commands.run(script: sql, timeout: timeout, cancellation: use == .exclusive ? .interrupt : .abandon)
    }

    /// Runs one query whatever the state of the task: the ends of transactions.
    func shielded(_ query: PostgresQuery, timeout: Duration? = nil) async throws -> PostgresResult {
        try Self.only(try await commands.run([query], timeout: timeout, cancellation: .ignore))
    }

    /// Asks the server to cancel the command that is alone on the connection; without one, nothing happens.
    ///
    /// The request is sent from a thread of its own. Never use it while a commit may be running: the server would
    /// report success although a synchronous standby has not confirmed.
    package func cancelCurrent() {
        commands.mailbox.interrupt(nil)
    }

    /// True when no further command will be accepted.
    package var isClosed: Bool { commands.mailbox.isClosed }

    /// True while a transaction block is open, as of the last command that finished.
    package var inTransaction: Bool { commands.mailbox.inTransaction }

    /// Refuses new commands, waits for those in flight, ends the connection and its thread.
    package func close() async {
        await commands.close()
    }

    static func only(_ results: [PostgresResult]) throws(PostgresError) -> PostgresResult {
        guard results.count == 1, let result = results.first else {
            throw .decoding("\(results.count) results for one query")
        }
        return result
    }
}

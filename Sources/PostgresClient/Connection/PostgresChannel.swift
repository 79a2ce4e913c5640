package import Logging
internal import Synchronization

/// One connection that heals itself: it connects with the first command and again after every loss.
///
/// Commands issued while it is down wait, until it is up or their deadline has passed. What was in flight at a loss
/// fails, with `outcomeUnknown`; nothing that was sent is ever sent again.
package final class PostgresChannel: Sendable {
    private let configuration: PostgresConfiguration
    private let use: PostgresConnection.Use
    private let logger: Logger
    private let commands: CommandQueue
    private let onReconnect: @Sendable (PostgresServerIdentity) -> Void
    private let isStarted = Mutex(false)

    /// Makes a channel; nothing is opened before the first command or `start`.
    /// - Parameter onReconnect: runs on the channel's thread after every connect, the first included, before any
    ///   waiting command is sent. It must not block.
    package init(
        configuration: PostgresConfiguration, use: PostgresConnection.Use = .multiplexed, logger: Logger,
        onReconnect: @escaping @Sendable (PostgresServerIdentity) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.use = use
        self.logger = logger
        self.onReconnect = onReconnect
        commands = CommandQueue(mailbox: ConnectionMailbox(), defaultTimeout: configuration.commandTimeout)
    }

    deinit {
        commands.mailbox.close()
    }

    /// Begins to connect without waiting for a command; harmless when begun already.
    package func start() {
        let mustStart = isStarted.withLock { isStarted in
            defer { isStarted = true }
            return !isStarted
        }
        guard mustStart else { return }
        let plan = ConnectionPlan.always(connected: onReconnect, isShared: use == .multiplexed)
        OSThread.start("pg-channel") { [configuration, logger, mailbox = commands.mailbox] in
            ConnectionLoop(configuration, mailbox: mailbox, plan: plan, logger: logger).run()
        }
    }

    /// As `PostgresConnection.batch`, and waits while there is no connection.
    package func batch(_ queries: [PostgresQuery], timeout: Duration? = nil) async throws -> [PostgresResult] {
        start()
        return try await commands.run(queries, timeout: timeout, cancellation: use == .exclusive ? .wait : .abandon)
    }

    /// As `PostgresConnection.query`, and waits while there is no connection.
    package func query(_ query: PostgresQuery, timeout: Duration? = nil) async throws -> PostgresResult {
        start()
        let cancellation: CommandQueue.Cancellation = use == .exclusive ? .interrupt : .abandon
        return try PostgresConnection.only(
            try await commands.run([query], timeout: timeout, cancellation: cancellation))
    }

    /// The server of the current connection; nil while there is none.
    package var identity: PostgresServerIdentity? { commands.mailbox.identity }

    /// True once `close` has been called.
    package var isClosed: Bool { commands.mailbox.isClosed }

    /// Refuses new commands, fails waiting ones, waits for those in flight, ends the connection and its thread.
    package func close() async {
        let wasStarted = isStarted.withLock { isStarted in
            defer { isStarted = true }
            return isStarted
        }
        guard wasStarted else { return commands.mailbox.end(.closed("channel")) }
        await commands.close()
    }
}

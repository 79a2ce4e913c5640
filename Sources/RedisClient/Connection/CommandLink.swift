import Logging
import NIOCore
import Synchronization

/// Keeps at most one command connection, makes a new one when the last has ended, and pauses between failures.
final class CommandLink: Sendable {
    private struct State {
        var connection: CommandConnection?
        var policy: ReconnectPolicy
        var lastError: RedisError?
        var hasConnected = false
        var closed = false
    }

    private let connector: RedisConnector
    private let eventLoopGroup: any EventLoopGroup
    private let statistics: StatisticsRecorder
    private let logger: Logger
    private let state: Mutex<State>

    init(
        connector: RedisConnector, eventLoopGroup: any EventLoopGroup, statistics: StatisticsRecorder, logger: Logger
    ) {
        self.connector = connector
        self.eventLoopGroup = eventLoopGroup
        self.statistics = statistics
        self.logger = logger
        let configuration = connector.configuration
        let policy = ReconnectPolicy(minimum: configuration.minimumBackoff, maximum: configuration.maximumBackoff)
        self.state = Mutex(State(policy: policy))
    }

    /// Whether there is a connection that is logged in.
    var isConnected: Bool {
        state.withLock { $0.connection }?.isReady ?? false
    }

    /// Queues a command on the present connection or on a fresh attempt.
    ///
    /// - Throws: `RedisError` with code `closed`, `connection` during a pause after failures, or `overloaded`.
    func enqueue(_ command: PendingCommand) throws(RedisError) {
        try connection().enqueue(command)
    }

    /// Ends everything for good; later commands fail as closed.
    ///
    /// - Returns: Completes when the channel is closed; nil when there is none.
    func shutdown() -> EventLoopFuture<Void>? {
        let connection = state.withLock { state in
            state.closed = true
            return state.connection
        }
        return connection?.shutdown(Self.closedError)
    }

    private func connection() throws(RedisError) -> CommandConnection {
        let (connection, isNew) = try state.withLock { state throws(RedisError) -> (CommandConnection, Bool) in
            guard !state.closed else { throw Self.closedError }
            if let connection = state.connection { return (connection, false) }
            guard state.policy.mayConnect(at: .now()) else {
                throw RedisError(.connection, state.lastError?.message ?? "the server cannot be reached")
            }
            let connection = makeConnection()
            state.connection = connection
            return (connection, true)
        }
        if isNew {
            connection.start()
        }
        return connection
    }

    private func makeConnection() -> CommandConnection {
        CommandConnection(
            connector: connector, eventLoop: eventLoopGroup.next(), statistics: statistics,
            onReady: { self.connectionReady() },
            onEnd: { connection, error, useful in self.connectionEnded(connection, error, useful: useful) })
    }

    private func connectionReady() {
        let isReconnect = state.withLock { state in
            defer { state.hasConnected = true }
            return state.hasConnected
        }
        statistics.update { counters in
            counters.connectionsOpened += 1
            counters.reconnects += isReconnect ? 1 : 0
        }
        logger.info("redis connected", metadata: [LogKey.address: "\(connector.configuration.address)"])
    }

    private func connectionEnded(_ connection: CommandConnection, _ error: RedisError, useful: Bool) {
        let failures = state.withLock { state -> Int? in
            guard state.connection === connection else { return nil }
            state.connection = nil
            state.lastError = error
            state.policy.connectionEnded(useful: useful, at: .now(), jitter: .random(in: 0...1))
            return state.closed ? nil : state.policy.failures
        }
        guard let failures else { return }
        if failures > 0 {
            statistics.update { $0.connectFailures += 1 }
        }
        logger.log(
            level: failures <= 1 ? .info : .debug, "redis connection ended",
            metadata: [LogKey.address: "\(connector.configuration.address)", LogKey.error: "\(error)"])
    }

    private static let closedError = RedisError(.closed, "the client was closed")
}

package import Logging
internal import Synchronization

/// A bounded set of exclusive connections, handed out in the order of asking.
///
/// Connections are opened when needed and kept; a broken one is replaced when somebody asks. Failed attempts to connect
/// are repeated with a jittered pause until the time to acquire is over.
package final class PostgresPool: Sendable {
    /// How a pool is doing.
    package struct Statistics: Hashable, Sendable {
        /// Connections that exist or are being opened.
        package let open: Int
        /// Connections nobody uses.
        package let idle: Int
        /// Tasks waiting for a connection.
        package let waiting: Int
    }

    private let configuration: PostgresConfiguration
    private let acquireTimeout: Duration
    let logger: Logger
    private let state: Mutex<PoolState>

    /// Makes a pool; nothing is opened before the first use.
    /// - Parameters:
    ///   - maximum: the most connections at a time, at least 1.
    ///   - acquireTimeout: the longest time to get a connection, opening one included.
    package init(configuration: PostgresConfiguration, maximum: Int, acquireTimeout: Duration, logger: Logger) {
        precondition(maximum > 0, "a pool needs room for one connection")
        self.configuration = configuration
        self.acquireTimeout = acquireTimeout
        self.logger = logger
        state = Mutex(PoolState(maximum: maximum))
    }

    /// Lends a connection for the length of `body`. A transaction left open in it is rolled back.
    /// - Throws: `poolTimeout`, `closed`, `CancellationError`, the failure to connect, or what `body` throws.
    package func withConnection<R: Sendable>(_ body: (PostgresConnection) async throws -> R) async throws -> R {
        let connection = try await acquire()
        do {
            let value = try await body(connection)
            await release(connection)
            return value
        } catch {
            await release(connection)
            throw error
        }
    }

    /// Runs one query on a connection of its own.
    package func query(_ query: PostgresQuery, timeout: Duration? = nil) async throws -> PostgresResult {
        try await withConnection { try await $0.query(query, timeout: timeout) }
    }

    /// Numbers of this moment.
    package var statistics: Statistics {
        state.withLock { Statistics(open: $0.open, idle: $0.idle.count, waiting: $0.waiters.count) }
    }

    /// Refuses new use, fails waiting tasks and ends idle connections; borrowed ones end when they come back.
    package func close() async {
        let (connections, waiters) = state.withLock { $0.close() }
        for waiter in waiters { waiter.settle(.failure(PostgresError.closed("pool"))) }
        for connection in connections { await connection.close() }
    }

    private func acquire() async throws -> PostgresConnection {
        try Task.checkCancellation()
        let deadline = ContinuousClock.now + acquireTimeout
        while true {
            let waiter = OneShot<PoolState.Grant>()
            let grant: PoolState.Grant
            switch state.withLock({ $0.request(waiter) }) {
            case .closed: throw PostgresError.closed("pool")
            case .granted(let immediate): grant = immediate
            case .wait: grant = try await wait(waiter, until: deadline)
            }
            switch grant {
            case .slot: return try await open(until: deadline)
            case .connection(let connection):
                if !connection.isClosed { return connection }
                hand(over: .slot)
            }
        }
    }

    private func wait(
        _ waiter: OneShot<PoolState.Grant>, until deadline: ContinuousClock.Instant
    ) async throws -> PoolState.Grant {
        let timeout = PostgresError(
            code: .poolTimeout, message: "no connection of the pool became free within \(acquireTimeout)")
        return try await withThrowingDiscardingTaskGroup { group in
            group.addTask { [self] in
                guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
                if waiter.settle(.failure(timeout)) { forget(waiter) }
            }
            defer { group.cancelAll() }
            return try await withTaskCancellationHandler {
                try await waiter.value {}
            } onCancel: {
                if waiter.withdraw() { self.forget(waiter) }
            }
        }
    }

    private func forget(_ waiter: OneShot<PoolState.Grant>) {
        state.withLock { $0.forget(waiter) }
    }

    /// Opens a connection in a slot that is ours; the slot goes back when that fails for good.
    private func open(until deadline: ContinuousClock.Instant) async throws -> PostgresConnection {
        do {
            while true {
                if let pause = state.withLock({ $0.failures > 0 ? $0.failures : nil })
                    .map(configuration.reconnectBackoff.delay)
                {
                    try await Task.sleep(until: min(ContinuousClock.now + pause, deadline), clock: .continuous)
                }
                if let connection = try await attempt(until: deadline) { return connection }
            }
        } catch {
            hand(over: .slot)
            throw error
        }
    }

    /// One attempt; nil when it failed and there is time for another.
    private func attempt(until deadline: ContinuousClock.Instant) async throws -> PostgresConnection? {
        var configuration = configuration
        configuration.connectTimeout = max(
            .milliseconds(1), min(configuration.connectTimeout, deadline - ContinuousClock.now))
        do {
            let connection = try await PostgresConnection.connect(configuration, logger: logger)
            state.withLock { $0.failures = 0 }
            return connection
        } catch let error as PostgresError where error.isConnectionFailure {
            state.withLock { $0.failures += 1 }
            guard ContinuousClock.now < deadline else { throw error }
            logger.info("could not connect to PostgreSQL", metadata: ["postgres.error": "\(error)"])
            return nil
        }
    }

    private func release(_ connection: PostgresConnection) async {
        if connection.inTransaction, !connection.isClosed {
            do {
                _ = try await connection.shielded(PostgresTransaction.rollback)
            } catch {
                logger.error("could not roll back", metadata: ["postgres.error": "\(error)"])
                await connection.close()
            }
        }
        if state.withLock(\.isClosed) { await connection.close() }
        hand(over: connection.isClosed ? .slot : .connection(connection))
    }

    /// Gives what became free to the first in line that still waits.
    private func hand(over grant: PoolState.Grant) {
        while true {
            let waiter = state.withLock { state -> OneShot<PoolState.Grant>? in
                guard state.isClosed else { return state.next(for: grant) }
                state.drop()
                return nil
            }
            guard let waiter else { return }
            if waiter.settle(.success(grant)) { return }
        }
    }
}

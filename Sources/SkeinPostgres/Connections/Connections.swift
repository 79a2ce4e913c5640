// Which connection does what, and with which settings. The plan settings are part of the protocol: a plan made while
// tables were empty stays in use, so scans and merges that would be wrong later are never allowed.

import Logging
import PostgresClient

/// The connections of one store.
struct Connections: Sendable {
    /// Commits, each on a connection of its own.
    let writers: PostgresPool
    /// Keyed creates, cancels, registrations, lists, chores.
    let pool: PostgresPool
    /// Loads and other reads by key, interleaved.
    let reads: PostgresChannel
    /// Claims, releases, reparks: committed synchronously, because a forgotten claim would let two workers start.
    let claims: PostgresChannel
    /// Renewals and heartbeats: the only writes that may be lost in a crash.
    let renewals: PostgresChannel
    /// Transactions of users' code, with the settings of their user.
    let transactions: PostgresPool
    /// Signals and fences.
    let commands: PostgresChannel
    /// What looks at many rows at once: summaries, reports, roll-ups, retention. The planner is free there.
    let reports: PostgresPool
    private let scripts: PostgresConfiguration
    private let logger: Logger

    init(url: String, configuration: PostgresExecutionStore.Configuration, logger: Logger, incarnation: Incarnation) {
        func client(_ settings: [String: String] = [:]) -> PostgresConfiguration {
            var client = PostgresConfiguration(connectionString: url)
            client.applicationName = configuration.applicationName
            client.connectTimeout = configuration.connectTimeout
            client.commandTimeout = configuration.commandTimeout
            client.settings = Self.settings(configuration).merging(settings) { $1 }
            return client
        }
        func channel(_ settings: [String: String] = [:]) -> PostgresChannel {
            PostgresChannel(configuration: client(settings), logger: logger) { incarnation.observe($0) }
        }
        func pool(_ size: Int) -> PostgresPool {
            PostgresPool(
                configuration: client(), maximum: max(1, size), acquireTimeout: configuration.acquireTimeout,
                logger: logger)
        }
        writers = pool(configuration.writers)
        self.pool = pool(configuration.poolSize)
        var plain = client()
        plain.settings = ["client_min_messages": "warning", "idle_in_transaction_session_timeout": "60s"]
        transactions = PostgresPool(
            configuration: plain, maximum: max(1, configuration.poolSize),
            acquireTimeout: configuration.acquireTimeout, logger: logger)
        reads = channel()
        claims = channel()
        renewals = channel(["synchronous_commit": "off"])
        commands = channel()
        var free = client()
        free.settings = [
            "search_path": Self.settings(configuration)["search_path"] ?? "", "jit": "off",
            "random_page_cost": "1.1", "client_min_messages": "warning", "lock_timeout": "2s",
            "idle_in_transaction_session_timeout": "30s", "TimeZone": "UTC",
        ]
        reports = PostgresPool(
            configuration: free, maximum: 2, acquireTimeout: configuration.acquireTimeout, logger: logger)
        var scripts = client(["lock_timeout": "0", "client_min_messages": "error"])
        scripts.commandTimeout = .seconds(600)
        self.scripts = scripts
        self.logger = logger
    }

    static func settings(_ configuration: PostgresExecutionStore.Configuration) -> [String: String] {
        [
            "search_path": "\"\(configuration.schema.replacing("\"", with: "\"\""))\"",
            "enable_seqscan": "off", "enable_mergejoin": "off", "enable_hashjoin": "off", "jit": "off",
            "plan_cache_mode": "force_generic_plan", "synchronous_commit": "on", "client_min_messages": "warning",
            "lock_timeout": "\(max(1, configuration.lockTimeout.milliseconds))ms",
            "idle_in_transaction_session_timeout": "30s", "TimeZone": "UTC",
            "default_transaction_isolation": "read committed",
        ]
    }

    /// A connection of its own that hears what is notified under a name, and whenever it was made anew.
    func listener(to name: String, _ heard: @escaping @Sendable () -> Void) -> PostgresChannel {
        var listening = scripts
        listening.listensTo = name
        listening.notified = heard
        return PostgresChannel(configuration: listening, logger: logger) { _ in heard() }
    }

    /// A connection for scripts that may wait for locks: migrations.
    func script(logger: Logger) async throws -> PostgresConnection {
        try await PostgresConnection.connect(scripts, logger: logger)
    }

    func close() async {
        await writers.close()
        await transactions.close()
        await reports.close()
        await pool.close()
        for channel in [reads, claims, renewals, commands] { await channel.close() }
    }
}

extension Duration {
    /// Whole milliseconds; what configuration uses never overflows.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }
}

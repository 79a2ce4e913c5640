import Foundation
import Logging
import PostgresClient
import RedisClient
import Skein
import SkeinCore
import SkeinPostgres
import SkeinRedis

/// The servers, and engines over them in a schema of this run's own.
struct BenchEnvironment: Sendable {
    let databaseURL: String
    let redisURL: String?
    private(set) var schema = "skein_bench_\(getpid())"
    let admin: PostgresPool
    private let logger = Logger(label: "skein.bench")

    init(databaseURL: String?, redisURL: String?) throws {
        let variables = ProcessInfo.processInfo.environment
        guard let url = databaseURL ?? variables["SKEIN_TEST_DATABASE_URL"] ?? variables["DATABASE_URL"] else {
            throw BenchError("no database: give --database-url, or run scripts/bench, which starts one")
        }
        self.databaseURL = url
        self.redisURL = redisURL ?? variables["SKEIN_TEST_REDIS_URL"] ?? variables["REDIS_URL"]
        var configuration = PostgresConfiguration(connectionString: url)
        configuration.applicationName = "skein-bench-admin"
        admin = PostgresPool(configuration: configuration, maximum: 4, acquireTimeout: .seconds(10), logger: logger)
    }

    /// The same servers, with another schema.
    func with(schema: String) -> Self {
        var other = self
        other.schema = schema
        return other
    }

    /// Runs `body` with an empty schema, which is dropped afterwards.
    func withSchema(_ body: () async throws -> Void) async throws {
        try await script("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        let store = makeStore()
        _ = try await store.migrate()
        await store.close()
        do {
            try await body()
        } catch {
            try await script("DROP SCHEMA IF EXISTS \(schema) CASCADE")
            throw error
        }
        try await script("DROP SCHEMA IF EXISTS \(schema) CASCADE")
        await admin.close()
    }

    func makeStore() -> PostgresExecutionStore {
        var configuration = PostgresExecutionStore.Configuration()
        configuration.schema = schema
        return PostgresExecutionStore(url: databaseURL, configuration: configuration, logger: logger)
    }

    /// A running engine for the time of `body`.
    func withEngine<Result: Sendable>(
        metrics: CountingMetrics = CountingMetrics(), configure: (inout EngineConfiguration) -> Void = { _ in },
        _ body: @Sendable (Engine) async throws -> Result
    ) async throws -> Result {
        var configuration = EngineConfiguration()
        configuration.grace = .seconds(5)
        configure(&configuration)
        let store = makeStore()
        let coordination = try redisURL.map { try Coordination.redis($0, prefix: schema, logger: logger) }
        let engine = Engine(
            store: store, coordination: coordination, configuration: configuration, logger: logger, metrics: metrics)
        let result = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await engine.run() }
            while !engine.isRunning { await Task.yield() }
            let result = try await body(engine)
            group.cancelAll()
            try? await group.waitForAll()
            return result
        }
        await store.close()
        return result
    }

    func script(_ sql: String) async throws {
        try await admin.withConnection { try await $0.simple(sql) }
    }

    func number(_ sql: String) async throws -> Double {
        let result = try await admin.query(PostgresQuery(PostgresStatement("bench_\(abs(sql.hashValue))", sql)))
        guard let row = result.first else { return 0 }
        return try row.double(0)
    }

    func text(_ sql: String) async throws -> String? {
        try await admin.query(PostgresQuery(PostgresStatement("bench_\(abs(sql.hashValue))", sql))).first?.raw(0)
    }

    /// The server's processes.
    func backends() async throws -> [Int32] {
        let sql = "SELECT pid::int8 FROM pg_stat_activity"
        let result = try await admin.query(PostgresQuery(PostgresStatement("bench_backends", sql)))
        return try result.rows.map { Int32(truncatingIfNeeded: try $0.int64(0)) }
    }

    /// Those of them that work for clients.
    func clients() async throws -> [Int32] {
        let sql = "SELECT pid::int8 FROM pg_stat_activity WHERE backend_type = 'client backend'"
        let result = try await admin.query(PostgresQuery(PostgresStatement("bench_clients", sql)))
        return try result.rows.map { Int32(truncatingIfNeeded: try $0.int64(0)) }
    }

    /// Buffers that statements have looked at, but for the bench's own reads.
    func buffers() async throws -> Double {
        try await number(
            "SELECT COALESCE(sum(shared_blks_hit + shared_blks_read), 0)::float8 FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_%'"
        )
    }

    func walBytes() async throws -> Double {
        try await number("SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8")
    }

    /// Statements that PostgreSQL has run, but for the bench's own reads.
    func statements() async throws -> Double {
        try await number(
            "SELECT COALESCE(sum(calls), 0)::float8 FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_%'")
    }

    /// Commands that Redis has run between two readings, but for the readings' own.
    func redisCommands(while body: () async throws -> Void) async throws -> Double {
        guard let redisURL else {
            try await body()
            return 0
        }
        let client = RedisClient(configuration: try RedisConfiguration(url: redisURL), logger: logger)
        let before = try await redisCommands(client)
        try await body()
        let after = try await redisCommands(client)
        await client.close()
        // The first reading counts for the second.
        return after - before - 1
    }

    private func redisCommands(_ client: RedisClient) async throws -> Double {
        let reply = try await client.command(["INFO", "stats"])
        let line = reply.string?.split(whereSeparator: \.isNewline).first { $0.hasPrefix("total_commands_processed:") }
        return line.flatMap { Double($0.drop { $0 != ":" }.dropFirst()) } ?? 0
    }
}

struct BenchError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

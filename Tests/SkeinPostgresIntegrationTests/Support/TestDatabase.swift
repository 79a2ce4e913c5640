// Where the tests run: each in a schema of its own on the server that SKEIN_TEST_DATABASE_URL names.

import Foundation
import Logging
import PostgresClient
import Skein
import SkeinCore
import SkeinPostgres
import Testing

enum TestDatabase {
    static let url = ProcessInfo.processInfo.environment["SKEIN_TEST_DATABASE_URL"] ?? ""
    static let isSet = !url.isEmpty
    static let reason: Comment = "SKEIN_TEST_DATABASE_URL is not set: nothing about PostgreSQL is tested"

    static let logger: Logger = {
        var logger = Logger(label: "skein.tests")
        logger.logLevel = .error
        return logger
    }()

    /// Runs `body` with a migrated schema and drops it.
    static func withSchema(_ body: (TestSchema) async throws -> Void) async throws {
        let schema = TestSchema(name: "skein_test_" + String(UInt64.random(in: .min ... .max), radix: 36))
        do {
            let store = schema.store()
            _ = try await store.migrate()
            await store.close()
            try await body(schema)
        } catch {
            try await schema.drop()
            throw error
        }
        try await schema.drop()
    }

    /// Runs `body` with a store on a schema of its own.
    static func withStore(
        clock: any EngineClock = SystemClock(), _ body: (PostgresExecutionStore, TestSchema) async throws -> Void
    ) async throws {
        try await withSchema { schema in
            let store = schema.store(clock: clock, asEngine: true)
            do {
                try await body(store, schema)
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        }
    }
}

struct TestSchema {
    let name: String

    /// As the owner, who may migrate; or as the role `skein_engine`, which may do what an engine needs and nothing else.
    func store(clock: any EngineClock = SystemClock(), asEngine: Bool = false) -> PostgresExecutionStore {
        var configuration = PostgresExecutionStore.Configuration()
        configuration.schema = name
        configuration.applicationName = name
        configuration.lockTimeout = .milliseconds(50)
        let url = TestDatabase.url
        let role = url + (url.contains("?") ? "&" : "?") + "options=-c%20role%3Dskein_engine"
        return PostgresExecutionStore(
            url: asEngine ? role : url, configuration: configuration, clock: clock, logger: TestDatabase.logger)
    }

    /// A connection beside the store's, with the store's settings.
    func connect() async throws -> PostgresConnection {
        var client = PostgresConfiguration(connectionString: TestDatabase.url)
        client.settings = [
            "search_path": "\"\(name)\"", "client_min_messages": "warning", "enable_seqscan": "off",
            "enable_mergejoin": "off",
            "enable_hashjoin": "off", "jit": "off", "plan_cache_mode": "force_generic_plan",
        ]
        return try await PostgresConnection.connect(client, logger: TestDatabase.logger)
    }

    func rows(_ sql: String) async throws -> [PostgresRow] {
        let connection = try await connect()
        let result = try await connection.query(PostgresQuery(PostgresStatement("ask", sql)))
        await connection.close()
        return Array(result.rows)
    }

    func count(_ sql: String) async throws -> Int64 { try await rows(sql).first?.int64(0) ?? 0 }

    func run(_ sql: String) async throws {
        let connection = try await connect()
        do { try await connection.simple(sql) } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    /// Terminates the stores' connections at every signal. Returns how many it got.
    func killBackends(at signals: AsyncStream<Void>) async throws -> Int64 {
        let nemesis = try await connect()
        let kill = PostgresStatement(
            "kill", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1")
        var killed: Int64 = 0
        for await _ in signals {
            killed += Int64(try await nemesis.query(PostgresQuery(kill, [.text(name)])).rowCount)
        }
        await nemesis.close()
        return killed
    }

    func drop() async throws {
        try await run("DROP SCHEMA IF EXISTS \"\(name)\", \"\(name)_report\" CASCADE")
    }
}

@Suite struct EnvironmentTests {
    @Test func `continuous integration has a database`() {
        if ProcessInfo.processInfo.environment["CI"] != nil { #expect(TestDatabase.isSet) }
    }
}

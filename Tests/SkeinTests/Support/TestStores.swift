// The kinds of store that what is said of flows is tried on: in memory, and PostgreSQL where there is one.

import Foundation
import Logging
import PostgresClient
import Skein
import SkeinCore
import SkeinPostgres
import Synchronization
import Testing

/// Runs each test of a suite once for every kind of store.
struct OnEveryStore: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await function()
        guard let database = TestDatabase.shared else { return }
        let loans = Loans(database)
        do {
            try await TestStore.$loans.withValue(loans) { try await function() }
        } catch {
            try await loans.giveBack()
            throw error
        }
        try await loans.giveBack()
    }
}

extension Trait where Self == OnEveryStore {
    static var everyStore: Self { OnEveryStore() }
}

/// The store of whatever kind the test runs on.
enum TestStore {
    @TaskLocal fileprivate static var loans: Loans?

    /// An empty one.
    static func new(clock: any EngineClock = SystemClock()) async throws -> any ExecutionStore {
        guard let loans else { return InMemoryExecutionStore(clock: clock) }
        return try await loans.store(clock)
    }
}

/// The stores of one test.
private final class Loans: Sendable {
    private let database: TestDatabase
    private let stores = Mutex<[(schema: String, store: PostgresExecutionStore)]>([])

    init(_ database: TestDatabase) { self.database = database }

    func store(_ clock: any EngineClock) async throws -> PostgresExecutionStore {
        let schema = try await database.lend()
        let store = database.store(schema, clock)
        stores.withLock { $0.append((schema, store)) }
        return store
    }

    func giveBack() async throws {
        for (schema, store) in stores.withLock({ $0 }) {
            await store.close()
            try await database.giveBack(schema)
        }
    }
}

/// Schemas of the server that SKEIN_TEST_DATABASE_URL names, `skein_flows_1` and so on. To make one takes longer than a
/// test, so they are emptied and used again, also by the next process; locks keep processes apart.
private actor TestDatabase {
    static let shared =
        (ProcessInfo.processInfo.environment["SKEIN_TEST_DATABASE_URL"] ?? "").isEmpty
        ? nil : TestDatabase(ProcessInfo.processInfo.environment["SKEIN_TEST_DATABASE_URL"] ?? "")

    private let url: String
    private var free: [String] = []
    private var made = 0
    /// Holds the locks.
    private var keeper: PostgresConnection?
    private let logger: Logger = {
        var logger = Logger(label: "skein.tests")
        logger.logLevel = .error
        return logger
    }()

    private init(_ url: String) { self.url = url }

    /// As the role `skein_engine`, which may do what an engine needs and nothing else, or as the owner, who migrates.
    nonisolated func store(_ schema: String, _ clock: any EngineClock, asOwner: Bool = false) -> PostgresExecutionStore
    {
        var configuration = PostgresExecutionStore.Configuration()
        configuration.schema = schema
        let role = url + (url.contains("?") ? "&" : "?") + "options=-c%20role%3Dskein_engine"
        return PostgresExecutionStore(
            url: asOwner ? url : role, configuration: configuration, clock: clock, logger: logger)
    }

    func lend() async throws -> String {
        if let schema = free.popLast() { return schema }
        while true {
            made += 1
            let schema = "skein_flows_\(made)"
            let lock = PostgresStatement("lock", "SELECT pg_try_advisory_lock(hashtext($1))")
            let isOurs = try await connection().query(PostgresQuery(lock, [.text(schema)])).rows[0].bool(0)
            guard isOurs else { continue }
            let store = store(schema, SystemClock(), asOwner: true)
            _ = try await store.migrate()
            await store.close()
            try await empty(schema)
            return schema
        }
    }

    /// Whatever a test did: every log fits together, and the hashes of its rows.
    func giveBack(_ schema: String) async throws {
        try await connection().simple(
            """
            DO $$ DECLARE misfit record; BEGIN
                SELECT * INTO misfit FROM \(schema).verify_logs(ARRAY(SELECT id FROM \(schema).executions)) LIMIT 1;
                IF FOUND THEN RAISE EXCEPTION 'the log of % does not fit at %: %', misfit.execution_id, misfit.seq, misfit.problem; END IF;
            END $$
            """)
        try await empty(schema)
        free.append(schema)
    }

    private func empty(_ schema: String) async throws {
        try await connection().simple(
            """
            DO $$ DECLARE t text; BEGIN
                PERFORM set_config('skein.retention', 'on', true);
                FOR t IN SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = '\(schema)' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                        AND c.relname NOT IN ('migrations', 'rollup_state')
                LOOP EXECUTE 'DELETE FROM ' || t; END LOOP;
            END $$
            """)
    }

    private func connection() async throws -> PostgresConnection {
        if let keeper { return keeper }
        let made = try await PostgresConnection.connect(
            PostgresConfiguration(connectionString: url), logger: logger)
        if let keeper {
            // Another test was as fast.
            await made.close()
            return keeper
        }
        keeper = made
        return made
    }
}

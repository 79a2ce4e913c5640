import PostgresClient
import Skein
@testable import SkeinPostgres
import Testing

@Suite(.enabled(if: TestDatabase.isSet, TestDatabase.reason), .timeLimit(.minutes(2)))
struct MigrationTests {
    @Test func `eight instances migrate at once and each script runs once`() async throws {
        let schema = TestSchema(name: "skein_test_" + String(UInt64.random(in: .min ... .max), radix: 36))
        let applied = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let store = schema.store()
                    let names = try await store.migrate()
                    await store.close()
                    return names
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied.sorted() == Migration.all.map(\.name).sorted())
        #expect(try await schema.count("SELECT count(*) FROM migrations") == Int64(Migration.all.count))
        try await schema.drop()
    }

    @Test func `a script that was changed after it was applied is refused`() async throws {
        try await TestDatabase.withStore { store, schema in
            try await schema.run("UPDATE migrations SET checksum = '\\x00' WHERE version = 2")
            let error = await #expect(throws: StoreError.self) { try await store.migrate() }
            #expect(error?.code == .schema)
            #expect(error?.message.contains("migration 2") == true)
            let health = try await store.verify()
            #expect(health.findings.contains { $0.name == "schema" && !$0.isFine })
        }
    }

    @Test func `a schema of a newer program is refused`() async throws {
        try await TestDatabase.withStore { store, schema in
            try await schema.run("INSERT INTO migrations (version, name, checksum) VALUES (999, 'future', '\\x00')")
            let error = await #expect(throws: StoreError.self) { try await store.migrate() }
            #expect(error?.code == .schema)
        }
    }

    @Test func `a migrated schema on a durable server is fine`() async throws {
        try await TestDatabase.withStore { store, _ in
            let health = try await store.verify()
            #expect(health.isFine, "\(health.findings.filter { !$0.isFine })")
        }
    }

    @Test func `a missing schema is a finding, and calls say so`() async throws {
        let store = TestSchema(name: "skein_test_missing").store()
        let health = try await store.verify()
        #expect(health.findings.contains { $0.name == "schema" && !$0.isFine })
        let error = await #expect(throws: StoreError.self) {
            try await store.commit([Sample.step(Sample.execution(), at: 1)], writer: 0)
        }
        #expect(error?.code == .schema)
        await store.close()
    }

    @Test func `a name that cannot be a schema is refused before anything runs`() async throws {
        let store = TestSchema(name: "No\"Way").store()
        let error = await #expect(throws: StoreError.self) { try await store.migrate() }
        #expect(error?.code == .schema)
        await store.close()
    }

    @Test func `partitions of this month and the next two exist, and making them again makes none`() async throws {
        try await TestDatabase.withStore { store, schema in
            for table in ["log", "executions", "outcomes"] {
                let count = try await schema.count(
                    "SELECT count(*) FROM pg_inherits WHERE inhparent = '\(schema.name).\(table)'::regclass")
                #expect(count == 4)
            }
            try await store.maintain()
            #expect(try await schema.count("SELECT cardinality(ensure_partitions(2))::bigint") == 0)
            _ = try await store.commit([Sample.create(Sample.execution())], writer: 0)
            #expect(try await schema.count("SELECT count(*) FROM log_default") == 0)
            #expect(try await schema.count("SELECT count(*) FROM log") == 1)
        }
    }
}

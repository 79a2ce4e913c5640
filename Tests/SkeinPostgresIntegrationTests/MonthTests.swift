import PostgresClient
import Skein
import SkeinCore
import SkeinPostgres
import Testing

/// Months as partitions, and the log as evidence.
@Suite(.enabled(if: TestDatabase.isSet, TestDatabase.reason), .timeLimit(.minutes(2)))
struct MonthTests {
    private func engine(_ store: PostgresExecutionStore, _ clock: any EngineClock) async throws -> Engine {
        let engine = Engine(store: store, clock: clock, logger: TestDatabase.logger)
        engine.use("work") { (task: TaskContext<JSONValue>, next) in
            switch task.payload {
            case "parent": task.stage == 0 ? next([ChildTask("work"), ChildTask("work")]) : .success(nil)
            case "wait": .suspend(reason: "for somebody")
            default: .success(task.payload)
            }
        }
        return engine
    }

    @Test func `a month that has expired is dropped, and what lives of it is moved first`() async throws {
        let clock = VirtualClock()
        try await TestDatabase.withStore(clock: clock) { store, schema in
            // The clock's months, which are not the server's.
            let month = "y" + String(clock.now.description.prefix(7)).replacing("-", with: "m")
            for table in ["log", "executions", "outcomes"] {
                try await schema.run(
                    """
                    DO $$ DECLARE month timestamp := date_trunc('month', TIMESTAMP '\(clock.now.description.prefix(19))'); BEGIN
                        EXECUTE format('CREATE TABLE \(table)_\(month) PARTITION OF \(table) FOR VALUES FROM (%L) TO (%L)',
                            partition_bound(month), partition_bound(month + INTERVAL '1 month'));
                    END $$
                    """)
            }
            let engine = try await engine(store, clock)
            for _ in 0..<20 { _ = try await engine.async("work") }
            let parent = try await engine.async("work", payload: "parent").execution.id
            let waits = try await engine.async("work", payload: "wait").execution.id
            while try await engine.driveDue(limit: 10).claimed > 0 {}
            #expect(try await schema.count("SELECT count(*) FROM executions_\(month)") == 24)
            let policy = RetentionPolicy.ended(.seconds(86_400))
            #expect(try await store.dropMonth(policy, by: Intervention()) == nil)
            clock.advance(by: .seconds(86_400 * 60))
            let result = try await engine.prune(policy)
            #expect(result.months == [month] && result.executions == 23)
            #expect(try await schema.count("SELECT count(*) FROM executions") == 1)
            #expect(try await schema.count("SELECT count(DISTINCT execution_id) FROM log_default") == 1)
            #expect(try await schema.count("SELECT count(*) FROM children") == 0)
            #expect(try await schema.count("SELECT count(*) FROM audit WHERE action = 'retention.drop'") == 1)
            #expect(try await store.record(parent) == nil)
            // What was moved goes on, and its log still fits.
            try await engine.resumeTask(waits)
            while try await engine.driveDue(limit: 10).claimed > 0 {}
            #expect(try await engine.verifyAudit(waits).misfits.isEmpty)
        }
    }

    @Test func `rows of the log are never changed, nor taken by hand`() async throws {
        try await TestDatabase.withStore { store, schema in
            let engine = try await engine(store, SystemClock())
            _ = try await engine.async("work")
            for change in [
                "UPDATE log SET body = body", "DELETE FROM log", "TRUNCATE log", "TRUNCATE log_default",
                "INSERT INTO audit (action, target) VALUES ('a', 'b'); DELETE FROM audit", "TRUNCATE audit",
            ] {
                let error = await #expect(throws: PostgresError.self) { try await schema.run(change) }
                #expect(error?.sqlState == "SK005", "\(change): \(String(describing: error))")
            }
        }
    }

    @Test(arguments: [
        ("UPDATE log SET body = set_byte(body, 20, get_byte(body, 20) # 1) WHERE seq = $SEQ", true),
        ("UPDATE log SET hash = set_byte(hash, 3, get_byte(hash, 3) # 1) WHERE seq = $SEQ", true),
        ("UPDATE log SET at = at + INTERVAL '1 microsecond' WHERE seq = $SEQ", true),
        ("UPDATE log SET op_id = gen_random_uuid() WHERE seq = $SEQ", true),
        ("UPDATE log SET kind = (kind # 4::smallint) WHERE seq = $SEQ", true),
        ("UPDATE log SET hash = NULL WHERE seq = $SEQ AND seq > 1", false),
        ("DELETE FROM log WHERE seq = $SEQ", true),
    ])
    func `whatever is changed behind the engine's back is found`(change: String, isAlways: Bool) async throws {
        try await TestDatabase.withStore { store, schema in
            let engine = try await engine(store, SystemClock())
            let id = try await engine.async("work", payload: "parent").execution.id
            while try await engine.driveDue(limit: 10).claimed > 0 {}
            #expect(try await engine.verifyAudit().misfits.isEmpty)
            let positions = try await schema.rows("SELECT seq FROM log WHERE execution_id = '\(id)' ORDER BY seq").map {
                try $0.int64(0)
            }
            for position in positions where isAlways || position > 1 {
                // Whoever owns the table can do anything.
                try await schema.run(
                    """
                    SET session_replication_role = replica; CREATE TABLE before AS SELECT * FROM log WHERE execution_id = '\(id)';
                    \(change.replacing("$SEQ", with: "\(position) AND execution_id = '\(id)'"))
                    """)
                let misfits = try await engine.verifyAudit(id).misfits
                #expect(
                    misfits.contains { $0.executionID == id && $0.position >= position }, "\(change) at \(position)")
                #expect(try await engine.verifyAudit().misfits == misfits)
                try await schema.run(
                    """
                    SET session_replication_role = replica; DELETE FROM log WHERE execution_id = '\(id)';
                    INSERT INTO log SELECT * FROM before; DROP TABLE before
                    """)
                #expect(try await engine.verifyAudit(id).misfits.isEmpty)
            }
        }
    }
}

import PostgresClient
import Skein
import SkeinCore
import SkeinPostgres
import Synchronization
import Testing

/// SQL of a step's code and the record of it: in one transaction.
@Suite(.enabled(if: TestDatabase.isSet, TestDatabase.reason), .timeLimit(.minutes(2)))
struct TransactionTests {
    private final class Counter: Sendable {
        private let count = Atomic(0)
        func next() -> Int { count.add(1, ordering: .relaxed).newValue }
        var value: Int { count.load(ordering: .relaxed) }
    }

    /// An engine whose step `pay` runs `code` over a table of accounts with 100 in it.
    private static func with(
        retries: Int = 0, _ code: @escaping @Sendable (StepContext, String) async throws -> JSONValue,
        _ body: (Engine, TestSchema) async throws -> Void
    ) async throws {
        try await TestDatabase.withStore { store, schema in
            let table = "\"\(schema.name)\".accounts"
            try await schema.run(
                """
                CREATE TABLE \(table) (
                    id text PRIMARY KEY, balance numeric(12,2) NOT NULL CHECK (balance >= 0), seen jsonb, since timestamptz,
                    owner uuid, is_open boolean NOT NULL DEFAULT true);
                INSERT INTO \(table) (id, balance) VALUES ('a', 100);
                GRANT ALL ON \(table) TO skein_engine
                """)
            let engine = Engine(store: store)
            engine.handle("pay") { _, step in .success(try await code(step, table)) }
            let retry: JSONValue = ["maxAttempts": .int(Int64(retries)), "backoffMs": 0]
            try await engine.register([
                "id": "pay", "version": "1.0.0", "initialStepId": "pay",
                "steps": ["pay": ["type": "pay", "outputKey": "out", "retry": retry]],
            ])
            try await body(engine, schema)
        }
    }

    private static func run(_ engine: Engine) async throws -> Execution {
        try await engine.run(try await engine.create("pay").execution.id)
    }

    private static func balance(_ schema: TestSchema) async throws -> String {
        try await schema.rows("SELECT balance::text FROM \"\(schema.name)\".accounts WHERE id = 'a'")[0].string(0)
    }

    @Test func `SQL and its record are committed together, and once`() async throws {
        let entered = Counter()
        try await Self.with(retries: 2) { step, table in
            let rows = try await step.transaction("take") { sql in
                try await sql.query(
                    "UPDATE \(table) SET balance = balance - $1 WHERE id = $2 RETURNING balance, is_open", 30, "a")
            }
            if entered.next() < 3 { throw StepFailure("FLAKY") }
            return .array(rows.map { .object($0) })
        } _: { engine, schema in
            let end = try await Self.run(engine)
            #expect(end.status == .completed && end.result == [["balance": .number("70.00") ?? nil, "is_open": true]])
            #expect(entered.value == 3)
            #expect(try await Self.balance(schema) == "70.00")
            let events = try await engine.events(of: end.id)
            #expect(events.count { $0.type == "checkpoint" } == 1)
        }
    }

    @Test(arguments: ["run", "sleep", "progress", "transaction"])
    func `what a step records cannot be asked for inside its transaction`(_ what: String) async throws {
        try await Self.with { step, table in
            try await step.transaction { sql in
                _ = try await sql.query("UPDATE \(table) SET balance = 0 WHERE id = 'a'")
                switch what {
                case "run": try await step.perform("inner") {}
                case "sleep": try await step.sleep(for: .seconds(1))
                case "progress": try await step.progress("half")
                default: _ = try await step.transaction("inner") { _ in true }
                }
                return JSONValue.null
            }
        } _: { engine, schema in
            let end = try await Self.run(engine)
            #expect(end.status == .failed && end.error?.code == "INVALID_TRANSITION")
            #expect(try await Self.balance(schema) == "100.00")
        }
    }

    @Test func `values of all kinds go in and come out`() async throws {
        try await Self.with { step, table in
            let rows = try await step.transaction { sql in
                try await sql.query(
                    """
                    UPDATE \(table) SET seen = $1, since = $2, owner = $3, is_open = $4, balance = $5 WHERE id = $6
                    RETURNING seen, since, owner, is_open, balance::float8 AS f, 7::bigint AS n, NULL::text AS nothing,
                        ARRAY[1, 2] AS list
                    """,
                    ["a": [1, "x"]], "2026-01-01T00:00:00Z", "00000000-0000-4000-8000-000000000001", false, 12.5, "a")
            }
            return .object(rows[0])
        } _: { engine, _ in
            let end = try await Self.run(engine)
            #expect(end.result?["seen"] == ["a": [1, "x"]] && end.result?["is_open"] == false)
            #expect(end.result?["owner"] == "00000000-0000-4000-8000-000000000001")
            #expect(end.result?["f"] == 12.5 && end.result?["n"] == 7 && end.result?["nothing"] == .some(nil))
            #expect(end.result?["list"] == "{1,2}")
        }
    }

    @Test func `what the code throws undoes its SQL`() async throws {
        try await Self.with { step, table in
            try await step.transaction { sql in
                try await sql.query("UPDATE \(table) SET balance = 0")
                throw StepFailure("CHANGED_MY_MIND", isRetryable: false)
            }
        } _: { engine, schema in
            let end = try await Self.run(engine)
            #expect(end.error?.code == "CHANGED_MY_MIND")
            #expect(try await Self.balance(schema) == "100.00")
        }
    }

    @Test func `a violated constraint is a clear failure, and nothing stays`() async throws {
        try await Self.with(retries: 3) { step, table in
            .array(
                try await step.transaction { sql in
                    try await sql.query("UPDATE \(table) SET balance = balance - 1")
                    return try await sql.query("UPDATE \(table) SET balance = balance - 1000")
                }.map { .object($0) })
        } _: { engine, schema in
            let end = try await Self.run(engine)
            #expect(end.error?.code == "SQL_ERROR" && end.error?.details?["sqlState"] == "23514")
            #expect(end.error?.details?["constraint"] == "accounts_balance_check" && end.stepCount == 1)
            #expect(try await Self.balance(schema) == "100.00")
        }
    }

    @Test func `an owner that lost its execution takes its SQL back`() async throws {
        try await Self.with { step, table in
            let id = step.executionID
            return .array(
                try await step.transaction { sql in
                    // Somebody else appends at the place where the record would go.
                    try await sql.query(
                        """
                        INSERT INTO \(table.replacing("accounts", with: "log")) (execution_id, seq, n, kind, op_id, body, at)
                        SELECT $1::uuid, max(seq) + 1, 1, 2, gen_random_uuid(), '\\x7b7d', now()
                        FROM \(table.replacing("accounts", with: "log")) WHERE execution_id = $1::uuid
                        """, .string("\(id)"))
                    return try await sql.query("UPDATE \(table) SET balance = 0 RETURNING balance")
                }.map { .object($0) })
        } _: { engine, schema in
            let id = try await engine.create("pay").execution.id
            _ = try? await engine.run(id)
            #expect(try await Self.balance(schema) == "100.00")
        }
    }

    @Test func `branches that run at once have their transactions one after the other`() async throws {
        try await Self.with { step, table in
            let taken: JSONValue = step.stepID == "left" ? 10 : 20
            let rows = try await step.transaction { sql in
                try await sql.query(
                    "UPDATE \(table) SET balance = balance - $1 WHERE id = 'a' RETURNING balance", taken)
            }
            return .int(Int64(rows.count))
        } _: { engine, schema in
            engine.handle("note") { _, _ in .success(nil) }
            let branch: (String) -> JSONValue = { ["type": "pay", "outputKey": .string($0)] }
            try await engine.register([
                "id": "both", "version": "1.0.0", "initialStepId": "fork",
                "steps": [
                    "fork": ["type": "note", "transitions": ["onSuccess": ["left", "right"]]],
                    "left": branch("l"), "right": branch("r"),
                ],
            ])
            let end = try await engine.run(try await engine.create("both").execution.id)
            #expect(end.status == .completed && end.context["l"] == 1 && end.context["r"] == 1)
            #expect(try await Self.balance(schema) == "70.00")
        }
    }

    @Test func `a hundred executions that all change one row lose no change`() async throws {
        try await Self.with(retries: 5) { step, table in
            let rows = try await step.transaction { sql in
                try await sql.query("UPDATE \(table) SET balance = balance - 1 WHERE id = 'a' RETURNING balance")
            }
            return .int(Int64(rows.count))
        } _: { engine, schema in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await engine.run() }
                let ids = try await withThrowingTaskGroup(of: ExecutionID.self) { creations in
                    for _ in 0..<100 { creations.addTask { try await engine.create("pay").execution.id } }
                    return try await creations.reduce(into: []) { $0.append($1) }
                }
                for id in ids {
                    let end = try await engine.wait(for: id, timeout: .seconds(60))
                    #expect(end.status == .completed)
                }
                group.cancelAll()
            }
            #expect(try await Self.balance(schema) == "0.00")
        }
    }

    @Test func `connections that die at any moment neither lose nor double a change`() async throws {
        try await Self.with(retries: 50) { step, table in
            let rows = try await step.transaction { sql in
                try await sql.query("UPDATE \(table) SET balance = balance - 1 WHERE id = 'a' RETURNING balance")
            }
            return .int(Int64(rows.count))
        } _: { engine, schema in
            let (signals, kill) = AsyncStream.makeStream(of: Void.self)
            async let killed = schema.killBackends(at: signals)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await engine.run() }
                for _ in 0..<15 {
                    var ids: [ExecutionID] = []
                    for _ in 0..<4 { ids.append(try await engine.create("pay").execution.id) }
                    kill.yield()
                    for id in ids {
                        let end = try await engine.wait(for: id, timeout: .seconds(60))
                        #expect(end.status == .completed)
                    }
                }
                group.cancelAll()
            }
            kill.finish()
            #expect(try await killed > 0)
            #expect(try await Self.balance(schema) == "40.00")
        }
    }

    @Test func `a store without SQL says so`() async throws {
        let engine = Engine(store: .inMemory)
        engine.handle("pay") { _, step in .success(.int(try await step.transaction { _ in Int64(1) })) }
        try await engine.register([
            "id": "pay", "version": "1.0.0", "initialStepId": "pay", "steps": ["pay": ["type": "pay"]],
        ])
        #expect(try await Self.run(engine).error?.code == "NOT_SUPPORTED")
    }
}

// What other programs do in SQL, beside engines that run.

import PostgresClient
import Skein
import SkeinCore
import SkeinPostgres
import Testing

@Suite(.enabled(if: TestDatabase.isSet, TestDatabase.reason), .timeLimit(.minutes(2)))
struct RequestTests {
    /// An engine at work on a schema of its own, and a connection of somebody else.
    struct Scene: Sendable {
        let engine: Engine
        let store: PostgresExecutionStore
        let sql: PostgresConnection

        func ask(_ query: String) async throws -> PostgresRow? {
            try await sql.query(PostgresQuery(PostgresStatement(adHoc: query))).first
        }

        func text(_ query: String) async throws -> String? { try await ask(query)?.raw(0) }

        func id(_ query: String) async throws -> ExecutionID {
            try #require(ExecutionID(try await text(query) ?? ""))
        }

        /// The state and message of the error that the statement ends with.
        func failure(_ query: String) async throws -> (state: String, message: String)? {
            do {
                _ = try await ask(query)
                return nil
            } catch let error as PostgresError {
                return (error.sqlState ?? "", error.message)
            }
        }
    }

    private static let order: JSONValue = [
        "id": "order", "version": "1.0.0", "initialStepId": "work",
        "inputSchema": ["type": "object", "required": ["n"]],
        "steps": [
            "work": [
                "type": "echo", "input": ["type": "key", "key": "n"], "outputKey": "out",
                "transitions": ["onSuccess": nil],
            ]
        ],
    ]
    private static let approval: JSONValue = [
        "id": "approval", "version": "1.0.0", "initialStepId": "ask",
        "steps": ["ask": ["type": "ask", "outputKey": "answer", "transitions": ["onSuccess": nil]]],
    ]

    private func scene(_ body: @Sendable @escaping (Scene) async throws -> Void) async throws {
        try await TestDatabase.withStore { store, schema in
            var configuration = EngineConfiguration()
            // What is found sooner is found by the bell.
            configuration.sweep = .seconds(600)
            configuration.lease = .seconds(600)
            let engine = Engine(store: store, configuration: configuration, logger: TestDatabase.logger)
            engine.handle("echo") { input, _ in .success(input) }
            engine.handle("ask") { _, _ in .wait(WaitRequest(until: .signal("go"))) }
            engine.use("mail") { (task: TaskContext<JSONValue>, _) in .success(task.payload) }
            _ = try await engine.register(Self.order)
            _ = try await engine.register(Self.approval)
            _ = try await engine.async("mail", payload: "first")
            var client = PostgresConfiguration(connectionString: TestDatabase.url)
            client.settings = ["search_path": "\"\(schema.name)\"", "client_min_messages": "warning"]
            let sql = try await PostgresConnection.connect(client, logger: TestDatabase.logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await engine.run() }
                do { try await body(Scene(engine: engine, store: store, sql: sql)) } catch {
                    group.cancelAll()
                    throw error
                }
                group.cancelAll()
            }
            await sql.close()
        }
    }

    @Test func `what a transaction starts runs when it commits, and never was when it does not`() async throws {
        try await scene { scene in
            try await scene.sql.simple("BEGIN")
            let gone = try await scene.id("SELECT start('order', '{\"n\": 1}')")
            let task = try await scene.id("SELECT enqueue('mail', '{\"to\": \"ann\"}')")
            try await scene.sql.simple("ROLLBACK")
            #expect(try await scene.store.record(gone) == nil)
            #expect(try await scene.store.record(task) == nil)
            try await scene.sql.simple("BEGIN")
            let id = try await scene.id(
                "SELECT start('order', '{\"n\": 7}', '{\"tag\": \"t\", \"priority\": 5, \"metadata\": {\"by\": \"sql\"}, \"requestId\": \"r-1\"}')"
            )
            let mail = try await scene.id(
                "SELECT enqueue('mail', '\"hello\"', '{\"maxRetries\": 1, \"timeoutMs\": 5000}')")
            #expect(try await scene.store.record(id) == nil)
            try await scene.sql.simple("COMMIT")
            let done = try await scene.engine.wait(for: id)
            #expect(done.status == .completed && done.context["out"] == 7)
            #expect(done.creation.tag == "t" && done.creation.priority == 5 && done.creation.metadata == ["by": "sql"])
            #expect(done.creation.by.requestID == "r-1" && done.creation.by.actor != nil)
            #expect(try await scene.engine.wait(for: mail).result == "hello")
            let record = try await scene.engine.taskRecord(mail)
            #expect(record.status == .completed)
        }
    }

    @Test func `a key gives the same execution in SQL and in Swift, and another context is refused in both`()
        async throws
    {
        try await scene { scene in
            // Numbers and keys that are written in several ways.
            let document =
                #"{"n": 1.50e2, "z": [true, null, {"b": "\u20ac\"", "a": 1E-7}], "\ue000": 1, "\ud83d\ude00": 2, "A": 12345678901234567890123}"#
            let id = try await scene.id("SELECT start('order', '\(document)', '{\"idempotencyKey\": \"k\"}')")
            #expect(try await scene.id("SELECT start('order', '\(document)', '{\"idempotencyKey\": \"k\"}')") == id)
            let context = try #require(try JSONValue(parsing: document).object)
            let again = try await scene.engine.create("order", context: context, options: .init(idempotencyKey: "k"))
            #expect(again.execution.id == id && !again.created)
            await #expect(throws: EngineError.self) {
                try await scene.engine.create("order", context: ["n": 2], options: .init(idempotencyKey: "k"))
            }
            let refused = try await scene.failure("SELECT start('order', '{\"n\": 2}', '{\"idempotencyKey\": \"k\"}')")
            #expect(refused?.state == "SK004")
            #expect(
                try await scene.id(
                    "SELECT start('order', '{\"n\": 2}', '{\"idempotencyKey\": \"k\", \"onMismatch\": \"returnExisting\"}')"
                ) == id)
            let other = try await scene.engine.create(
                "order", context: ["n": 3], options: .init(idempotencyKey: "swift"))
            #expect(
                try await scene.id("SELECT start('order', '{\"n\": 3.0}', '{\"idempotencyKey\": \"swift\"}')")
                    == other.execution.id)
            _ = try await scene.engine.wait(for: id)
        }
    }

    @Test func `the key of what was deleted starts nothing, and says why`() async throws {
        try await scene { scene in
            let start = #"SELECT start('order', '{"n": 1}', '{"idempotencyKey": "k"}')"#
            let id = try await scene.id(start)
            _ = try await scene.engine.wait(for: id)
            try await scene.engine.delete(id)
            let hidden = try #require(try await scene.failure(start))
            #expect(hidden.state == "SK004")
            #expect(
                hidden.message == "the idempotency key 'k' was used for the execution \(id), which has been deleted")
            #expect(try await scene.text("SELECT count(*) FROM executions WHERE flow LIKE 'order%'") == "1")
        }
    }

    @Test func `errors say what is wrong, all of it, and what to do`() async throws {
        try await scene { scene in
            let options = #"{"priority": 1000, "tag": "", "delay": 5, "timeouts": {"executionMs": "x"}}"#
            let bad = try #require(try await scene.failure("SELECT start('order', '[]', '\(options)')"))
            #expect(bad.state == "22023")
            for part in ["priority:", "tag:", "delay:", "timeouts:", "context:"] {
                #expect(bad.message.contains(part), "\(part)")
            }
            #expect(try await scene.failure("SELECT start('nothing')")?.state == "SK003")
            #expect(
                try await scene.failure("SELECT start('order', '{}', '{\"flowVersion\": \"9.0.0\"}')")?.state == "SK003"
            )
            #expect(try await scene.failure("SELECT start('task:mail')")?.state == "22023")
            let task = try await scene.failure("SELECT enqueue('nothing')")
            #expect(task?.state == "SK003" && task?.message == "No handler registered for task: nothing")
            let nobody = "00000000-0000-7000-8000-000000000000"
            #expect(try await scene.failure("SELECT signal('\(nobody)', 'go')")?.state == "SK003")
            #expect(try await scene.failure("SELECT cancel('\(nobody)')")?.state == "SK003")
            let id = try await scene.id("SELECT start('order', '{\"n\": 1}')")
            _ = try await scene.engine.wait(for: id)
            #expect(try await scene.failure("SELECT signal('\(id)', 'go')")?.state == "SK006")
        }
    }

    @Test func `a context that does not fit the schema fails the execution, because SQL cannot check it`() async throws
    {
        try await scene { scene in
            let id = try await scene.id("SELECT start('order', '{}')")
            let failed = try await scene.engine.wait(for: id)
            #expect(failed.status == .failed && failed.error?.code == "INPUT_ERROR")
            #expect(failed.error?.message.contains("inputSchema") == true)
        }
    }

    @Test func `the latest version is that of semver`() async throws {
        try await scene { scene in
            for version in ["1.10.0", "1.9.0", "2.0.0-rc.10", "2.0.0-rc.9", "2.0.0-beta", "1.2.3+b"] {
                guard case .object(var flow) = Self.order else { continue }
                flow["version"] = .string(version)
                _ = try await scene.engine.register(.object(flow))
            }
            let versions = [
                "0.9.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
                "1.0.0-beta.11",
                "1.0.0-rc.1", "1.0.0", "1.2.0", "1.10.0", "2.0.0-rc.9", "2.0.0-rc.10", "2.0.0",
            ]
            let list = versions.reversed().map { "'\($0)'" }.joined(separator: ",")
            let sorted = try await scene.text(
                "SELECT string_agg(v, ' ' ORDER BY version_order(v) COLLATE \"C\") FROM unnest(ARRAY[\(list)]) v")
            #expect(sorted == versions.joined(separator: " "))
            let id = try await scene.id("SELECT start('order', '{\"n\": 1}')")
            #expect(try await scene.engine.wait(for: id).creation.flowVersion == "2.0.0-rc.10")
        }
    }

    @Test func `signals count when they are committed, in their order, once for each key`() async throws {
        try await scene { scene in
            let id = try await scene.id("SELECT start('approval')")
            _ = try await scene.engine.wait(for: id, timeout: .milliseconds(1))
            try await scene.sql.simple("BEGIN")
            try await scene.sql.simple(
                "SELECT signal('\(id)', 'go', '{\"by\": \"ann\"}', '{\"idempotencyKey\": \"1\"}')")
            // Whoever holds the transaction open holds up nobody.
            let beside = try await scene.engine.create("order", context: ["n": 1])
            #expect(try await scene.engine.wait(for: beside.execution.id).status == .completed)
            #expect(try await scene.engine.execution(id).status != .completed)
            try await scene.sql.simple(
                "SELECT signal('\(id)', 'go', '{\"by\": \"bob\"}'); SELECT signal('\(id)', 'go', '0', '{\"idempotencyKey\": \"1\"}')"
            )
            try await scene.sql.simple("COMMIT")
            let done = try await scene.engine.wait(for: id)
            #expect(done.status == .completed && done.context["answer"] == ["by": "ann"])
        }
    }

    @Test func `a cancel takes the reason and who asked along`() async throws {
        try await scene { scene in
            let id = try await scene.id("SELECT start('approval')")
            try await scene.sql.simple(
                "SELECT cancel('\(id)', 'not wanted', '{\"actor\": \"ann\", \"requestId\": \"r-2\"}')")
            let done = try await scene.engine.wait(for: id)
            #expect(done.status == .cancelled && done.cancellation?.reason == "not wanted")
            #expect(done.cancellation?.actor == "ann" && done.cancellation?.requestID == "r-2")
            var left: Int64 = 1
            while left > 0 { left = Int64(try await scene.text("SELECT count(*) FROM requests") ?? "") ?? 1 }
            let problems = try await scene.text("SELECT count(*) FROM verify_logs(ARRAY(SELECT id FROM executions))")
            #expect(problems == "0")
        }
    }
}

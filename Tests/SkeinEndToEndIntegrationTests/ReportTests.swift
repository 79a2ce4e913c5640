import Foundation
import Logging
import PostgresClient
import SkeinCore
import Testing

extension EndToEnd {
    /// What analysts see, beside instances that work and die.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct ReportTests {
        private static let views = [
            "executions", "attempts", "events", "flow_hourly", "flow_daily", "step_latency", "queue_depth", "waiting",
            "failures", "workers", "schedule_history", "sla",
        ]

        @Test("after a crash the roll-ups are what counting the log again gives, and every log fits")
        func rollups() async throws {
            try await Ledger.run { ledger in
                try await Cluster.run { cluster in
                    let (a, b) = (try await cluster.serve("a"), try await cluster.serve("b"))
                    let load = Load(cluster, ledger)
                    try await a.web.register(load.flow)
                    try await a.web.register([
                        "id": "broken", "version": "1.0.0", "initialStepId": "no", "sla": ["endWithinMs": 1],
                        "steps": [
                            "no": [
                                "type": "fail", "config": ["code": "NO", "message": "number ${n}"],
                                "retry": ["maxAttempts": 1, "backoffMs": 10],
                            ]
                        ],
                    ])
                    ledger.close { $0.step == "three" && $0.number < 30 }
                    try await load.create(0..<100, through: [a, b])
                    try await until("steps of the one that is to die run") { ledger.held.count >= 20 }
                    b.process.send(SIGKILL)
                    try await b.process.waitForExit()
                    ledger.open()
                    try await load.finish()
                    try await load.verify()
                    for number in 0..<20 { _ = try await a.web.create("broken", ["n": .int(Int64(number))]) }
                    try await until("all have ended") { try await cluster.number("SELECT count(*) FROM ready") == 0 }
                    try await until("all is counted") {
                        let folded = try await cluster.number("SELECT fold_rollups(500)::bigint")
                        let left = try await cluster.number("SELECT count(*) FROM rollup_queue")
                        return folded == 0 && left == 0
                    }
                    let recount = try cluster.psql("recount", file: "ops/reporting/verify-rollups.sql")
                    try await recount.waitForExit(within: .seconds(60))
                    #expect(recount.end == .code(0), "\(recount.err)")
                    #expect(!recount.out.contains("rollup_"), "\(recount.out)")
                    #expect(
                        try await cluster.texts(
                            "SELECT problem FROM verify_logs(ARRAY(SELECT id FROM executions))") == [])
                    let report = "\(cluster.name)_report"
                    #expect(
                        try await cluster.number(
                            "SELECT sum(failed)::bigint FROM \(report).flow_hourly_v1 WHERE flow_id = 'broken'") == 20)
                    #expect(
                        try await cluster.number("SELECT count(*) FROM \(report).failures_v1 WHERE code = 'NO'") == 1)
                    #expect(
                        try await cluster.number("SELECT sum(ends)::bigint FROM \(report).sla_v1") == 20)
                    for view in Self.views {
                        let shown = try await cluster.command(["report", view, "--url", a.web.url, "-o", "csv"])
                        #expect(shown.end == .code(0), "\(view): \(shown.err)")
                    }
                    let verified = try await cluster.command(["audit", "verify", "--url", a.web.url])
                    #expect(verified.end == .code(0))
                    try await cluster.tamper()
                    let found = try await cluster.command(["audit", "verify", "--url", a.web.url])
                    #expect(found.end == .code(1) && found.out.contains("hash"), "\(found.out)")
                }
            }
        }

        @Test("a reporter reads the views and nothing else")
        func reporter() async throws {
            try await Cluster.run { cluster in
                let report = "\(cluster.name)_report"
                let connection = try await cluster.connect()
                try await connection.simple("SET ROLE skein_reporter")
                for view in Self.views {
                    _ = try await connection.query(
                        PostgresQuery(PostgresStatement(adHoc: "SELECT count(*) FROM \(report).\(view)_v1")))
                }
                let tables = try await cluster.texts(
                    "SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = '\(cluster.name)'::regnamespace AND c.relkind IN ('r', 'p', 'v')"
                )
                #expect(tables.count > 30)
                for table in tables {
                    let error = await #expect(throws: PostgresError.self) {
                        try await connection.simple("SELECT FROM \(cluster.name).\(table) LIMIT 1")
                    }
                    #expect(error?.sqlState == "42501", "\(table)")
                }
                for call in ["start('order')", "cancel(gen_random_uuid())", "fold_rollups()"] {
                    let error = await #expect(throws: PostgresError.self) {
                        try await connection.simple("SELECT \(cluster.name).\(call)")
                    }
                    #expect(error?.sqlState == "42501", "\(call)")
                }
                await connection.close()
            }
        }

        @Test("what a program starts in SQL runs on whichever instance is there, and nothing of what it rolls back")
        func python() async throws {
            try await Cluster.run { cluster in
                let a = try await cluster.serve("a")
                try await a.web.register([
                    "id": "note", "version": "1.0.0", "initialStepId": "log",
                    "steps": ["log": ["type": "log", "config": ["message": "noted"]]],
                ])
                let connection = try await cluster.connect()
                try await connection.simple("BEGIN")
                let start = PostgresQuery(PostgresStatement(adHoc: "SELECT start('note', '{\"a\": 1}')"))
                let gone = try await connection.query(start).first?.raw(0) ?? ""
                try await connection.simple("ROLLBACK")
                try await connection.simple("BEGIN")
                let kept = try await connection.query(start).first?.raw(0) ?? ""
                try await connection.simple("COMMIT")
                _ = try await a.web.status(kept, becomes: "completed")
                #expect(try await a.web.get("/v1/executions/\(gone)").status == 404)
                // A transaction that is held open with a signal in it keeps nobody waiting.
                try await connection.simple("BEGIN; SELECT start('note')")
                for _ in 0..<20 { _ = try await a.web.status(try await a.web.create("note"), becomes: "completed") }
                try await connection.simple("COMMIT")
                try await until("all have ended") { try await cluster.number("SELECT count(*) FROM ready") == 0 }
                await connection.close()
            }
        }
    }
}

extension Cluster {
    /// Runs a script of the repository.
    fileprivate func psql(_ label: String, file: String) throws -> ChildProcess {
        var root = URL(filePath: #filePath)
        for _ in 1...3 { root.deleteLastPathComponent() }
        return try ChildProcess(
            label, URL(filePath: "/usr/bin/env"),
            [
                "psql", databaseURL, "-X", "-q", "-t", "-A", "-v", "schema=\(name)", "-f",
                root.appending(path: file).path,
            ], environment: [:], folder: folder)
    }

    fileprivate func connect() async throws -> PostgresConnection {
        var client = PostgresConfiguration(connectionString: databaseURL)
        client.settings = ["search_path": name, "client_min_messages": "warning"]
        return try await PostgresConnection.connect(client, logger: .init(label: "test"))
    }

    /// Whoever owns the tables can do anything.
    fileprivate func tamper() async throws {
        let connection = try await connect()
        try await connection.simple(
            """
            SET session_replication_role = replica;
            UPDATE log SET body = set_byte(body, 30, get_byte(body, 30) # 1) WHERE (execution_id, seq) = (SELECT execution_id, seq FROM log ORDER BY execution_id, seq LIMIT 1)
            """)
        await connection.close()
    }
}

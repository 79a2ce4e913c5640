// What the lab asks the database itself. It looks past the engine: by another connection, with statements of its own.

import PostgresClient
import SkeinCore

extension Lab {
    /// Runs a statement; again where the server was just being crashed.
    func run(_ sql: String, _ parameters: [PostgresParameter] = []) async throws -> PostgresRows {
        let query = PostgresQuery(PostgresStatement(sql, sql), parameters)
        for _ in 0..<300 {
            do {
                return try await database.query(query, timeout: .seconds(120)).rows
            } catch let error as PostgresError where Self.isAway(error) {
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        return try await database.query(query, timeout: .seconds(120)).rows
    }

    private static func isAway(_ error: PostgresError) -> Bool {
        [.connectFailed, .connectionLost].contains(error.code) || error.sqlState?.hasPrefix("57P") == true
    }

    /// A number.
    func number(_ sql: String, _ parameters: [PostgresParameter] = []) async throws -> Int {
        Int(try await run(sql, parameters)[0].int64(0))
    }

    /// Executions that have not ended.
    package var unfinished: Int {
        get async throws { try await number("SELECT count(*) FROM ready") }
    }

    /// Ends connections of the instances. Returns how many.
    package func terminateConnections(limit: Int) async throws -> Int {
        try await number(
            """
            SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity
                WHERE application_name = $1 ORDER BY random() LIMIT $2::bigint) a
            """, [.text("skein-\(name)"), .int8(Int64(limit))])
    }

    /// Writes all tables into the run's folder, with the database's time, and the run's own document.
    package func dump() async throws {
        // In one snapshot: a run that failed may still go on.
        try await database.withConnection { connection in
            try await connection.simple("BEGIN ISOLATION LEVEL REPEATABLE READ")
            for (table, query) in Self.tables {
                let sql = "SELECT row_to_json(t)::text FROM (\(query)) t"
                let lines = try await connection.query(
                    PostgresQuery(PostgresStatement("dump_\(table)", sql)), timeout: .seconds(120)
                ).rows
                let file = try LineFile(folder.table(table))
                for row in lines { file.append(try JSONValue(parsing: try row.string(0), limits: .dump)) }
            }
            try await connection.simple("COMMIT")
        }
        remember("dumpedAt", .int(presentTime()))
        let file = try LineFile(folder.run)
        file.append(document)
    }

    private static let tables = [
        "log": """
        SELECT execution_id AS id, seq, n, kind, op_id AS op, (extract(epoch FROM at) * 1000000)::bigint AS at,
            convert_from(body, 'UTF8') AS body, encode(hash, 'hex') AS hash FROM log ORDER BY execution_id, seq
        """,
        "executions": """
        SELECT id, flow, status, seq, parent_id, ended_at IS NOT NULL AS ended FROM executions ORDER BY id
        """,
        "ready": """
        SELECT execution_id AS id, CASE WHEN next_at = 'infinity' THEN NULL
                ELSE (extract(epoch FROM next_at) * 1000000)::bigint END AS next,
            owner, claim_id, paused, wake_gen, takeovers, needs, flow FROM ready ORDER BY execution_id
        """,
        "inbox": """
        SELECT execution_id AS id, gen, op_id AS op, kind, name, convert_from(payload, 'UTF8') AS payload,
            (extract(epoch FROM at) * 1000000)::bigint AS at, consumed_seq AS consumed
        FROM inbox ORDER BY execution_id, gen
        """,
        "keys": "SELECT tenant, flow, key, execution_id AS id FROM idempotency_keys ORDER BY 1, 2, 3",
        "children": "SELECT parent_id AS parent, child_id AS id, round, ordinal FROM children ORDER BY 1, 3, 4",
        "outcomes": "SELECT execution_id AS id, status FROM outcomes ORDER BY 1",
        "workers": "SELECT worker_id AS id, pod_id AS pod, live FROM workers ORDER BY 1",
        "ticks": """
        SELECT s.name AS schedule, (extract(epoch FROM t.tick_at) * 1000000)::bigint AS at, t.decision, t.execution_id AS execution
        FROM schedule_ticks t JOIN schedules s ON s.id = t.schedule_id WHERE t.source = 0 ORDER BY 1, 2
        """,
        "counts": """
        SELECT flow, NULL AS step, status AS code, sum(n)::bigint AS n FROM rollup_flows GROUP BY 1, 3
        UNION ALL SELECT flow, step, outcome, sum(n)::bigint FROM rollup_steps GROUP BY 1, 2, 3
        """,
        "uncounted": "SELECT execution_id AS id, seq FROM rollup_queue",
        "left": """
        SELECT (SELECT count(*) FROM fanin) AS fanin, (SELECT count(*) FROM cascades) AS cascades,
            (SELECT count(*) FROM pg_stat_activity WHERE application_name = 'skein-' || current_schema()) AS connections
        """,
    ]
}

extension JSONLimits {
    /// Of tables, however large their values are.
    static let dump: JSONLimits = {
        var limits = JSONLimits.default
        limits.maxBytes = 64 << 20
        limits.maxDepth = 200
        limits.allowsNulCharacter = true
        return limits
    }()
}

// Reads: one statement and so one snapshot for an execution and its log, or a park in between would leave a gap.

import PostgresClient

enum ReadQueries {
    /// The columns of a row of an execution's record, between its id and whatever else is asked for.
    static let record = """
        l.seq, l.n, l.kind, l.at, l.body, x.claim_id, x.owner, x.next_at, x.needs,
            CASE WHEN l.seq = 1 THEN x.state END AS state, l.hash
        """

    /// Up to where the snapshot says it all.
    static let covered = "CASE WHEN e.state IS NULL THEN 0 ELSE e.seq END"

    /// The first row of a log and those beyond the snapshot.
    static let itsRows = """
        CROSS JOIN LATERAL (
            SELECT seq, n, kind, at, body, hash FROM log WHERE execution_id = x.id AND seq = 1
            UNION ALL
            SELECT seq, n, kind, at, body, hash FROM log WHERE execution_id = x.id AND seq > GREATEST(x.covered, 1)) l
        """

    /// Records, each as the rows of its log. $1 ids, $2 time
    static let load = PostgresStatement(
        "load",
        """
        WITH x AS MATERIALIZED (
            SELECT e.id, e.state, \(covered) AS covered,
                r.claim_id, CASE WHEN r.next_at > COALESCE($2::timestamptz, statement_timestamp()) THEN r.owner END AS owner,
                r.next_at, r.needs
            FROM unnest($1::uuid[]) u(id) JOIN executions e ON e.id = u.id LEFT JOIN ready r ON r.execution_id = e.id
        )
        SELECT x.id, \(record) FROM x \(itsRows)
        ORDER BY x.id, l.seq
        """)

    /// One record, unless somebody has deleted it. $1 ids, $2 time
    static let visible = PostgresStatement(
        "visible_record",
        load.sql.replacing(
            "ON r.execution_id = e.id",
            with: """
                ON r.execution_id = e.id
                    WHERE NOT EXISTS (SELECT FROM deletions d WHERE d.root_id = e.root_id)
                """))

    /// $1 ids
    static let inbox = PostgresStatement(
        "inbox",
        """
        SELECT execution_id, gen, kind, name, payload FROM inbox
        WHERE execution_id = ANY($1::uuid[]) AND consumed_seq IS NULL
        ORDER BY execution_id, gen
        """)

    /// $1 id, $2 position, $3 limit
    static let rows = PostgresStatement(
        "rows",
        """
        SELECT seq, n, kind, at, body, hash FROM log
        WHERE execution_id = $1 AND seq + n > $2::bigint
            AND seq >= COALESCE((SELECT seq FROM log WHERE execution_id = $1 AND seq <= $2::bigint ORDER BY seq DESC LIMIT 1), 1)
        ORDER BY seq LIMIT $3::integer
        """)

    /// $1 from, $2 to, $3 beyond this one, $4 limit
    static let verifiable = PostgresStatement(
        "verifiable_logs",
        """
        SELECT e.id FROM executions e
        WHERE ($3::uuid IS NULL OR e.id > $3) AND ($1::timestamptz IS NULL OR e.created_at >= $1)
            AND ($2::timestamptz IS NULL OR e.created_at < $2)
        ORDER BY e.id LIMIT $4::integer
        """)

    /// $1 ids
    static let verify = PostgresStatement(
        "verify_logs", "SELECT v.execution_id, v.seq, v.problem FROM verify_logs($1::uuid[]) v")

    /// $1 id, $2 version, $3 definition, $4 actor, $5 request, $6 reason
    static let registerFlow = PostgresStatement(
        "register_flow",
        """
        WITH new AS (
            INSERT INTO flows (id, version, definition) VALUES ($1::text, $2::text, $3::text) ON CONFLICT DO NOTHING RETURNING id, version
        ),
        told AS (
            INSERT INTO audit (action, target, actor, request_id, reason)
            SELECT 'flow.register', id || ' ' || version, $4::text, $5::text, $6::text FROM new
        )
        SELECT id FROM new
        """)

    /// $1 id, $2 version
    static let flow = PostgresStatement("flow", "SELECT definition FROM flows WHERE id = $1 AND version = $2")

    /// $1 id
    static let versions = PostgresStatement("flow_versions", "SELECT version FROM flows WHERE id = $1 ORDER BY version")

    static let allVersions = PostgresStatement(
        "all_flow_versions", "SELECT id, version FROM flows ORDER BY id, version")

    /// $1 ids, $2 versions
    static let theseFlows = PostgresStatement(
        "these_flows",
        """
        SELECT f.definition FROM unnest($1::text[], $2::text[]) u(id, version) JOIN flows f ON f.id = u.id AND f.version = u.version
        ORDER BY f.id
        """)
}

// The audit of whole workflows, computed where the log is.

import PostgresClient

enum AuditQueries {
    /// $1 id
    static let summary = PostgresStatement("workflow_summary", "SELECT workflow_summary($1::uuid)::text")

    /// $1 root, $2 execution, $3 types, $4 worker, $5 parent, $6 attempt, $7 from, $8 to, $9 whether descending, $10 limit,
    /// $11 offset
    static let events = PostgresStatement(
        "audit_events",
        """
        SELECT total, execution_id, seq, worker_id, root_id, at, event::text
        FROM audit_events(
            $1::uuid, $2::uuid, $3::text[], $4::uuid, $5::uuid, $6::integer, $7::timestamptz, $8::timestamptz, $9::boolean,
            $10::integer, $11::integer)
        """)

    /// $1 root, $2 execution, $3 worker, $4 outcomes, $5 started from, $6 to, $7 ended from, $8 to, $9 whether open only,
    /// $10 whether descending, $11 limit, $12 offset
    static let attempts = PostgresStatement(
        "audit_attempts",
        """
        SELECT total, execution_id, seq, step_id, attempt, worker_id, outcome, started_at, ended_at, duration_us, error::text, derived
        FROM audit_attempts(
            $1::uuid, $2::uuid, $3::uuid, $4::text[], $5::timestamptz, $6::timestamptz, $7::timestamptz, $8::timestamptz,
            $9::boolean, $10::boolean, $11::integer, $12::integer)
        """)

    /// $1 target, $2 action, $3 actor, $4 before, $5 limit
    static let trail = PostgresStatement(
        "audit_trail",
        """
        SELECT a.id, a.at, a.action, a.target, a.actor, a.reason, a.request_id, a.details::text FROM audit a
        WHERE ($1::text IS NULL OR a.target = $1) AND ($2::text IS NULL OR a.action = $2) AND ($3::text IS NULL OR a.actor = $3)
            AND ($4::bigint IS NULL OR a.id < $4)
        ORDER BY a.id DESC LIMIT $5::integer
        """)

    /// $1 tag, $2 status
    static let taskStats = PostgresStatement(
        "task_stats", "SELECT tag, name, status, count FROM task_stats($1::text, $2::text)")
}

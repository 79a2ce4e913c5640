// How executions leave.

import PostgresClient

enum RetentionQueries {
    /// $1 beyond this one, $2 policy, $3 time, $4 executions to look at, $5 whether to count only, $6 who, $7 why, $8 request,
    /// $9 flows
    static let prune = PostgresStatement(
        "prune",
        """
        SELECT last, roots, executions, log_rows
        FROM prune($1::uuid, $2::text::jsonb, $3::timestamptz, $4::integer, $5::boolean, $6::text, $7::text, $8::text, $9::text)
        """)

    /// $1 limit
    static let fold = PostgresStatement("fold_rollups", "SELECT fold_rollups($1::integer)")

    static let months = PostgresStatement("months", "SELECT m FROM months() m")

    /// $1 month, $2 policy, $3 time, $4 executions that may be moved, $5 who, $6 why, $7 request
    static let dropMonth = PostgresStatement(
        "drop_month",
        """
        SELECT executions
        FROM drop_month($1::text, $2::text::jsonb, $3::timestamptz, $4::integer, $5::text, $6::text, $7::text)
        WHERE executions IS NOT NULL
        """)

    /// $1 root, $2 actor, $3 reason, $4 request
    static let delete = PostgresStatement(
        "delete_workflow",
        """
        WITH root AS (
            SELECT e.id, e.tenant FROM executions e
            WHERE e.id = $1::uuid AND e.parent_id IS NULL AND e.ended_at IS NOT NULL
                AND NOT EXISTS (SELECT FROM ready r WHERE r.execution_id = e.id)
                AND NOT EXISTS (SELECT FROM executions c WHERE c.root_id = e.id AND c.parent_id IS NOT NULL AND c.ended_at IS NULL)
            FOR NO KEY UPDATE OF e
        ),
        new AS (
            INSERT INTO deletions (root_id, actor, reason, request_id) SELECT id, $2::text, $3::text, $4::text FROM root
            ON CONFLICT (root_id) DO NOTHING RETURNING root_id
        ),
        told AS (
            INSERT INTO audit (action, target, tenant, actor, reason, request_id)
            SELECT 'retention.delete', root.id::text, root.tenant, $2::text, $3::text, $4::text
            FROM new JOIN root ON root.id = new.root_id
        )
        SELECT id FROM root
        """)

    /// $1 root, $2 actor, $3 reason, $4 request
    static let hold = PostgresStatement(
        "hold_workflow",
        """
        WITH h AS (INSERT INTO holds (root_id, actor, reason) VALUES ($1::uuid, $2::text, $3::text) ON CONFLICT DO NOTHING RETURNING root_id)
        INSERT INTO audit (action, target, actor, reason, request_id)
        SELECT 'retention.hold', root_id::text, $2::text, $3::text, $4::text FROM h
        """)

    /// $1 root, $2 actor, $3 reason, $4 request
    static let release = PostgresStatement(
        "release_workflow",
        """
        WITH h AS (DELETE FROM holds WHERE root_id = $1::uuid RETURNING root_id)
        INSERT INTO audit (action, target, actor, reason, request_id)
        SELECT 'retention.release', root_id::text, $2::text, $3::text, $4::text FROM h
        """)
}

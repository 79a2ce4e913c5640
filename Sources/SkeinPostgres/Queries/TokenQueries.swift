// Resume tokens. What takes several steps is a function of the schema, so that it is one statement here.

import PostgresClient

enum TokenQueries {
    /// $1 id, $2 execution, $3 step, $4 visit, $5 key, $6 hash, $7 created, $8 expires, $9 metadata, $10 note's operation
    /// (NULL: no note), $11 note, $12 time
    static let create = PostgresStatement(
        "create_token",
        """
        SELECT create_token(
            $1::uuid, $2::uuid, $3::text, $4::integer, $5::text, $6::bytea, $7::timestamptz, $8::timestamptz, $9::jsonb, $10::uuid,
            $11::bytea, $12::timestamptz)
        """)

    /// $1 hash, $2 operation, $3 payload, $4 time
    static let redeem = PostgresStatement(
        "redeem_token", "SELECT outcome, token_id FROM redeem_token($1::bytea, $2::uuid, $3::bytea, $4::timestamptz)")

    /// $1 id, $2 operation, $3 note, $4 time
    static let revoke = PostgresStatement(
        "revoke_token", "SELECT revoke_token($1::uuid, $2::uuid, $3::bytea, $4::timestamptz)")

    private static let columns = """
        t.id, t.execution_id, t.step_id, t.visit, t.key,
            CASE WHEN t.state = 1 AND NOT EXISTS (SELECT FROM ready r WHERE r.execution_id = t.execution_id) THEN 3::smallint
                WHEN t.state = 1 AND t.expires_at <= COALESCE($2::timestamptz, statement_timestamp()) THEN 4::smallint
                ELSE t.state END AS state,
            t.created_at, t.expires_at, t.closed_at, t.metadata
        """

    /// $1 id, $2 time
    static let token = PostgresStatement("token", "SELECT \(columns) FROM tokens t WHERE t.id = $1")

    /// $1 execution, $2 time, $3 limit
    static let tokens = PostgresStatement(
        "tokens_of",
        "SELECT \(columns) FROM tokens t WHERE t.execution_id = $1 ORDER BY t.execution_id, t.id LIMIT $3::integer")

    /// What rows of the log make useless. $1 executions, $2 visits (NULL: all), $3 keys, $4 time
    static let close = PostgresStatement(
        "close_tokens",
        """
        UPDATE tokens t SET state = 3, closed_at = COALESCE($4::timestamptz, clock_timestamp())
        FROM unnest($1::uuid[], $2::integer[], $3::text[]) u(id, visit, key)
        WHERE t.execution_id = u.id AND t.state = 1
            AND (u.visit IS NULL OR (t.visit = u.visit AND (t.key IS NULL OR t.key IS NOT DISTINCT FROM u.key)))
        """)

    /// $1 time, $2 how long they are remembered, in microseconds
    static let dropOld = PostgresStatement(
        "drop_old_tokens",
        """
        DELETE FROM tokens t
        WHERE t.id IN (
            SELECT id FROM tokens
            WHERE expires_at <= COALESCE($1::timestamptz, statement_timestamp()) - $2::bigint * INTERVAL '1 microsecond'
            ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED)
        """)
}

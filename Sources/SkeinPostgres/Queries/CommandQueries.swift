// What anybody may do to an execution without owning it: one execution per statement.

import PostgresClient

enum CommandQueries {
    /// $1 id, $2 operation, $3 kind, $4 name, $5 payload, $6 time, $7 actor, $8 request
    static let send = PostgresStatement(
        "send",
        """
        WITH r AS (
            UPDATE ready SET wake_gen = wake_gen + 1,
                next_at = CASE WHEN claim_id IS NULL AND NOT paused
                    THEN LEAST(next_at, COALESCE($6::timestamptz, clock_timestamp())) ELSE next_at END
            WHERE execution_id = $1 AND NOT EXISTS (SELECT FROM inbox WHERE execution_id = $1 AND op_id = $2)
            RETURNING execution_id, wake_gen
        )
        INSERT INTO inbox (execution_id, gen, op_id, kind, name, payload, at, actor, request_id)
        SELECT execution_id, wake_gen, $2::uuid, $3::smallint, $4::text, $5::bytea, COALESCE($6::timestamptz, clock_timestamp()),
            $7::text, $8::text
        FROM r
        ON CONFLICT DO NOTHING
        RETURNING gen
        """)

    /// $1 id, $2 operation
    static let sent = PostgresStatement("sent", "SELECT gen FROM inbox WHERE execution_id = $1 AND op_id = $2")

    /// $1 limit, $2 time
    static let takeRequests = PostgresStatement(
        "take_requests",
        """
        SELECT id, kind, execution_id, op_id, name, payload, reason, actor, request_id
        FROM take_requests($1::integer, $2::timestamptz)
        """)

    /// $1 ids
    static let endRequests = PostgresStatement("end_requests", "DELETE FROM requests WHERE id = ANY($1::bigint[])")

    /// Appends at the end of the log it sees. No row: the end has moved, or there is nothing to cancel. The snapshot's
    /// state and what it covers stay. $1 id, $2 operation, $3 body, $4 time, $5 the row's time
    static let cancel = PostgresStatement(
        "cancel",
        """
        WITH x AS MATERIALIZED (
            SELECT r.execution_id, l.seq, l.hash FROM ready r CROSS JOIN LATERAL (
                SELECT seq + n AS seq, hash FROM log WHERE execution_id = r.execution_id ORDER BY seq DESC LIMIT 1) l
            WHERE r.execution_id = $1 AND NOT r.cancelling
        ),
        ins AS (
            INSERT INTO log (execution_id, seq, n, kind, op_id, body, at, hash)
            SELECT execution_id, seq, 1, 6, $2::uuid, $3::bytea, $5::timestamptz,
                row_hash(hash, execution_id, seq, 1::smallint, 6::smallint, $2::uuid, $3::bytea)
            FROM x
            ON CONFLICT (execution_id, seq) DO NOTHING
            RETURNING execution_id, seq
        ),
        del AS (DELETE FROM ready r USING ins WHERE r.execution_id = ins.execution_id RETURNING r.execution_id),
        closed AS (
            UPDATE tokens t SET state = 3, closed_at = COALESCE($4::timestamptz, clock_timestamp())
            FROM del WHERE t.execution_id = del.execution_id AND t.state = 1
            RETURNING t.id
        ),
        snap AS (
            UPDATE executions e SET status = 12, ended_at = COALESCE($4::timestamptz, clock_timestamp())
            FROM ins WHERE e.id = ins.execution_id
            RETURNING e.id, e.tenant, e.flow, e.tag, e.status, e.ended_at
        ),
        outcome AS (
            INSERT INTO outcomes (execution_id, tenant, flow, tag, status, ended_at) SELECT * FROM snap ON CONFLICT DO NOTHING
        ),
        counts AS (INSERT INTO rollup_queue (execution_id, seq) SELECT execution_id, seq FROM ins),
        note AS (
            INSERT INTO fanin (parent_id, round, failed)
            SELECT c.parent_id, c.round, true FROM ins JOIN children c ON c.child_id = ins.execution_id
            WHERE c.round IS NOT NULL
                AND NOT EXISTS (SELECT FROM log l WHERE l.execution_id = ins.execution_id AND l.kind = 9)
        ),
        cascade AS (
            INSERT INTO cascades (execution_id) SELECT execution_id FROM ins
            WHERE EXISTS (SELECT FROM children c WHERE c.parent_id = ins.execution_id) ON CONFLICT DO NOTHING
        )
        SELECT seq, (SELECT count(*)::integer FROM closed) FROM ins
        """)

    /// Whether an operation is in the log: the answer to a repeated request. $1 id, $2 operation
    static let appended = PostgresStatement(
        "appended", "SELECT seq FROM log WHERE execution_id = $1 AND op_id = $2 ORDER BY seq DESC LIMIT 1")

    /// $1 id
    static let isAlive = PostgresStatement("is_alive", "SELECT FROM ready WHERE execution_id = $1 AND NOT cancelling")

    /// $1 name, $2 holder, $3 lifetime in microseconds, $4 time
    static let fence = PostgresStatement(
        "fence",
        """
        INSERT INTO fences AS f (name, holder, token, expires_at)
        VALUES ($1, $2, nextval('fence_tokens'), COALESCE($4::timestamptz, clock_timestamp()) + $3::bigint * INTERVAL '1 microsecond')
        ON CONFLICT (name) DO UPDATE
        SET holder = EXCLUDED.holder, token = GREATEST(nextval('fence_tokens'), f.token + 1), expires_at = EXCLUDED.expires_at
        WHERE f.holder IS NULL OR f.holder = EXCLUDED.holder OR f.expires_at <= COALESCE($4::timestamptz, clock_timestamp())
        RETURNING token
        """)

    /// $1 name, $2 token, $3 holder, $4 lifetime in microseconds, $5 time
    static let extendFence = PostgresStatement(
        "extend_fence",
        """
        UPDATE fences SET expires_at = COALESCE($5::timestamptz, clock_timestamp()) + $4::bigint * INTERVAL '1 microsecond'
        WHERE name = $1 AND token = $2 AND holder = $3
        RETURNING token
        """)

    /// The row stays for a while, with its token. $1 name, $2 token, $3 holder
    static let releaseFence = PostgresStatement(
        "release_fence", "UPDATE fences SET holder = NULL WHERE name = $1 AND token = $2 AND holder = $3")
}

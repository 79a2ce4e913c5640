// Limits: who may go on, who waits. What takes several steps is a function of the schema.

import PostgresClient

enum LimitQueries {
    /// $1 id, $2 claim, $3 name, $4 place, $5 concurrency, $6 count and $7 microseconds of the rate, $8 tenant, $9
    /// priority, $10 since, $11 time
    static let acquire = PostgresStatement(
        "acquire_permit",
        """
        SELECT outcome, woken, next_at FROM acquire_permit(
            $1::uuid, $2::uuid, $3::text, $4::text, $5::integer, $6::integer, $7::bigint, $8::text, $9::smallint,
            $10::timestamptz, $11::timestamptz)
        """)

    /// $1 id, $2 claim, $3 names, $4 places
    static let release = PostgresStatement(
        "release_permits",
        """
        DELETE FROM permits p USING unnest($3::text[], $4::text[]) u(name, place)
        WHERE p.name = u.name AND p.execution_id = $1 AND p.place = u.place AND p.claim_id = $2
        """)

    /// $1 name, $2 time
    static let admit = PostgresStatement(
        "admit", "SELECT woken, next_at FROM admit($1::text, NULL, $2::timestamptz)")

    /// $1 beyond this name, $2 limit
    static let queued = PostgresStatement(
        "queued_limits",
        """
        WITH RECURSIVE waiting(name) AS (
            (SELECT q.name FROM limit_queue q WHERE q.name > $1::text ORDER BY q.name LIMIT 1)
            UNION ALL
            SELECT (SELECT q.name FROM limit_queue q WHERE q.name > waiting.name ORDER BY q.name LIMIT 1)
            FROM waiting WHERE waiting.name IS NOT NULL
        )
        SELECT name FROM waiting WHERE name IS NOT NULL LIMIT $2::integer
        """)

    /// $1 name, $2 until, $3 reason, $4 actor, $5 whether it may shorten what stands, $6 time
    static let close = PostgresStatement(
        "close_limit",
        """
        WITH closing AS (SELECT nextval('limit_closings')),
        told AS (
            INSERT INTO audit (action, target, actor, reason, request_id, details)
            SELECT 'limit.close', $1::text, $7::text, $3::text, $8::text, jsonb_build_object('until', $2::timestamptz)
            WHERE $7::text IS NOT NULL OR $8::text IS NOT NULL
        )
        INSERT INTO limits AS x (name, closed_until, closed_reason, closed_by, updated_at)
        SELECT $1::text, $2::timestamptz, $3::text, $4::text, COALESCE($6::timestamptz, clock_timestamp()) FROM closing
        ON CONFLICT (name) DO UPDATE
        SET closed_until = EXCLUDED.closed_until, closed_reason = EXCLUDED.closed_reason, closed_by = EXCLUDED.closed_by,
            updated_at = EXCLUDED.updated_at
        WHERE $5::boolean OR x.closed_until IS NULL OR x.closed_until < EXCLUDED.closed_until
        """)

    /// $1 name, $2 time, $3 actor, $4 request, $5 reason
    static let open = PostgresStatement(
        "open_limit",
        """
        WITH opening AS (SELECT nextval('limit_closings')),
        opened AS (
            UPDATE limits x SET closed_until = NULL, closed_reason = NULL, closed_by = NULL
            FROM opening WHERE x.name = $1 AND x.closed_until > COALESCE($2::timestamptz, clock_timestamp())
            RETURNING x.name
        ),
        told AS (
            INSERT INTO audit (action, target, actor, request_id, reason)
            SELECT 'limit.open', name, $3::text, $4::text, $5::text FROM opened
        )
        SELECT name FROM opened
        """)

    /// $1 time
    static let closed = PostgresStatement(
        "closed_limits",
        """
        SELECT name, closed_until, closed_reason, closed_by FROM limits
        WHERE closed_until IS NOT NULL AND closed_until > COALESCE($1::timestamptz, statement_timestamp())
        """)

    /// $1 beyond this name, $2 limit, $3 time, $4 exactly this name (NULL: any)
    static let limits = PostgresStatement(
        "limits",
        """
        SELECT x.name, x.concurrency, x.rate_count, x.rate_us,
            CASE WHEN x.closed_until > COALESCE($3::timestamptz, statement_timestamp()) THEN x.closed_until END,
            x.closed_reason, x.closed_by,
            ARRAY(SELECT p.execution_id FROM permits p JOIN ready r ON r.execution_id = p.execution_id
                WHERE p.name = x.name AND (p.place = '' OR p.claim_id IS NULL OR p.claim_id = r.claim_id)
                ORDER BY p.granted_at LIMIT 100),
            (SELECT count(*) FROM permits p JOIN ready r ON r.execution_id = p.execution_id
                WHERE p.name = x.name AND (p.place = '' OR p.claim_id IS NULL OR p.claim_id = r.claim_id)),
            (SELECT count(*) FROM limit_queue q JOIN ready r ON r.execution_id = q.execution_id WHERE q.name = x.name),
            rate.used, CASE WHEN rate.used >= x.rate_count THEN rate.oldest + x.rate_us * INTERVAL '1 microsecond' END
        FROM limits x CROSS JOIN LATERAL (
            SELECT count(*) AS used, min(a.at) AS oldest FROM limit_admissions a
            WHERE a.name = x.name
                AND a.at > COALESCE($3::timestamptz, statement_timestamp()) - COALESCE(x.rate_us, 0) * INTERVAL '1 microsecond') rate
        WHERE x.name > $1::text AND ($4::text IS NULL OR x.name = $4)
        ORDER BY x.name LIMIT $2::integer
        """)

    /// $1 execution
    static let queuedPermits = PostgresStatement(
        "queued_permits",
        """
        SELECT q.name, q.place, q.since,
            (SELECT count(*) FROM limit_queue o JOIN ready r ON r.execution_id = o.execution_id
                WHERE o.name = q.name AND o.tenant = q.tenant AND o.execution_id <> q.execution_id
                    AND (o.priority > q.priority OR (o.priority = q.priority AND (o.since, o.execution_id) < (q.since, q.execution_id))))
        FROM limit_queue q WHERE q.execution_id = $1 ORDER BY q.name, q.place
        """)

    /// Rows that nothing refers to any more. $1 time
    static let dropIdle = PostgresStatement(
        "drop_idle_limits",
        """
        WITH idle AS MATERIALIZED (
            SELECT x.name FROM limits x
            WHERE x.updated_at < COALESCE($1::timestamptz, statement_timestamp()) - INTERVAL '1 day'
                AND (x.closed_until IS NULL OR x.closed_until <= COALESCE($1::timestamptz, statement_timestamp()))
                AND NOT EXISTS (SELECT FROM permits p WHERE p.name = x.name)
                AND NOT EXISTS (SELECT FROM limit_queue q WHERE q.name = x.name)
                AND NOT EXISTS (SELECT FROM limit_admissions a WHERE a.name = x.name
                    AND a.at > COALESCE($1::timestamptz, statement_timestamp()) - COALESCE(x.rate_us, 0) * INTERVAL '1 microsecond')
            LIMIT 1000 FOR UPDATE SKIP LOCKED
        ),
        admissions AS (DELETE FROM limit_admissions a USING idle WHERE a.name = idle.name),
        turns AS (DELETE FROM limit_turns t USING idle WHERE t.name = idle.name)
        DELETE FROM limits x USING idle WHERE x.name = idle.name
        """)
}

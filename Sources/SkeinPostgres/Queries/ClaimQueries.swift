// Who may look at what. Statements that lock many rows of ready skip locked ones: they never wait while holding a lock.

import PostgresClient

enum ClaimQueries {
    /// The pairs (priority, needs) that exist, highest priority first, by skipping through the index.
    private static let pairs = """
        WITH RECURSIVE pair(priority, needs) AS (
            (SELECT r.priority, r.needs FROM ready r ORDER BY r.priority DESC, r.needs DESC LIMIT 1)
            UNION ALL
            SELECT following.* FROM pair CROSS JOIN LATERAL (
                SELECT r.priority, r.needs FROM ready r
                WHERE (r.priority, r.needs) < (pair.priority, pair.needs)
                ORDER BY r.priority DESC, r.needs DESC LIMIT 1) following
        )
        """

    /// $1 worker, $2 claim, $3 lease in microseconds, $4 time
    private static let take = """
        , taken AS (
        UPDATE ready r
        SET owner = $1, claim_id = $2,
            next_at = COALESCE($4::timestamptz, clock_timestamp()) + $3::bigint * INTERVAL '1 microsecond',
            takeovers = LEAST(r.takeovers + (c.claim_id IS NOT NULL AND c.owner IS NOT NULL)::integer, 32767)
        FROM c WHERE r.execution_id = c.execution_id
        RETURNING r.execution_id, r.wake_gen, c.claim_id IS NOT NULL AS taken_over, c.owner AS was_owner, r.takeovers,
            c.next_at AS was_due, r.priority
        )
        SELECT execution_id, wake_gen, taken_over, was_owner, takeovers, was_due FROM taken ORDER BY priority DESC, was_due
        """

    /// First how many of each pair would be the most urgent, without locks; then that many of each, skipping what
    /// others are taking. $5 limit, $6 handlers, $7 how long others are left alone, in microseconds, $8
    /// whether ends of leases count
    static let claim = PostgresStatement(
        "claim",
        pairs + """
            , reach AS MATERIALIZED (
                SELECT pair.priority, pair.needs,
                    COALESCE($4::timestamptz, statement_timestamp())
                        - CASE WHEN pair.needs = ANY($6::text[]) THEN 0 ELSE $7::bigint END * INTERVAL '1 microsecond' AS until
                FROM pair WHERE EXISTS (SELECT FROM workers w WHERE w.worker_id = $1 AND w.live)
            ),
            share AS MATERIALIZED (
                SELECT urgent.priority, urgent.needs, urgent.until, count(*) AS n
                FROM (
                    SELECT reach.priority, reach.needs, reach.until
                    FROM reach CROSS JOIN LATERAL (
                        SELECT r.next_at FROM ready r
                        WHERE r.priority = reach.priority AND r.needs = reach.needs AND r.next_at <= reach.until
                            AND ($8::boolean OR r.owner IS NULL)
                        ORDER BY r.next_at LIMIT $5::integer) due
                    ORDER BY reach.priority DESC, due.next_at LIMIT $5::integer) urgent
                GROUP BY urgent.priority, urgent.needs, urgent.until
            ),
            c AS MATERIALIZED (
                SELECT due.* FROM share CROSS JOIN LATERAL (
                    SELECT r.execution_id, r.claim_id, r.owner, r.next_at FROM ready r
                    WHERE r.priority = share.priority AND r.needs = share.needs AND r.next_at <= share.until
                        AND ($8::boolean OR r.owner IS NULL)
                    ORDER BY r.next_at LIMIT share.n FOR UPDATE SKIP LOCKED) due
            )
            \(take)
            """)

    /// The tenants whose turn it is, a few of them: some of the oldest of each that the worker can run. $5 limit, $6
    /// handlers, $7 beyond this tenant, $8 whether ends of leases count
    static let claimFairly = PostgresStatement(
        "claim_fairly",
        """
        WITH RECURSIVE tenant(name, turn) AS (
            (SELECT r.tenant, 1 FROM ready r WHERE r.tenant <> '' AND r.tenant > $7::text ORDER BY r.tenant LIMIT 1)
            UNION ALL
            SELECT (SELECT r.tenant FROM ready r WHERE r.tenant <> '' AND r.tenant > tenant.name ORDER BY r.tenant LIMIT 1),
                tenant.turn + 1
            FROM tenant WHERE tenant.name IS NOT NULL AND tenant.turn < 64
        ),
        c AS MATERIALIZED (
            SELECT due.* FROM tenant CROSS JOIN LATERAL (
                SELECT r.execution_id, r.claim_id, r.owner, r.next_at FROM ready r
                WHERE r.tenant = tenant.name AND r.tenant <> '' AND r.needs = ANY($6::text[])
                    AND r.next_at <= COALESCE($4::timestamptz, statement_timestamp()) AND ($8::boolean OR r.owner IS NULL)
                ORDER BY r.next_at LIMIT GREATEST(1, $5::integer / 8) FOR UPDATE SKIP LOCKED) due
            WHERE tenant.name IS NOT NULL AND EXISTS (SELECT FROM workers w WHERE w.worker_id = $1 AND w.live)
            LIMIT $5::integer
        ),
        last AS (SELECT CASE WHEN count(name) = 64 THEN max(name) END AS name FROM tenant)
        \(take.replacing(
            "SELECT execution_id, wake_gen, taken_over, was_owner, takeovers, was_due FROM taken ORDER BY priority DESC, was_due",
            with: """
                SELECT taken.execution_id, wake_gen, taken_over, was_owner, takeovers, was_due, last.name
                FROM last LEFT JOIN taken ON true ORDER BY priority DESC, was_due
                """))
        """)

    /// The earliest time beyond now among what the worker can run. $1 handlers, $2 worker, $3 time
    static let nextDue = PostgresStatement(
        "next_due",
        pairs + """

            SELECT min(following.next_at), (SELECT q.name FROM limit_queue q ORDER BY q.name LIMIT 1) IS NOT NULL,
                (SELECT r.tenant FROM ready r WHERE r.tenant <> '' ORDER BY r.tenant LIMIT 1) IS NOT NULL,
                (SELECT c.execution_id FROM cascades c ORDER BY c.execution_id LIMIT 1) IS NOT NULL,
                (SELECT q.id FROM requests q ORDER BY q.id LIMIT 1) IS NOT NULL
            FROM pair CROSS JOIN LATERAL (
                SELECT r.next_at FROM ready r
                WHERE r.priority = pair.priority AND r.needs = pair.needs
                    AND r.next_at > COALESCE($3::timestamptz, statement_timestamp()) AND r.next_at < 'infinity'
                ORDER BY r.next_at LIMIT 1) following
            WHERE pair.needs = ANY($1::text[]) AND EXISTS (SELECT FROM workers w WHERE w.worker_id = $2 AND w.live)
            """)

    /// $5 ids, $6 how long before their time, in microseconds, if nobody holds them; NULL: however long
    static let claimThese = PostgresStatement(
        "claim_these",
        """
        WITH c AS MATERIALIZED (
            SELECT r.execution_id, r.claim_id, r.owner, r.next_at FROM ready r
            WHERE r.execution_id = ANY($5::uuid[])
                AND (r.next_at <= COALESCE($4::timestamptz, statement_timestamp())
                    OR (r.owner IS NULL AND NOT r.paused
                        AND ($6::bigint IS NULL OR r.next_at <= COALESCE($4::timestamptz, statement_timestamp())
                            + $6::bigint * INTERVAL '1 microsecond')))
                AND EXISTS (SELECT FROM workers w WHERE w.worker_id = $1 AND w.live)
            FOR UPDATE SKIP LOCKED
        )
        \(take)
        """)

    /// $1 worker, $2 ids, $3 claims, $4 lease in microseconds, $5 time
    static let renew = PostgresStatement(
        "renew",
        """
        WITH c AS MATERIALIZED (
            SELECT r.execution_id
            FROM unnest($2::uuid[], $3::uuid[]) u(id, claim) JOIN ready r ON r.execution_id = u.id AND r.claim_id = u.claim
            WHERE r.owner = $1 AND EXISTS (SELECT FROM workers w WHERE w.worker_id = $1 AND w.live)
            FOR UPDATE OF r SKIP LOCKED
        )
        UPDATE ready r SET next_at = COALESCE($5::timestamptz, clock_timestamp()) + $4::bigint * INTERVAL '1 microsecond'
        FROM c WHERE r.execution_id = c.execution_id
        RETURNING r.execution_id
        """)

    /// Held although `renew` passed over them, because somebody looked at them in that moment. $1 worker, $2 ids, $3
    /// claims
    static let stillMine = PostgresStatement(
        "still_mine",
        """
        SELECT r.execution_id
        FROM unnest($2::uuid[], $3::uuid[]) u(id, claim) JOIN ready r ON r.execution_id = u.id AND r.claim_id = u.claim
        WHERE r.owner = $1 AND EXISTS (SELECT FROM workers w WHERE w.worker_id = $1 AND w.live)
        """)

    /// The claim stays, so that the next owner appends `recovered`. $1 worker, $2 ids, $3 claims, $4 time
    static let release = PostgresStatement(
        "release",
        """
        WITH c AS MATERIALIZED (
            SELECT r.execution_id
            FROM unnest($2::uuid[], $3::uuid[]) u(id, claim) JOIN ready r ON r.execution_id = u.id AND r.claim_id = u.claim
            WHERE r.owner = $1
            FOR UPDATE OF r SKIP LOCKED
        )
        UPDATE ready r SET owner = NULL, next_at = COALESCE($4::timestamptz, clock_timestamp())
        FROM c WHERE r.execution_id = c.execution_id
        """)

    /// $1 id, $2 claim, $3 due, $4 seen generation, $5 needs, $6 time
    static let repark = PostgresStatement(
        "repark",
        """
        UPDATE ready r
        SET owner = NULL, claim_id = NULL, takeovers = 0, needs = $5,
            next_at = CASE WHEN r.wake_gen > $4::bigint THEN COALESCE($6::timestamptz, clock_timestamp()) ELSE $3::timestamptz END
        WHERE r.execution_id = $1 AND r.claim_id = $2
        RETURNING r.next_at <= COALESCE($6::timestamptz, clock_timestamp()) AS woken
        """)

    /// Makes executions of a dead worker due. Ownership stays: the next claim is a take-over from it. $1 worker, $2 the
    /// longest lease in microseconds, $3 time
    static let bringForward = PostgresStatement(
        "bring_forward",
        pairs + """
            , c AS MATERIALIZED (
                SELECT held.execution_id FROM pair CROSS JOIN LATERAL (
                    SELECT r.execution_id FROM ready r
                    WHERE r.priority = pair.priority AND r.needs = pair.needs
                        AND r.next_at > COALESCE($3::timestamptz, statement_timestamp())
                        AND r.next_at <= COALESCE($3::timestamptz, statement_timestamp()) + $2::bigint * INTERVAL '1 microsecond'
                        AND r.owner = $1
                    ORDER BY r.next_at LIMIT 500 FOR UPDATE SKIP LOCKED) held
            )
            UPDATE ready r SET next_at = COALESCE($3::timestamptz, statement_timestamp())
            FROM c WHERE r.execution_id = c.execution_id
            RETURNING r.execution_id
            """)
}

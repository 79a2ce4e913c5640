// The statements of a commit. The plain append comes first and fails the whole implicit transaction when one row's
// place is taken; the others depend on it. In a transaction they are sent only for rows that the careful append
// returned.

import PostgresClient

enum AppendQueries {
    /// $1 ids, $2 positions, $3 counts, $4 kinds, $5 operations, $6 bodies, $7 times, $8 hashes
    ///
    /// Unnested side by side in the target list, not in FROM: that would copy each row into a tuplestore first.
    static let append = PostgresStatement(
        "append",
        """
        INSERT INTO log (execution_id, seq, n, kind, op_id, body, at, hash)
        SELECT unnest($1::uuid[]), unnest($2::bigint[]), unnest($3::smallint[]), unnest($4::smallint[]), unnest($5::uuid[]),
            unnest($6::bytea[]), unnest($7::timestamptz[]), unnest($8::bytea[])
        """)

    /// As `append`; leaves taken places alone and returns whose row went in.
    static let appendUnlessTaken = PostgresStatement(
        "append_unless_taken",
        append.sql + "\nON CONFLICT (execution_id, seq) DO NOTHING RETURNING execution_id")

    /// $1 ids, $2 positions, $3 operations
    static let whose = PostgresStatement(
        "whose",
        """
        SELECT l.execution_id, l.op_id = u.op AS mine
        FROM unnest($1::uuid[], $2::bigint[], $3::uuid[]) u(id, seq, op)
            JOIN log l ON l.execution_id = u.id AND l.seq = u.seq
        """)

    /// $1 ids, $2 tenants, $3 flows, $4 versions, $5 tags, $6 parents, $7 roots, $8 priorities, $9 creation times
    static let createExecutions = PostgresStatement(
        "create_executions",
        """
        INSERT INTO executions (id, tenant, flow, flow_version, tag, parent_id, root_id, priority, created_at)
        SELECT * FROM unnest(
            $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::smallint[], $9::timestamptz[])
        """)

    /// $1 ids, $2 ready times, $3 priorities, $4 needs, $5 tenants, $6 flows, $7 owners, $8 claims, $9 leases in
    /// microseconds, $10 time, $11 versions of the flow that the creator knew (NULL: it was told which),
    /// $12 parents that must be held by $13 claims
    static let createReady = PostgresStatement(
        "create_ready",
        """
        INSERT INTO ready (execution_id, next_at, priority, needs, tenant, flow, owner, claim_id)
        SELECT u.id,
            CASE WHEN u.claim IS NULL THEN u.ready_at
                ELSE COALESCE($10::timestamptz, clock_timestamp()) + u.lease * INTERVAL '1 microsecond' END,
            u.priority, u.needs, u.tenant, u.flow, u.owner, u.claim
        FROM unnest(
            $1::uuid[], $2::timestamptz[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::uuid[], $9::bigint[],
            $11::integer[], $12::uuid[], $13::uuid[]) u(id, ready_at, priority, needs, tenant, flow, owner, claim, lease, known, parent, held)
        WHERE (u.known IS NULL OR u.known = (SELECT count(*) FROM flows f WHERE f.id = u.flow) OR refuse_stale(u.flow))
            AND (u.parent IS NULL OR must_own(u.parent, u.held))
        """)

    /// $1 ids, $2 due times, $3 seen generations, $4 needs, $5 whether it is a pause, $6 time
    static let park = PostgresStatement(
        "park",
        """
        UPDATE ready r
        SET owner = NULL, claim_id = NULL, takeovers = 0, needs = u.needs, paused = u.paused,
            next_at = CASE WHEN u.paused THEN 'infinity' WHEN r.wake_gen > u.seen THEN COALESCE($6::timestamptz, clock_timestamp())
                ELSE u.due END
        FROM unnest($1::uuid[], $2::timestamptz[], $3::bigint[], $4::text[], $5::boolean[]) u(id, due, seen, needs, paused)
        WHERE r.execution_id = u.id
        RETURNING r.execution_id, r.next_at <= COALESCE($6::timestamptz, clock_timestamp()) AS woken
        """)

    /// $1 ids
    static let end = PostgresStatement(
        "end", "DELETE FROM ready WHERE execution_id = ANY($1::uuid[])")

    /// What was sent before keeps its number; no other item may get it. $1 ids, $2 needs, $3 time
    static let reopenReady = PostgresStatement(
        "reopen_ready",
        """
        INSERT INTO ready (execution_id, next_at, priority, needs, tenant, flow, wake_gen)
        SELECT e.id, COALESCE($3::timestamptz, clock_timestamp()), e.priority, u.needs, e.tenant, e.flow,
            COALESCE((SELECT max(i.gen) FROM inbox i WHERE i.execution_id = e.id), 0)
        FROM unnest($1::uuid[], $2::text[]) u(id, needs) JOIN executions e ON e.id = u.id
        """)

    /// $1 ids
    static let reopen = PostgresStatement("reopen", "SELECT reopen($1::uuid[])")

    /// $1 ids, $2 statuses, $3 positions covered, $4 states (NULL: the old one stays)
    static let snapshot = PostgresStatement(
        "snapshot",
        """
        UPDATE executions e
        SET status = u.status, seq = CASE WHEN u.state IS NULL THEN e.seq ELSE u.seq END, state = COALESCE(u.state, e.state)
        FROM unnest($1::uuid[], $2::smallint[], $3::bigint[], $4::bytea[]) u(id, status, seq, state)
        WHERE e.id = u.id
        """)

    /// $1 ids, $2 statuses, $3 positions covered, $4 states (NULL: the old one stays), $5 time, $6 positions of the rows
    static let outcome = PostgresStatement(
        "outcome",
        """
        WITH ended AS (
            UPDATE executions e
            SET status = u.status, seq = CASE WHEN u.state IS NULL THEN e.seq ELSE u.seq END, state = COALESCE(u.state, e.state),
                ended_at = COALESCE($5::timestamptz, clock_timestamp())
            FROM unnest($1::uuid[], $2::smallint[], $3::bigint[], $4::bytea[]) u(id, status, seq, state)
            WHERE e.id = u.id
            RETURNING e.id, e.tenant, e.flow, e.tag, e.status, e.ended_at
        ),
        counts AS (
            INSERT INTO rollup_queue (execution_id, seq) SELECT unnest($1::uuid[]), unnest($6::bigint[])
        )
        INSERT INTO outcomes (execution_id, tenant, flow, tag, status, ended_at)
        SELECT * FROM ended ON CONFLICT DO NOTHING
        """)

    /// $1 ids, $2 generations, $3 positions
    static let consume = PostgresStatement(
        "consume",
        """
        UPDATE inbox i SET consumed_seq = u.seq
        FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) u(id, gen, seq)
        WHERE i.execution_id = u.id AND i.gen = u.gen
        """)

    static let begin = PostgresQuery(PostgresStatement("begin", "BEGIN"))
    static let commit = PostgresQuery(PostgresStatement("commit", "COMMIT"))
    static let rollback = PostgresQuery(PostgresStatement("rollback", "ROLLBACK"))
}

// Schedules. `decide` is the statement of the protocol's TICK, for many ticks of many schedules at once.

import PostgresClient

enum ScheduleQueries {
    private static let columns = """
        s.id, s.definition, s.next_tick, s.paused, s.revision, s.generation, s.created_at, s.updated_at
        """

    /// What the executions of a schedule do: those that have not ended, the oldest tick that waits, how many wait.
    private static let work = """
        ARRAY(SELECT a FROM unnest(s.active) a WHERE EXISTS (SELECT FROM ready r WHERE r.execution_id = a)) AS unfinished,
            (SELECT k.tick_at FROM schedule_ticks k
                WHERE k.schedule_id = s.id AND k.decision = 3 AND k.execution_id IS NULL ORDER BY k.tick_at LIMIT 1) AS waiting,
            (SELECT count(*)::integer FROM schedule_ticks k
                WHERE k.schedule_id = s.id AND k.decision = 3 AND k.execution_id IS NULL) AS waits
        """

    /// $1 id, $2 tenant, $3 name, $4 flow, $5 definition, $6 next tick, $7 paused, $8 created, $9 actor, $10 request,
    /// $11 reason
    static let create = PostgresStatement(
        "create_schedule",
        """
        WITH new AS (
            INSERT INTO schedules (id, tenant, name, flow, definition, next_tick, paused, created_at, updated_at)
            VALUES ($1::uuid, $2::text, $3::text, $4::text, $5::jsonb, $6::timestamptz, $7::boolean, $8::timestamptz, $8::timestamptz)
            ON CONFLICT DO NOTHING RETURNING id
        )
        INSERT INTO audit (action, target, tenant, actor, request_id, reason, details)
        SELECT 'schedule.create', id::text, $2::text, $9::text, $10::text, $11::text, jsonb_build_object('name', $3::text) FROM new
        """)

    /// $1 id, $2 generation, $3 name, $4 flow, $5 definition, $6 next tick, $7 paused, $8 revision, $9 time, $10 actor, $11 request,
    /// $12 reason
    static let update = PostgresStatement(
        "update_schedule",
        """
        WITH changed AS (
            UPDATE schedules s
            SET name = $3::text, flow = $4::text, definition = $5::jsonb, next_tick = $6::timestamptz, paused = $7::boolean,
                revision = $8::bigint, generation = s.generation + 1, updated_at = COALESCE($9::timestamptz, clock_timestamp())
            WHERE s.id = $1::uuid AND s.generation = $2::bigint
            RETURNING s.id, s.tenant, s.generation
        ),
        told AS (
            INSERT INTO audit (action, target, tenant, actor, request_id, reason, details)
            SELECT 'schedule.update', id::text, tenant, $10::text, $11::text, $12::text,
                jsonb_build_object('name', $3::text, 'revision', $8::bigint, 'paused', $7::boolean)
            FROM changed
        )
        SELECT generation FROM changed
        """)

    /// $1 id, $2 actor, $3 request, $4 reason
    static let delete = PostgresStatement(
        "delete_schedule",
        """
        WITH gone AS (DELETE FROM schedules WHERE id = $1::uuid RETURNING id, tenant, name),
        told AS (
            INSERT INTO audit (action, target, tenant, actor, request_id, reason, details)
            SELECT 'schedule.delete', id::text, tenant, $2::text, $3::text, $4::text, jsonb_build_object('name', name) FROM gone
        ),
        ticks AS (DELETE FROM schedule_ticks k USING gone WHERE k.schedule_id = gone.id)
        SELECT id FROM gone
        """)

    /// $1 id
    static let one = PostgresStatement(
        "schedule", "SELECT \(columns), \(work) FROM schedules s WHERE s.id = $1::uuid")

    /// $1 tenant, $2 name
    static let named = PostgresStatement(
        "schedule_named", "SELECT \(columns), \(work) FROM schedules s WHERE s.tenant = $1::text AND s.name = $2::text")

    /// $1 tenant (NULL: any), $2 flow (NULL: any), $3 paused (NULL: either), $4 limit
    static let list = PostgresStatement(
        "schedules",
        """
        SELECT \(columns) FROM schedules s
        WHERE ($1::text IS NULL OR s.tenant = $1::text) AND ($2::text IS NULL OR s.flow = $2::text)
            AND ($3::boolean IS NULL OR s.paused = $3::boolean)
        ORDER BY s.name, s.id LIMIT $4::integer
        """)

    /// $1 schedule, $2 from, $3 through, $4 limit
    static let ticks = PostgresStatement(
        "schedule_ticks",
        """
        SELECT tick_at, decision, source, execution_id, error, decided_at FROM schedule_ticks
        WHERE schedule_id = $1::uuid AND tick_at >= $2::timestamptz AND tick_at <= $3::timestamptz
        ORDER BY tick_at DESC LIMIT $4::integer
        """)

    /// $1 time, $2 limit
    static let due = PostgresStatement(
        "due_schedules",
        """
        WITH d AS MATERIALIZED (
            (SELECT s.id FROM schedules s
                WHERE NOT s.paused AND s.next_tick <= COALESCE($1::timestamptz, statement_timestamp())
                ORDER BY s.next_tick LIMIT $2::integer)
            UNION
            (SELECT s.id
                FROM (SELECT DISTINCT schedule_id FROM schedule_ticks WHERE decision = 3 AND execution_id IS NULL) w
                    JOIN schedules s ON s.id = w.schedule_id
                WHERE NOT s.paused
                    AND NOT EXISTS (SELECT FROM unnest(s.active) a JOIN ready r ON r.execution_id = a)
                LIMIT $2::integer)
        )
        SELECT \(columns), \(work) FROM d JOIN schedules s ON s.id = d.id ORDER BY s.next_tick, s.id LIMIT $2::integer
        """)

    /// The first undecided tick of all, also one that has become due since `due` looked. $1 time
    static let outlook = PostgresStatement(
        "schedule_outlook",
        """
        SELECT COALESCE($1::timestamptz, statement_timestamp()),
            (SELECT s.next_tick FROM schedules s
                WHERE NOT s.paused AND s.next_tick < 'infinity' ORDER BY s.next_tick LIMIT 1),
            ARRAY(SELECT a FROM (SELECT DISTINCT schedule_id FROM schedule_ticks WHERE decision = 3 AND execution_id IS NULL) w
                    JOIN schedules s ON s.id = w.schedule_id CROSS JOIN unnest(s.active) a
                WHERE NOT s.paused AND EXISTS (SELECT FROM ready r WHERE r.execution_id = a) LIMIT 100)
        """)

    /// What this version cannot read is kept from being due for ever. $1 id
    static let setAside = PostgresStatement(
        "set_schedule_aside", "UPDATE schedules SET paused = true, generation = generation + 1 WHERE id = $1::uuid")

    /// Schedules: $1 ids, $2 generations, $3 next ticks, $4 whether paused ones count. Ticks: $5 schedules,
    /// $6 instants, $7 decisions, $8 sources, $9 executions, $10 errors. Executions: $11 ids, $12 tenants, $13 flows,
    /// $14 versions, $15 tags, $16 priorities, $17 creation times, $18 ready times, $19 needs, $20 operations, $21 bodies,
    /// $22 counts. $23 worker, $24 time
    static let decide = PostgresStatement(
        "decide_ticks",
        """
        WITH s AS MATERIALIZED (
            SELECT x.id, u.next_tick
            FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::boolean[])
                u(id, generation, next_tick, while_paused) JOIN schedules x ON x.id = u.id
            WHERE x.generation = u.generation AND (u.while_paused OR NOT x.paused)
            FOR NO KEY UPDATE OF x SKIP LOCKED
        ),
        d AS MATERIALIZED (
            SELECT d.* FROM unnest($5::uuid[], $6::timestamptz[], $7::smallint[], $8::smallint[], $9::uuid[], $10::text[])
                d(schedule_id, tick_at, decision, source, execution_id, error) JOIN s ON s.id = d.schedule_id
        ),
        a AS (
            UPDATE schedules x
            SET next_tick = s.next_tick, generation = x.generation + 1,
                active = ARRAY(
                    SELECT o.id FROM (
                        SELECT o AS id FROM unnest(x.active) o WHERE EXISTS (SELECT FROM ready r WHERE r.execution_id = o)
                        UNION ALL
                        SELECT d.execution_id FROM d WHERE d.schedule_id = x.id AND d.execution_id IS NOT NULL) o
                    ORDER BY o.id DESC LIMIT 1000)
            FROM s WHERE x.id = s.id
        ),
        t AS (
            INSERT INTO schedule_ticks AS k (
                schedule_id, tick_at, decision, source, execution_id, error, decided_at, decided_by)
            SELECT schedule_id, tick_at, decision, source, execution_id, error, COALESCE($24::timestamptz, clock_timestamp()), $23::uuid
            FROM d ORDER BY schedule_id, tick_at
            ON CONFLICT (schedule_id, tick_at) DO UPDATE
            SET decision = EXCLUDED.decision, source = CASE k.decision WHEN 3 THEN k.source ELSE EXCLUDED.source END, execution_id = EXCLUDED.execution_id,
                error = EXCLUDED.error, decided_at = EXCLUDED.decided_at, decided_by = EXCLUDED.decided_by
            WHERE k.execution_id IS NULL
                AND CASE k.decision WHEN 3 THEN EXCLUDED.decision IN (3, 4) ELSE EXCLUDED.source = 2 END
            RETURNING k.schedule_id, k.execution_id
        ),
        c AS MATERIALIZED (
            SELECT c.* FROM t JOIN unnest(
                $11::uuid[], $12::text[], $13::text[], $14::text[], $15::text[], $16::smallint[], $17::timestamptz[], $18::timestamptz[],
                $19::text[], $20::uuid[], $21::bytea[], $22::smallint[], $25::timestamptz[], $26::bytea[])
                c(id, tenant, flow, version, tag, priority, created_at, ready_at, needs, op, body, n, at, hash) ON c.id = t.execution_id
        ),
        l AS (
            INSERT INTO log (execution_id, seq, n, kind, op_id, body, at, hash)
            SELECT id, 1, n, 1, op, body, at, hash FROM c ORDER BY id
        ),
        r AS (
            INSERT INTO ready (execution_id, next_at, priority, needs, tenant, flow)
            SELECT id, ready_at, priority, needs, tenant, flow FROM c ORDER BY id
        ),
        e AS (
            INSERT INTO executions (id, tenant, flow, flow_version, tag, root_id, priority, created_at)
            SELECT id, tenant, flow, version, tag, id, priority, created_at FROM c ORDER BY id
        )
        SELECT s.id, ARRAY(SELECT t.execution_id FROM t WHERE t.schedule_id = s.id AND t.execution_id IS NOT NULL) FROM s
        """)

    /// After an answer that was lost: which of these ticks have which executions. $1 schedules, $2 instants, $3 executions
    static let decided = PostgresStatement(
        "decided_ticks",
        """
        SELECT k.schedule_id, k.execution_id
        FROM unnest($1::uuid[], $2::timestamptz[], $3::uuid[]) u(schedule_id, tick_at, execution_id)
            JOIN schedule_ticks k ON k.schedule_id = u.schedule_id AND k.tick_at = u.tick_at AND k.execution_id = u.execution_id
        """)
}

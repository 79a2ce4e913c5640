-- Roll-ups. An end puts a row into the queue within its own transaction; one folder at a time reads these executions' rows of the log
-- and adds them up. Everything adds, so it does not matter in which order; deleting the row from the queue is part of it, so nothing counts twice.

CREATE TABLE @SCHEMA@.rollup_queue (
    execution_id uuid NOT NULL,
    seq bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE @SCHEMA@.rollup_queue IS 'One row per end of an execution, until it is folded into the roll-ups. No index: it is read from its beginning.';
COMMENT ON COLUMN @SCHEMA@.rollup_queue.seq IS 'Position of the row of the log that ended it. It stands for the rows from the last reopening (else the first row) to there.';

CREATE TABLE @SCHEMA@.rollup_flows (
    hour timestamptz NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    flow text COLLATE "C" NOT NULL,
    status smallint NOT NULL,
    bucket smallint NOT NULL,
    n bigint NOT NULL,
    us bigint NOT NULL,
    PRIMARY KEY (hour, tenant, flow, bucket, status)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE @SCHEMA@.rollup_flows IS 'Ends of executions by the hour of the end.';
COMMENT ON COLUMN @SCHEMA@.rollup_flows.hour IS 'Beginning of the hour, in UTC, as everywhere in the roll-ups.';
COMMENT ON COLUMN @SCHEMA@.rollup_flows.bucket IS 'Of the duration: see rollup_bucket. Before the status in the key, so that percentiles need no sort.';
COMMENT ON COLUMN @SCHEMA@.rollup_flows.us IS 'Sum of the durations, from the creation to the end, in microseconds.';

CREATE TABLE @SCHEMA@.rollup_flow_days (
    day date NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    flow text COLLATE "C" NOT NULL,
    status smallint NOT NULL,
    bucket smallint NOT NULL,
    n bigint NOT NULL,
    us bigint NOT NULL,
    PRIMARY KEY (day, tenant, flow, bucket, status)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE @SCHEMA@.rollup_flow_days IS 'rollup_flows by days (UTC): three months of hours would be a million rows to sort.';

CREATE TABLE @SCHEMA@.rollup_creations (
    hour timestamptz NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    flow text COLLATE "C" NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (hour, tenant, flow)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE @SCHEMA@.rollup_creations IS 'Executions that have ended at least once, by the hour of their creation. Those that never did are in ready.';
CREATE INDEX rollup_creations_day ON @SCHEMA@.rollup_creations (((hour AT TIME ZONE 'UTC')::date));

CREATE TABLE @SCHEMA@.rollup_steps (
    hour timestamptz NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    flow text COLLATE "C" NOT NULL,
    step text COLLATE "C" NOT NULL,
    outcome smallint NOT NULL,
    bucket smallint NOT NULL,
    n bigint NOT NULL,
    us bigint NOT NULL,
    PRIMARY KEY (hour, tenant, flow, step, bucket, outcome)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE @SCHEMA@.rollup_steps IS 'Attempts of steps by the hour in which their end was recorded.';
COMMENT ON COLUMN @SCHEMA@.rollup_steps.outcome IS '1 completed, 2 failed, 3 timeout, 4 suspended';
COMMENT ON COLUMN @SCHEMA@.rollup_steps.us IS 'Sum of the durations by the worker''s clock, in microseconds.';

CREATE TABLE @SCHEMA@.rollup_failures (
    tenant text COLLATE "C" NOT NULL,
    flow text COLLATE "C" NOT NULL,
    step text COLLATE "C" NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    n bigint NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    last_execution_id uuid NOT NULL,
    PRIMARY KEY (tenant, flow, step, fingerprint)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE @SCHEMA@.rollup_failures IS 'Errors that are the same but for numbers, ids and quoted text.';
COMMENT ON COLUMN @SCHEMA@.rollup_failures.step IS 'Empty: of the execution as a whole.';
COMMENT ON COLUMN @SCHEMA@.rollup_failures.message IS 'That of the earliest one, shortened.';

CREATE TABLE @SCHEMA@.rollup_failure_hours (
    hour timestamptz NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    flow text COLLATE "C" NOT NULL,
    step text COLLATE "C" NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (hour, tenant, flow, step, fingerprint)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE @SCHEMA@.rollup_failure_hours IS 'How many of rollup_failures there were in which hour.';

CREATE TABLE @SCHEMA@.rollup_slas (
    hour timestamptz NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    flow text COLLATE "C" NOT NULL,
    ends bigint NOT NULL,
    started_late bigint NOT NULL,
    ended_late bigint NOT NULL,
    PRIMARY KEY (hour, tenant, flow)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE @SCHEMA@.rollup_slas IS 'Ends of executions whose flow''s definition has an `sla`, by the hour of the end.';

CREATE TABLE @SCHEMA@.rollup_state (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    as_of timestamptz NOT NULL
) WITH (fillfactor = 10);
COMMENT ON TABLE @SCHEMA@.rollup_state IS 'One row.';
COMMENT ON COLUMN @SCHEMA@.rollup_state.as_of IS 'When a fold last left nothing in the queue: every end that had been committed by then is counted.';
INSERT INTO @SCHEMA@.rollup_state (as_of) VALUES ('-infinity');

-- The small term keeps powers of two, whose logarithm is a hair too large, in their own bucket. Not STRICT, so that it is inlined.
CREATE FUNCTION @SCHEMA@.rollup_bucket(us bigint) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN us <= 1 THEN 0 ELSE ceil(8 * ln(us::double precision) / 0.6931471805599453 - 1e-9) END::smallint;
COMMENT ON FUNCTION @SCHEMA@.rollup_bucket IS 'ceil(8 * log2(us)): a bucket ends at 2^(bucket/8) microseconds, which is at most 9 % above what is in it. Percentiles are ends of buckets.';

CREATE FUNCTION @SCHEMA@.rollup_fingerprint(code text, message text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN md5(code || ' ' || regexp_replace(
    left(message, 2000),
    '(?<!\w)(?:''[^'']*''|"[^"]*"|`[^`]*`)|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\m0x[0-9a-f]+|\m(?=[a-f]*[0-9])[0-9a-f]{6,}\M|[0-9]+',
    '?', 'gi'));
COMMENT ON FUNCTION @SCHEMA@.rollup_fingerprint IS 'The same for errors that differ in numbers, uuids, hexadecimal and quoted text only.';

-- One batch: reads by primary keys only, and each row of the log once. Parsing JSON is what costs, so the commonest row (an attempt that
-- completed, perhaps the execution's first or last) is read by the places where its writer puts things: `"f"` must be where it would be after a
-- plain step id, and whatever is written otherwise is parsed. Hash joins are off because their plans scan whole tables while statistics are
-- young; sorts, so that groups are hashed.
CREATE FUNCTION @SCHEMA@.fold_rollup_batch(most integer) RETURNS integer
LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_sort = off
SET work_mem = '32MB'
SET jit = off
SET synchronize_seqscans = off
AS $$
DECLARE
    taken integer;
BEGIN
    WITH item AS MATERIALIZED (
        DELETE FROM @SCHEMA@.rollup_queue
        WHERE ctid = ANY(ARRAY(SELECT q.ctid FROM @SCHEMA@.rollup_queue q LIMIT most FOR UPDATE SKIP LOCKED))
        RETURNING execution_id, seq
    ),
    stretch AS MATERIALIZED (
        SELECT i.execution_id, i.seq AS last, COALESCE(s.first, 1) AS first, x.tenant, x.flow, x.flow_version, x.created_at
        FROM item i JOIN @SCHEMA@.executions x ON x.id = i.execution_id
            CROSS JOIN LATERAL (
                SELECT max(l.seq) AS first FROM @SCHEMA@.log l
                WHERE l.execution_id = i.execution_id AND l.seq <= i.seq AND l.kind = 9) s
    ),
    part AS MATERIALIZED (
        SELECT s.*, l.at, date_bin('1 hour', l.at, TIMESTAMPTZ '2000-01-01 00:00:00Z') AS hour, l.seq, l.kind, t.token,
            CASE WHEN t.token[7] = 'f' AND t.token[5] = 'b' AND position('\' IN t.token[1]) = 0 THEN NULL ELSE l.body END AS body
        FROM stretch s
            JOIN @SCHEMA@.log l ON l.execution_id = s.execution_id AND l.seq >= s.first AND l.seq <= s.last AND l.kind IN (2, 3, 4, 6, 7)
            CROSS JOIN LATERAL (
                SELECT CASE
                    WHEN l.kind IN (2, 4) AND substring(l.body FOR 6) = '{"w":"'
                        AND (l.kind = 2 OR substring(l.body FROM length(l.body) - 29) = ',{"t":"execution.completed"}]}') THEN
                        CASE
                            WHEN l.n = l.kind / 2 AND substring(l.body FROM 66 FOR 32) = ',"e":[{"t":"step.completed","s":' THEN 99
                            WHEN l.n = l.kind / 2 + 1 AND substring(l.body FROM 66 FOR 58)
                                = ',"e":[{"t":"execution.started"},{"t":"step.completed","s":' THEN 125
                        END
                END AS place OFFSET 0) p
            CROSS JOIN LATERAL (
                SELECT CASE WHEN p.place IS NOT NULL THEN string_to_array(encode(substring(l.body FROM p.place FOR 100), 'escape'), '"') END
                    AS token OFFSET 0) t
    ),
    event AS MATERIALIZED (
        SELECT p.execution_id, p.last, p.first, p.tenant, p.flow, p.flow_version, p.created_at, p.seq, p.at, p.hour, 1 AS outcome, true AS is_step,
            CASE p.kind WHEN 4 THEN 10 END AS status, p.token[1] AS step, btrim(p.token[6], ':,')::bigint AS began,
            btrim(p.token[8], ':,{}]')::bigint AS finished, NULL::timestamptz AS started, NULL::jsonb AS error
        FROM part p WHERE p.body IS NULL
        UNION ALL
        SELECT p.execution_id, p.last, p.first, p.tenant, p.flow, p.flow_version, p.created_at, p.seq, p.at, p.hour,
            CASE v.e ->> 't' WHEN 'step.completed' THEN 1 WHEN 'step.failed' THEN 2 WHEN 'step.timed_out' THEN 3 WHEN 'step.suspended' THEN 4 END,
            v.e ->> 't' LIKE 'step.%',
            CASE WHEN p.seq = p.last THEN CASE v.e ->> 't' WHEN 'execution.completed' THEN 10 WHEN 'execution.failed' THEN 11
                WHEN 'execution.cancelled' THEN 12 WHEN 'execution.rolled_back' THEN 13 WHEN 'execution.rollback_failed' THEN 14 END END,
            v.e ->> 's', (v.e ->> 'b')::bigint, (v.e ->> 'f')::bigint, CASE v.e ->> 't' WHEN 'execution.started' THEN p.at END,
            CASE WHEN NOT v.e ? 'cancellation' THEN v.e -> 'error' END
        FROM part p CROSS JOIN LATERAL jsonb_array_elements(
            CASE WHEN position('\x5c7530303030'::bytea IN p.body) = 0 THEN convert_from(p.body, 'UTF8')::jsonb ELSE @SCHEMA@.body_json(p.body) END
            -> 'e') v(e)
        WHERE p.body IS NOT NULL AND v.e ->> 't' = ANY('{step.completed,step.failed,step.timed_out,step.suspended,step.started,
            step.compensation_failed,execution.started,execution.quarantined,execution.rollback_started,execution.completed,execution.failed,
            execution.cancelled,execution.rolled_back,execution.rollback_failed}'::text[])
    ),
    ended AS MATERIALIZED (
        SELECT e.execution_id, e.first, e.last, e.tenant, e.flow, e.flow_version, e.created_at, e.at, e.hour, e.status::smallint,
            GREATEST((EXTRACT(EPOCH FROM e.at - e.created_at) * 1000000)::bigint, 0) AS us
        FROM event e WHERE e.status IS NOT NULL
    ),
    flow AS (
        INSERT INTO @SCHEMA@.rollup_flows AS t (hour, tenant, flow, status, bucket, n, us)
        SELECT * FROM (
            SELECT e.hour, e.tenant, e.flow, e.status, @SCHEMA@.rollup_bucket(e.us), count(*), sum(e.us)::bigint
            FROM ended e GROUP BY 1, 2, 3, 4, 5 OFFSET 0) g
        ORDER BY 1, 2, 3, 5, 4
        ON CONFLICT (hour, tenant, flow, bucket, status) DO UPDATE SET n = t.n + EXCLUDED.n, us = t.us + EXCLUDED.us
    ),
    flow_day AS (
        INSERT INTO @SCHEMA@.rollup_flow_days AS t (day, tenant, flow, status, bucket, n, us)
        SELECT * FROM (
            SELECT (e.hour AT TIME ZONE 'UTC')::date, e.tenant, e.flow, e.status, @SCHEMA@.rollup_bucket(e.us), count(*), sum(e.us)::bigint
            FROM ended e GROUP BY 1, 2, 3, 4, 5 OFFSET 0) g
        ORDER BY 1, 2, 3, 5, 4
        ON CONFLICT (day, tenant, flow, bucket, status) DO UPDATE SET n = t.n + EXCLUDED.n, us = t.us + EXCLUDED.us
    ),
    creation AS (
        INSERT INTO @SCHEMA@.rollup_creations AS t (hour, tenant, flow, n)
        SELECT date_bin('1 hour', e.created_at, TIMESTAMPTZ '2000-01-01 00:00:00Z'), e.tenant, e.flow, count(*)
        FROM ended e WHERE e.first = 1 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (hour, tenant, flow) DO UPDATE SET n = t.n + EXCLUDED.n
    ),
    step AS (
        INSERT INTO @SCHEMA@.rollup_steps AS t (hour, tenant, flow, step, outcome, bucket, n, us)
        SELECT * FROM (
            SELECT e.hour, e.tenant, e.flow, e.step, e.outcome::smallint, @SCHEMA@.rollup_bucket(e.finished - e.began), count(*),
                sum(GREATEST(e.finished - e.began, 0))::bigint
            FROM event e WHERE e.outcome IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6 OFFSET 0) g
        ORDER BY 1, 2, 3, 4, 6, 5
        ON CONFLICT (hour, tenant, flow, step, bucket, outcome) DO UPDATE SET n = t.n + EXCLUDED.n, us = t.us + EXCLUDED.us
    ),
    -- What an execution fails with is most often what its step failed with: counted there.
    failure AS MATERIALIZED (
        SELECT f.tenant, f.flow, f.step, @SCHEMA@.rollup_fingerprint(f.code, f.message) AS fingerprint, f.code, f.message, f.hour, f.at,
            f.execution_id
        FROM (
            SELECT o.*, bool_or(o.is_step) OVER (PARTITION BY o.execution_id, o.last, o.code, o.message) AS is_told,
                row_number() OVER (PARTITION BY o.execution_id, o.last, o.code, o.message, o.is_step ORDER BY o.seq) AS nth
            FROM (
                SELECT e.execution_id, e.last, e.seq, e.tenant, e.flow, e.hour, e.at, e.is_step,
                    COALESCE(e.step, e.error ->> 'stepId', '') AS step, COALESCE(e.error ->> 'code', '') AS code,
                    COALESCE(e.error ->> 'message', '') AS message
                FROM event e WHERE e.error IS NOT NULL) o) f
        WHERE f.is_step OR (NOT f.is_told AND f.nth = 1)
    ),
    failures AS (
        INSERT INTO @SCHEMA@.rollup_failures AS t (
            tenant, flow, step, fingerprint, code, message, n, first_seen, last_seen, last_execution_id)
        SELECT f.tenant, f.flow, f.step, f.fingerprint, left((array_agg(f.code ORDER BY f.at))[1], 200),
            left((array_agg(f.message ORDER BY f.at))[1], 500), count(*), min(f.at), max(f.at),
            (array_agg(f.execution_id ORDER BY f.at DESC, f.execution_id DESC))[1]
        FROM failure f GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (tenant, flow, step, fingerprint) DO UPDATE
        SET n = t.n + EXCLUDED.n, first_seen = LEAST(t.first_seen, EXCLUDED.first_seen), last_seen = GREATEST(t.last_seen, EXCLUDED.last_seen),
            message = CASE WHEN EXCLUDED.first_seen < t.first_seen THEN EXCLUDED.message ELSE t.message END,
            last_execution_id = CASE WHEN (EXCLUDED.last_seen, EXCLUDED.last_execution_id) > (t.last_seen, t.last_execution_id)
                THEN EXCLUDED.last_execution_id ELSE t.last_execution_id END
    ),
    failure_hours AS (
        INSERT INTO @SCHEMA@.rollup_failure_hours AS t (hour, tenant, flow, step, fingerprint, n)
        SELECT f.hour, f.tenant, f.flow, f.step, f.fingerprint, count(*) FROM failure f GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
        ON CONFLICT (hour, tenant, flow, step, fingerprint) DO UPDATE SET n = t.n + EXCLUDED.n
    ),
    sla AS MATERIALIZED (
        SELECT f.id, f.version, 1000 * (d.sla ->> 'startWithinMs')::numeric AS start_us, 1000 * (d.sla ->> 'endWithinMs')::numeric AS end_us
        FROM (SELECT DISTINCT e.flow, e.flow_version FROM ended e) u
            JOIN @SCHEMA@.flows f ON f.id = u.flow AND f.version = u.flow_version
            CROSS JOIN LATERAL (
                SELECT CASE WHEN position('"sla"' IN f.definition) > 0
                    THEN @SCHEMA@.body_json(convert_to(f.definition, 'UTF8')) -> 'sla' END AS sla OFFSET 0) d
        WHERE jsonb_typeof(d.sla) = 'object'
    ),
    -- A start is judged once, with the first end; an execution that never started is as late as its end.
    judged AS (
        SELECT e.hour, e.tenant, e.flow, e.us > s.end_us AS ended_late,
            e.first = 1 AND (EXTRACT(EPOCH FROM COALESCE(@SCHEMA@.from_microseconds(e.began), e.started, e.at) - e.created_at) * 1000000)::bigint
                > s.start_us AS started_late
        FROM (
            SELECT max(e.hour) FILTER (WHERE e.status IS NOT NULL) AS hour, max(e.at) FILTER (WHERE e.status IS NOT NULL) AS at,
                max(e.tenant) AS tenant, max(e.flow) AS flow, max(e.flow_version) AS flow_version, max(e.first) AS first,
                max(e.created_at) AS created_at, min(e.began) FILTER (WHERE e.is_step) AS began, min(e.started) AS started,
                GREATEST((EXTRACT(EPOCH FROM max(e.at) FILTER (WHERE e.status IS NOT NULL) - max(e.created_at)) * 1000000)::bigint, 0) AS us
            FROM event e WHERE e.flow = ANY(ARRAY(SELECT s.id FROM sla s)) GROUP BY e.execution_id, e.last
            HAVING bool_or(e.status IS NOT NULL) OFFSET 0) e
            JOIN sla s ON s.id = e.flow AND s.version = e.flow_version
    ),
    slas AS (
        INSERT INTO @SCHEMA@.rollup_slas AS t (hour, tenant, flow, ends, started_late, ended_late)
        SELECT j.hour, j.tenant, j.flow, count(*), count(*) FILTER (WHERE j.started_late), count(*) FILTER (WHERE j.ended_late)
        FROM judged j GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (hour, tenant, flow) DO UPDATE
        SET ends = t.ends + EXCLUDED.ends, started_late = t.started_late + EXCLUDED.started_late, ended_late = t.ended_late + EXCLUDED.ended_late
    )
    SELECT count(*) INTO taken FROM item;
    RETURN taken;
END
$$;
COMMENT ON FUNCTION @SCHEMA@.fold_rollup_batch IS 'Part of fold_rollups.';

-- What cannot be read is passed over with a warning, or it would hold up everything behind it.
CREATE FUNCTION @SCHEMA@.fold_rollups(most integer DEFAULT 500) RETURNS integer
LANGUAGE plpgsql
SET enable_seqscan = off
SET synchronize_seqscans = off
AS $$
DECLARE
    moment constant timestamptz := clock_timestamp();
    taken integer := 0;
    one integer;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('skein roll-ups of ' || '@SCHEMA@', 0)) THEN
        RETURN 0;
    END IF;
    BEGIN
        taken := @SCHEMA@.fold_rollup_batch(most);
    EXCEPTION WHEN data_exception OR not_null_violation THEN
        WHILE taken < most LOOP
            BEGIN
                one := @SCHEMA@.fold_rollup_batch(1);
            EXCEPTION WHEN data_exception OR not_null_violation THEN
                RAISE WARNING 'an end is not counted: %', SQLERRM;
                DELETE FROM @SCHEMA@.rollup_queue
                WHERE ctid = ANY(ARRAY(SELECT q.ctid FROM @SCHEMA@.rollup_queue q LIMIT 1 FOR UPDATE SKIP LOCKED));
                one := 1;
            END;
            EXIT WHEN one = 0;
            taken := taken + 1;
        END LOOP;
    END;
    IF taken > 0 AND taken < most THEN
        UPDATE @SCHEMA@.rollup_state SET as_of = moment;
    END IF;
    RETURN taken;
END
$$;
COMMENT ON FUNCTION @SCHEMA@.fold_rollups IS 'Adds at most so many ends to the roll-ups and returns how many; 0 also when somebody else is at it. To be called until it returns less than it may.';

-- What has ended before this migration, and what had ended and was reopened.
INSERT INTO @SCHEMA@.rollup_queue (execution_id, seq)
SELECT o.execution_id, l.seq
FROM @SCHEMA@.outcomes o
    CROSS JOIN LATERAL (SELECT l.seq FROM @SCHEMA@.log l WHERE l.execution_id = o.execution_id ORDER BY l.seq DESC LIMIT 1) l;
INSERT INTO @SCHEMA@.rollup_queue (execution_id, seq)
SELECT r.execution_id, l.seq
FROM @SCHEMA@.log r
    CROSS JOIN LATERAL (
        SELECT l.seq FROM @SCHEMA@.log l WHERE l.execution_id = r.execution_id AND l.seq < r.seq ORDER BY l.seq DESC LIMIT 1) l
WHERE r.kind = 9;

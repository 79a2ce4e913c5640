-- What people ask about whole workflows: how they went, page by page what happened, and how many tasks stand where. Everything is computed
-- from the log, each row of which is read once. A row that cannot be read fails the question with data_corrupted (XX001): no number is better
-- than a wrong one.

CREATE FUNCTION @SCHEMA@.broken_log(id uuid, seq bigint, why text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    RAISE EXCEPTION 'the log of % cannot be read%: %', id, COALESCE(' at position ' || seq, ''), why USING ERRCODE = 'data_corrupted';
END
$$;
COMMENT ON FUNCTION @SCHEMA@.broken_log IS 'Fails, and says which log is broken and where.';

-- The text of the API.
CREATE FUNCTION @SCHEMA@.rfc3339(moment timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
COMMENT ON FUNCTION @SCHEMA@.rfc3339 IS 'RFC 3339 in UTC with microseconds.';

-- A workflow by any of its executions, or one execution.
CREATE FUNCTION @SCHEMA@.family(root uuid, of_execution uuid)
RETURNS TABLE (id uuid, parent_id uuid, root_id uuid, flow text, status smallint, created_at timestamptz, ended_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    WITH top AS MATERIALIZED (SELECT COALESCE((SELECT x.root_id FROM @SCHEMA@.executions x WHERE x.id = root), root) AS id)
    SELECT x.id, x.parent_id, x.root_id, x.flow, x.status, x.created_at, x.ended_at
    FROM @SCHEMA@.executions x WHERE of_execution IS NULL AND x.id = (SELECT top.id FROM top)
    UNION ALL
    SELECT x.id, x.parent_id, x.root_id, x.flow, x.status, x.created_at, x.ended_at
    FROM @SCHEMA@.executions x
    WHERE of_execution IS NULL AND x.root_id = (SELECT top.id FROM top) AND x.parent_id IS NOT NULL AND x.id <> (SELECT top.id FROM top)
    UNION ALL
    SELECT x.id, x.parent_id, x.root_id, x.flow, x.status, x.created_at, x.ended_at
    FROM @SCHEMA@.executions x WHERE x.id = of_execution AND (root IS NULL OR x.root_id = (SELECT top.id FROM top));
$$;
COMMENT ON FUNCTION @SCHEMA@.family IS 'The executions of a workflow, given any of them; with of_execution only that one, if it belongs there.';

-- Inlined into its callers, as the next one is: a column that they do not use costs nothing. OFFSET 0 keeps the log's index in use, whatever
-- the planner thinks of the number of ids, and keeps expressions from being computed once for every place they are used in.
-- brief: of the creation of an execution, which has its context, no more than that it is one; it must be JSON nevertheless.
CREATE FUNCTION @SCHEMA@.log_events(ids uuid[], seqs bigint[], brief boolean)
RETURNS TABLE (
    execution_id uuid, seq bigint, row_seq bigint, kind smallint, at timestamptz, row_at bigint, worker_id uuid, type text, event jsonb)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT e.execution_id, e.row_seq + e.place, e.row_seq, e.kind, e.at, e.row_at,
        CASE
            WHEN e.type IN ('step.started', 'step.compensating') AND e.event ? 'by' THEN (e.event ->> 'by')::uuid
            ELSE e.worker_id
        END,
        CASE
            WHEN e.type IN (
                'execution.created', 'execution.started', 'execution.completed', 'execution.failed', 'execution.cancelled',
                'execution.waiting', 'execution.resumed', 'execution.paused', 'execution.timed_out', 'execution.rollback_started',
                'execution.rolled_back', 'execution.rollback_failed', 'execution.children_created', 'execution.recovered',
                'execution.reopened', 'execution.forked', 'execution.quarantined', 'step.started', 'step.completed', 'step.failed',
                'step.retry_scheduled', 'step.timed_out', 'step.skipped', 'step.suspended', 'step.compensating', 'step.compensated',
                'step.compensation_failed', 'signal.received', 'signal.consumed', 'token.created', 'token.used', 'token.revoked',
                'progress', 'checkpoint', 'transition', 'idempotency.hit')
                THEN e.type
            ELSE @SCHEMA@.broken_log(e.execution_id, e.row_seq, COALESCE('unknown event ' || quote_literal(e.type), 'an event without a type'))
        END,
        e.event
    FROM (
        SELECT p.execution_id, p.row_seq, p.place, p.kind, p.at, p.row_at, p.worker_id, p.event, p.event ->> 't' AS type
        FROM (
            SELECT o.*, o.events -> o.place AS event
            FROM (
                SELECT c.execution_id, c.seq AS row_seq, c.kind, c.at, c.row_at, c.worker_id, c.events,
                    generate_series(0, CASE
                        WHEN jsonb_array_length(c.events) = c.n AND c.row_at IS NOT NULL THEN c.n
                        ELSE length(@SCHEMA@.broken_log(c.execution_id, c.seq, 'the row does not hold as many events as it says'))
                    END - 1) AS place
                FROM (
                    SELECT b.execution_id, b.seq, b.n, b.kind, b.at, (b.body -> 'at')::bigint AS row_at,
                        CASE
                            WHEN b.body ? 'w' THEN (b.body ->> 'w')::uuid
                            WHEN b.body - '{at,e}'::text[] <> '{}'
                                THEN @SCHEMA@.broken_log(b.execution_id, b.seq, 'the row has an unknown member')::uuid
                        END AS worker_id,
                        b.body -> 'e' AS events
                    FROM (
                        SELECT l.execution_id, l.seq, l.n, l.kind, l.at,
                            CASE
                                WHEN brief AND l.n = 1 AND l.kind = 1
                                    AND l.body LIKE '{"w":"____________________________________","at":%,"e":[{"t":"execution.created",%'
                                    AND l.body::json IS NOT NULL
                                    THEN jsonb_build_object('w', substr(l.body, 7, 36), 'at', 0, 'e', '[{"t": "execution.created"}]'::jsonb)
                                ELSE l.body::jsonb
                            END AS body
                        FROM unnest(ids, seqs) AS u(id, seq)
                            CROSS JOIN LATERAL (
                                SELECT k.execution_id, k.seq, k.n, k.kind, k.at,
                                    CASE
                                        WHEN position('\x5c7530303030'::bytea IN k.body) = 0 THEN convert_from(k.body, 'UTF8')
                                        ELSE @SCHEMA@.body_json(k.body)::text
                                    END AS body
                                FROM @SCHEMA@.log k
                                WHERE k.execution_id = u.id
                                    AND k.seq >= COALESCE(u.seq, 1) AND k.seq <= COALESCE(u.seq, 9223372036854775807)
                                OFFSET 0) l
                        OFFSET 0) b
                    OFFSET 0) c
            ) o
            OFFSET 0) p
        OFFSET 0) e;
$$;
COMMENT ON FUNCTION @SCHEMA@.log_events IS 'The events of some executions, or of the rows at seqs of them, in no order. row_seq: position of an event''s row; row_at: its writer''s clock.';

-- One pass over some logs. Attempts: an attempt begins with step.started or, where that was not recorded, with its end (derived). Whoever takes
-- over, cancels, pauses or fails the execution ends the attempts that are open. Of an attempt seq is the position of the event that it begins
-- with, at the database's time of its end, duration_us by the clock of the worker, and note its error.
-- Beside them the events that tell where an execution stands; "log": of each execution the number of events (seq) and of checkpoints
-- (attempt), the time of the last event and the kind of its row; "worker": who wrote any of it.
CREATE FUNCTION @SCHEMA@.folded_log(ids uuid[])
RETURNS TABLE (
    execution_id uuid, seq bigint, type text, kind smallint, step_id text, attempt integer, worker_id uuid, started_at timestamptz,
    at timestamptz, duration_us bigint, outcome text, note jsonb, derived boolean)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    WITH event AS MATERIALIZED (
        SELECT e.execution_id, e.seq, e.kind, e.step_id, e.attempt, e.worker_id, e.began, e.finished, e.at, e.note,
            CASE
                WHEN e.type IN ('execution.created', 'execution.started', 'execution.completed') THEN e.type
                WHEN e.type IN ('step.completed', 'step.failed', 'step.timed_out', 'step.suspended')
                    AND (e.step_id IS NULL OR e.attempt IS NULL OR e.began IS NULL OR e.finished IS NULL)
                    OR e.type = 'step.started' AND (e.step_id IS NULL OR e.attempt IS NULL OR e.began IS NULL)
                    OR e.type IN ('step.skipped', 'execution.waiting') AND e.step_id IS NULL
                    OR e.type IN (
                        'step.failed', 'step.timed_out', 'execution.failed', 'execution.quarantined', 'execution.rollback_started',
                        'execution.rollback_failed') AND (e.note ->> 'code') IS NULL
                    OR e.type = 'step.retry_scheduled' AND e.note IS NULL
                    OR e.type = 'execution.resumed' AND (e.note #>> '{}' IN (
                        'timer', 'resume', 'signal', 'run', 'children', 'token', 'unpause')) IS NOT TRUE
                    OR e.type = 'execution.waiting' AND (e.note ->> 'kind' IN (
                        'timer', 'signal', 'children', 'retry', 'manual', 'token', 'job', 'handler', 'limit')) IS NOT TRUE
                    THEN @SCHEMA@.broken_log(e.execution_id, e.seq, 'the event ' || quote_literal(e.type) || ' lacks something or has it wrong')
                ELSE e.type
            END AS type
        FROM (
            SELECT e.execution_id, e.seq, e.kind, e.type, e.worker_id, e.at,
                CASE WHEN e.type LIKE 'step.%' OR e.type = 'execution.waiting' THEN e.event ->> 's' END AS step_id,
                CASE WHEN e.type LIKE 'step.%' THEN (e.event -> 'a')::integer END AS attempt,
                CASE WHEN e.type LIKE 'step.%' THEN (e.event -> 'b')::bigint END AS began,
                CASE WHEN e.type LIKE 'step.%' THEN (e.event -> 'f')::bigint END AS finished,
                CASE
                    WHEN e.type IN ('execution.created', 'execution.started', 'execution.completed', 'step.completed') THEN NULL
                    WHEN e.type = 'execution.waiting' THEN e.event -> 'wait'
                    WHEN e.type IN (
                        'step.failed', 'step.timed_out', 'execution.failed', 'execution.quarantined', 'execution.rollback_started',
                        'execution.rollback_failed') THEN e.event -> 'error'
                    WHEN e.type = 'execution.cancelled' THEN e.event -> 'reason'
                    WHEN e.type = 'execution.resumed' THEN e.event -> 'cause'
                    -- Whether it is a wait at all.
                    WHEN e.type = 'step.retry_scheduled' THEN to_jsonb((e.event -> 'due')::bigint > e.row_at)
                    WHEN e.type = 'step.started' THEN e.event -> 'by'
                END AS note
            FROM (SELECT v.* FROM @SCHEMA@.log_events(ids, NULL, true) v OFFSET 0) e
            OFFSET 0) e
    ),
    step AS MATERIALIZED (
        SELECT v.execution_id, v.seq, v.type, v.step_id, COALESCE(v.attempt, 1) AS attempt, v.worker_id, v.began, v.finished, v.at, v.note,
            CASE
                WHEN v.type = 'step.started' THEN 'start'
                WHEN v.type = 'execution.waiting' THEN 'wait'
                WHEN v.type LIKE 'step.%' THEN 'end'
                ELSE 'cut'
            END AS part
        FROM event v
        WHERE v.type IN (
            'step.started', 'step.completed', 'step.failed', 'step.timed_out', 'step.skipped', 'step.suspended', 'execution.waiting',
            'execution.recovered', 'execution.cancelled', 'execution.paused', 'execution.failed')
    ),
    opening AS MATERIALIZED (SELECT DISTINCT s.execution_id FROM step s WHERE s.part = 'start'),
    cutting AS MATERIALIZED (
        SELECT DISTINCT s.execution_id FROM step s WHERE s.part = 'cut' AND s.execution_id IN (SELECT o.execution_id FROM opening o)
    ),
    -- How often open attempts have been cut off before.
    cut AS MATERIALIZED (
        SELECT s.*, count(*) FILTER (WHERE s.part = 'cut') OVER (PARTITION BY s.execution_id ORDER BY s.seq) AS cuts
        FROM step s WHERE s.part <> 'wait' AND s.execution_id IN (SELECT c.execution_id FROM cutting c)
    ),
    opened AS (
        SELECT s.*, 0 AS cuts FROM step s
        WHERE s.part IN ('start', 'end') AND s.execution_id IN (SELECT o.execution_id FROM opening o)
            AND s.execution_id NOT IN (SELECT c.execution_id FROM cutting c)
        UNION ALL
        SELECT c.* FROM cut c WHERE c.part <> 'cut'
    ),
    span AS MATERIALIZED (
        SELECT o.*, lag(o.part) OVER w AS before, lag(o.seq) OVER w AS before_seq, lead(o.part) OVER w AS after
        FROM opened o
        WINDOW w AS (PARTITION BY o.execution_id, o.cuts, o.step_id, o.attempt ORDER BY o.seq)
    ),
    -- Who waits for somebody, and not for something, is suspended: the next event of the step says so.
    suspension AS MATERIALIZED (
        SELECT n.execution_id, n.seq
        FROM (
            SELECT s.execution_id, s.seq, s.type,
                -- What goes on by stages is suspended whatever it waits for.
                lead(CASE WHEN s.part <> 'wait' THEN NULL WHEN s.note ? 'stage' THEN 'manual' ELSE s.note ->> 'kind' END) OVER (PARTITION BY s.execution_id, s.step_id ORDER BY s.seq) AS waits_for
            FROM step s
            WHERE s.part <> 'cut' AND s.execution_id IN (SELECT u.execution_id FROM step u WHERE u.type = 'step.suspended')
        ) n
        WHERE n.type = 'step.suspended' AND n.waits_for IN ('manual', 'signal', 'token')
    ),
    ended AS (
        SELECT s.execution_id, s.seq, s.type, s.step_id, s.attempt, s.worker_id, s.began, s.finished, s.at, s.note, s.seq AS end_seq,
            true AS derived
        FROM step s WHERE s.part = 'end' AND s.execution_id NOT IN (SELECT o.execution_id FROM opening o)
        UNION ALL
        SELECT p.execution_id, CASE WHEN p.before = 'start' THEN p.before_seq ELSE p.seq END, p.type, p.step_id, p.attempt, p.worker_id, p.began,
            p.finished, p.at, p.note, p.seq, p.before IS DISTINCT FROM 'start'
        FROM span p WHERE p.part = 'end'
    )
    SELECT e.execution_id, e.seq, 'attempt', NULL::smallint, e.step_id, e.attempt, e.worker_id,
        TIMESTAMPTZ '1970-01-01 00:00:00Z' + e.began * INTERVAL '1 microsecond', e.at,
        CASE WHEN e.finished < e.began THEN 0 ELSE e.finished - e.began END,
        CASE e.type
            WHEN 'step.completed' THEN 'completed'
            WHEN 'step.failed' THEN 'failed'
            WHEN 'step.timed_out' THEN 'timeout'
            WHEN 'step.skipped' THEN 'skipped'
            ELSE CASE WHEN (e.execution_id, e.end_seq) IN (SELECT s.execution_id, s.seq FROM suspension s) THEN 'suspended' ELSE 'waiting' END
        END,
        CASE WHEN e.type IN ('step.failed', 'step.timed_out') THEN e.note END, e.derived
    FROM ended e
    UNION ALL
    SELECT p.execution_id, p.seq, 'attempt', NULL, p.step_id, p.attempt, p.worker_id,
        TIMESTAMPTZ '1970-01-01 00:00:00Z' + p.began * INTERVAL '1 microsecond', c.at,
        CASE WHEN c.at IS NOT NULL THEN GREATEST((EXTRACT(EPOCH FROM c.at) * 1000000)::bigint - p.began, 0) END,
        CASE c.type
            WHEN 'execution.recovered' THEN 'interrupted'
            WHEN 'execution.cancelled' THEN 'cancelled'
            WHEN 'execution.paused' THEN 'paused'
            WHEN 'execution.failed' THEN 'failed'
        END,
        NULL, false
    FROM span p LEFT JOIN cut c ON c.execution_id = p.execution_id AND c.part = 'cut' AND c.cuts = p.cuts + 1
    WHERE p.part = 'start' AND p.after IS DISTINCT FROM 'end'
    UNION ALL
    SELECT v.execution_id, v.seq, v.type, NULL, v.step_id, v.attempt, v.worker_id, NULL, v.at, NULL, NULL, v.note, NULL
    FROM event v
    WHERE v.type NOT IN ('execution.created', 'execution.started', 'execution.completed', 'checkpoint', 'progress', 'execution.children_created')
    UNION ALL
    SELECT u.id,
        CASE WHEN c.first = 1 AND c.last = c.n THEN c.n ELSE length(@SCHEMA@.broken_log(u.id, NULL, 'there are rows missing')) END,
        'log', c.kind, NULL, c.checkpoints, NULL, NULL, c.at, NULL, NULL, NULL, NULL
    FROM unnest(ids) AS u(id)
        LEFT JOIN (
            SELECT v.execution_id, min(v.seq) AS first, max(v.seq) AS last, count(*) AS n, max(v.at) AS at,
                (count(*) FILTER (WHERE v.type = 'checkpoint'))::integer AS checkpoints, (max(v.seq * 32 + v.kind) & 31)::smallint AS kind
            FROM event v GROUP BY v.execution_id
        ) c ON c.execution_id = u.id
    UNION ALL
    SELECT NULL, NULL, 'worker', NULL, NULL, NULL, w.worker_id, NULL, NULL, NULL, NULL, NULL, NULL
    FROM (SELECT DISTINCT v.worker_id FROM event v WHERE v.worker_id IS NOT NULL) w;
$$;
COMMENT ON FUNCTION @SCHEMA@.folded_log IS 'What some executions'' logs tell: rows of the types "attempt", "log" and "worker", and events, in no order.';

-- PostgreSQL says what is wrong with a document, but not where it is.
CREATE FUNCTION @SCHEMA@.find_broken_log(ids uuid[], problem text) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    l record;
BEGIN
    FOR l IN
        SELECT g.execution_id, g.seq, g.body FROM unnest(ids) AS u(id)
            CROSS JOIN LATERAL (SELECT k.execution_id, k.seq, k.body FROM @SCHEMA@.log k WHERE k.execution_id = u.id OFFSET 0) g
    LOOP
        BEGIN
            PERFORM (b.body -> 'at')::bigint, (b.body ->> 'w')::uuid, (e.event -> 'a')::integer, (e.event -> 'b')::bigint,
                (e.event -> 'f')::bigint, (e.event -> 'due')::bigint, (e.event ->> 'by')::uuid
            FROM (SELECT @SCHEMA@.body_json(l.body) AS body OFFSET 0) b, jsonb_array_elements(b.body -> 'e') AS e(event);
        EXCEPTION WHEN data_exception THEN
            PERFORM @SCHEMA@.broken_log(l.execution_id, l.seq, SQLERRM);
        END;
    END LOOP;
    RAISE EXCEPTION '%', problem USING ERRCODE = 'data_corrupted';
END
$$;
COMMENT ON FUNCTION @SCHEMA@.find_broken_log IS 'Fails, and says which row of some logs PostgreSQL cannot read.';

-- What an execution waits for after an event: NULL if the event does not tell, empty if for nothing.
CREATE FUNCTION @SCHEMA@.wait_after(type text, note jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN type = 'execution.waiting' THEN note ->> 'kind'
    WHEN type = 'step.retry_scheduled' THEN CASE WHEN note = 'true' THEN 'retry' ELSE '' END
    WHEN type = 'execution.resumed' THEN CASE WHEN note <> '"unpause"' THEN '' END
    WHEN type = 'step.started' THEN CASE WHEN note IS NOT NULL THEN '' END
    WHEN type IN (
        'execution.created', 'step.completed', 'step.failed', 'step.timed_out', 'step.skipped', 'execution.reopened', 'execution.forked',
        'execution.rollback_started') THEN ''
END;
COMMENT ON FUNCTION @SCHEMA@.wait_after IS 'The kind of wait that an event begins; empty: it ends one; NULL: neither. note: wait, cause, whether a retry is due later, or by.';

CREATE FUNCTION @SCHEMA@.status_name(code smallint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN code = 10 THEN 'completed'
    WHEN code = 11 THEN 'failed'
    WHEN code = 12 THEN 'cancelled'
    WHEN code = 13 THEN 'rolled_back'
    WHEN code = 14 THEN 'rollback_failed'
    WHEN code = 0 THEN 'pending'
    WHEN code = 1 THEN 'running'
    WHEN code = 2 THEN 'waiting'
    WHEN code = 3 THEN 'paused'
    WHEN code = 4 THEN 'rolling_back'
END;
COMMENT ON FUNCTION @SCHEMA@.status_name IS 'The name of an execution''s status.';

-- waits_for: of an execution that is waiting. out_of_time: the failure before a retry was a timeout.
CREATE FUNCTION @SCHEMA@.task_status(status text, waits_for text, out_of_time boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN status IN ('pending', 'running', 'paused', 'completed') THEN status
    WHEN status = 'rolling_back' THEN 'running'
    WHEN status = 'waiting' THEN CASE
        WHEN waits_for = 'retry' THEN CASE WHEN out_of_time THEN 'timeout' ELSE 'failed' END
        WHEN waits_for IN ('children', 'manual', 'signal', 'token', 'job') THEN 'suspended'
        ELSE 'pending'
    END
    ELSE 'permanently_failed'
END;
COMMENT ON FUNCTION @SCHEMA@.task_status IS 'The status of a task whose execution has this one.';

-- The critical path goes from the root to a leaf: of the leaves that are farthest from the root, the one whose ancestors have the lowest ids.
-- That is what choosing the child with the greatest total at each step comes to, without a pass from the deepest level up.
CREATE FUNCTION @SCHEMA@.workflow_summary(root uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET work_mem = '64MB'
SET jit = off
SET plan_cache_mode = force_generic_plan
SET enable_nestloop = off
AS $$
DECLARE
    top uuid;
    ids uuid[];
    summary jsonb;
BEGIN
    SELECT x.root_id INTO top FROM @SCHEMA@.executions x WHERE x.id = root;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    ids := ARRAY(SELECT f.id FROM @SCHEMA@.family(top, NULL) f);
    WITH RECURSIVE
    folded AS MATERIALIZED (SELECT f.* FROM @SCHEMA@.folded_log(ids) f),
    attempt AS MATERIALIZED (SELECT f.* FROM folded f WHERE f.type = 'attempt'),
    execution AS MATERIALIZED (
        SELECT x.id, CASE WHEN x.id <> top THEN x.parent_id END AS parent_id, x.flow LIKE 'task:%' AS is_task,
            CASE WHEN x.flow LIKE 'task:%' THEN substr(x.flow, 6) ELSE x.flow END AS name, x.status, x.created_at, x.ended_at IS NOT NULL AS ended,
            COALESCE(r.paused, false) AS paused, COALESCE(r.owner IS NOT NULL AND r.next_at > statement_timestamp(), false) AS held
        FROM @SCHEMA@.family(top, NULL) x
            LEFT JOIN LATERAL (
                SELECT y.owner, y.next_at, y.paused FROM @SCHEMA@.ready y WHERE y.execution_id = x.id AND x.ended_at IS NULL OFFSET 0) r ON true
    ),
    -- What the logs of those say that have not ended.
    living AS (
        SELECT f.execution_id,
            (array_agg(@SCHEMA@.wait_after(f.type, f.note) ORDER BY f.seq DESC) FILTER (WHERE @SCHEMA@.wait_after(f.type, f.note) IS NOT NULL))[1]
                AS waits_for,
            (array_agg(f.note ->> 'code' = 'TIMEOUT' AND f.note -> 'stepId' IS NULL ORDER BY f.seq DESC)
                FILTER (WHERE f.type IN ('step.failed', 'step.timed_out')))[1] AS out_of_time,
            (array_agg(f.type = 'execution.rollback_started' ORDER BY f.seq DESC)
                FILTER (WHERE f.type IN ('execution.rollback_started', 'execution.rolled_back', 'execution.failed', 'execution.cancelled')))[1]
                AS rolls_back,
            max(f.kind) AS kind
        FROM folded f
        WHERE f.type NOT IN ('attempt', 'worker') AND f.execution_id IN (SELECT x.id FROM execution x WHERE NOT x.ended)
        GROUP BY f.execution_id
    ),
    status AS MATERIALIZED (
        SELECT x.*, l.waits_for, l.out_of_time,
            CASE
                WHEN x.ended THEN @SCHEMA@.status_name(x.status)
                WHEN x.paused THEN 'paused'
                WHEN l.rolls_back THEN 'rolling_back'
                WHEN x.held THEN 'running'
                -- With several branches it waits when all of them do: the row that let go says whether.
                WHEN NOT x.is_task AND l.kind IN (3, 8) THEN CASE x.status WHEN 2 THEN 'waiting' ELSE 'pending' END
                WHEN l.waits_for <> '' THEN 'waiting'
                ELSE 'pending'
            END AS status_name
        FROM execution x LEFT JOIN living l ON l.execution_id = x.id
    ),
    -- Steps that go on by stages do so when a wait is over that one of them began, and begin anew with a retry.
    turn AS (
        SELECT f.execution_id, f.seq, f.type IN ('step.retry_scheduled', 'execution.reopened', 'execution.forked') AS resets,
            (f.type = 'execution.resumed' AND f.note <> '"unpause"' AND lag(f.type = 'execution.waiting' AND f.note ? 'stage') OVER w)
                IS TRUE AS advances,
            count(*) FILTER (WHERE f.type IN ('step.retry_scheduled', 'execution.reopened', 'execution.forked')) OVER (
                PARTITION BY f.execution_id ORDER BY f.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS round
        FROM folded f
        WHERE f.type IN (
                'execution.waiting', 'execution.resumed', 'step.retry_scheduled', 'execution.reopened', 'execution.forked', 'step.started',
                'step.completed', 'step.failed', 'step.timed_out', 'step.suspended', 'step.skipped')
            AND (f.type <> 'execution.resumed' OR f.note <> '"unpause"')
            AND f.execution_id IN (SELECT v.execution_id FROM folded v WHERE v.type = 'execution.waiting' AND v.note ? 'stage')
        WINDOW w AS (PARTITION BY f.execution_id ORDER BY f.seq)
    ),
    stage AS MATERIALIZED (
        SELECT t.execution_id, t.seq, t.resets,
            count(*) FILTER (WHERE t.advances) OVER (PARTITION BY t.execution_id, t.round ORDER BY t.seq) AS stage
        FROM turn t
    ),
    standing AS MATERIALIZED (
        SELECT s.id, s.name, s.created_at, s.ended,
            CASE WHEN s.is_task THEN @SCHEMA@.task_status(s.status_name, s.waits_for, s.out_of_time) ELSE s.status_name END AS status,
            COALESCE(g.stage, 0) AS stage
        FROM status s
            LEFT JOIN (
                SELECT DISTINCT ON (a.execution_id) a.execution_id, CASE WHEN a.resets THEN 0 ELSE a.stage END AS stage
                FROM stage a ORDER BY a.execution_id, a.seq DESC) g ON g.execution_id = s.id
    ),
    failing AS MATERIALIZED (
        SELECT s.* FROM standing s
        WHERE s.status IN ('failed', 'timeout', 'permanently_failed', 'paused', 'cancelled', 'rolled_back', 'rollback_failed')
    ),
    failure AS (
        SELECT DISTINCT ON (f.execution_id) f.execution_id,
            CASE f.type
                WHEN 'execution.cancelled'
                    THEN jsonb_build_object('code', 'CANCELLED', 'message', COALESCE(f.note #>> '{}', 'Task cancelled'))
                WHEN 'execution.paused' THEN NULL
                ELSE f.note
            END AS error
        FROM folded f JOIN failing s ON s.id = f.execution_id
        WHERE f.type = ANY(CASE
            WHEN s.status = 'paused' THEN ARRAY['execution.paused', 'execution.quarantined']
            WHEN NOT s.ended
                THEN ARRAY['step.failed', 'step.timed_out']
            ELSE ARRAY['execution.failed', 'execution.cancelled', 'execution.rollback_started', 'execution.rollback_failed']
        END)
        ORDER BY f.execution_id, f.seq DESC
    ),
    longest AS (
        SELECT DISTINCT ON (a.execution_id, a.step_id) a.execution_id, a.attempt, COALESCE(a.duration_us, 0) AS duration_us
        FROM attempt a
        ORDER BY a.execution_id, a.step_id, CASE WHEN a.at IS NULL THEN -1 ELSE COALESCE(a.duration_us, 0) END DESC, a.at, a.attempt, a.seq
    ),
    own AS (
        SELECT l.execution_id, CASE WHEN count(*) = 1 THEN min(l.attempt) END AS attempt, sum(l.duration_us)::bigint AS duration_us
        FROM longest l GROUP BY l.execution_id
    ),
    node AS MATERIALIZED (
        SELECT x.id, x.parent_id, x.name, o.attempt, COALESCE(o.duration_us, 0) AS duration_us
        FROM execution x LEFT JOIN own o ON o.execution_id = x.id
    ),
    distance(id, total) AS (
        SELECT n.id, n.duration_us FROM node n WHERE n.id = top
        UNION ALL
        SELECT n.id, d.total + n.duration_us FROM distance d JOIN node n ON n.parent_id = d.id
    ),
    leaf AS MATERIALIZED (
        SELECT d.id, d.total FROM distance d WHERE NOT EXISTS (SELECT FROM node n WHERE n.parent_id = d.id)
    ),
    above(id, parent_id) AS (
        SELECT n.id, n.parent_id FROM node n JOIN leaf l ON l.id = n.id WHERE l.total = (SELECT max(m.total) FROM leaf m)
        UNION
        SELECT n.id, n.parent_id FROM above b JOIN node n ON n.id = b.parent_id
    ),
    critical(id, depth) AS (
        SELECT b.id, 0 FROM above b WHERE b.parent_id IS NULL
        UNION ALL
        SELECT below.id, c.depth + 1
        FROM critical c CROSS JOIN LATERAL (SELECT b.id FROM above b WHERE b.parent_id = c.id ORDER BY b.id LIMIT 1) below
    ),
    slowest AS (
        SELECT a.* FROM attempt a
        ORDER BY a.at IS NULL, COALESCE(a.duration_us, 0) DESC, a.started_at, a.execution_id, a.seq LIMIT 5
    )
    SELECT jsonb_build_object(
        'rootExecutionId', top,
        'name', x.name,
        'totals', jsonb_build_object(
            'tasks', (SELECT count(*) FROM execution),
            'attempts', t.attempts,
            'events', e.events,
            'checkpoints', e.checkpoints,
            'maxAttempt', t.max_attempt),
        'statuses', (SELECT COALESCE(jsonb_object_agg(c.key, c.n), '{}') FROM (SELECT s.status AS key, count(*) AS n FROM standing s GROUP BY 1) c),
        'attemptOutcomes', (
            SELECT COALESCE(jsonb_object_agg(c.key, c.n), '{}')
            FROM (SELECT a.outcome AS key, count(*) AS n FROM attempt a WHERE a.outcome IS NOT NULL GROUP BY 1) c),
        'taskNames', (SELECT COALESCE(jsonb_object_agg(c.key, c.n), '{}') FROM (SELECT s.name AS key, count(*) AS n FROM standing s GROUP BY 1) c),
        'stages', (SELECT COALESCE(jsonb_object_agg(c.key, c.n), '{}') FROM (SELECT s.stage AS key, count(*) AS n FROM standing s GROUP BY 1) c),
        'workers', e.workers,
        'timing', jsonb_build_object(
            'createdAt', @SCHEMA@.rfc3339(x.created_at),
            'firstStartedAt', @SCHEMA@.rfc3339(t.first_started),
            'lastEndedAt', @SCHEMA@.rfc3339(t.last_ended),
            'lastEventAt', @SCHEMA@.rfc3339(e.last_event),
            'workflowDurationUs', CASE
                WHEN t.last_ended < x.created_at THEN 0
                ELSE (EXTRACT(EPOCH FROM t.last_ended - x.created_at) * 1000000)::bigint
            END),
        'stageTimings', (
            SELECT COALESCE(jsonb_agg(jsonb_build_object(
                'stage', COALESCE(g.stage, 0), 'attempt', a.attempt, 'startedAt', @SCHEMA@.rfc3339(a.started_at),
                'endedAt', @SCHEMA@.rfc3339(a.at), 'durationUs', a.duration_us) ORDER BY a.attempt, a.seq), '[]')
            FROM attempt a LEFT JOIN stage g ON g.execution_id = a.execution_id AND g.seq = a.seq
            WHERE a.execution_id = top),
        'failedTasks', (
            SELECT COALESCE(jsonb_agg(jsonb_build_object(
                'executionId', s.id, 'name', s.name, 'status', s.status, 'error', f.error) ORDER BY s.created_at, s.id), '[]')
            FROM failing s LEFT JOIN failure f ON f.execution_id = s.id),
        'criticalPath', (
            SELECT jsonb_build_object(
                'totalUs', COALESCE(sum(n.duration_us), 0)::bigint,
                'nodes', COALESCE(jsonb_agg(jsonb_build_object(
                    'executionId', n.id, 'name', n.name, 'attempt', n.attempt, 'durationUs', n.duration_us) ORDER BY c.depth), '[]'))
            FROM critical c JOIN node n ON n.id = c.id),
        'slowestAttempts', (
            SELECT COALESCE(jsonb_agg(jsonb_build_object(
                'executionId', a.execution_id, 'stepId', a.step_id, 'attempt', a.attempt, 'name', n.name, 'durationUs', a.duration_us,
                'outcome', a.outcome, 'startedAt', @SCHEMA@.rfc3339(a.started_at), 'endedAt', @SCHEMA@.rfc3339(a.at))
                ORDER BY a.at IS NULL, COALESCE(a.duration_us, 0) DESC, a.started_at, a.execution_id, a.seq), '[]')
            FROM slowest a JOIN execution n ON n.id = a.execution_id))
    INTO summary
    FROM (
            SELECT count(*) AS attempts, COALESCE(max(a.attempt), 0) AS max_attempt, min(a.started_at) AS first_started, max(a.at) AS last_ended
            FROM attempt a
        ) t,
        (
            SELECT sum(f.seq)::bigint AS events, sum(f.attempt) AS checkpoints, max(f.at) AS last_event,
                COALESCE(jsonb_agg(f.worker_id ORDER BY f.worker_id) FILTER (WHERE f.type = 'worker'), '[]') AS workers
            FROM folded f WHERE f.type IN ('log', 'worker')
        ) e
        LEFT JOIN execution x ON x.id = top;
    RETURN summary;
EXCEPTION WHEN data_exception THEN
    PERFORM @SCHEMA@.find_broken_log(ids, SQLERRM);
END
$$;
COMMENT ON FUNCTION @SCHEMA@.workflow_summary IS 'How a workflow went, given any of its executions: totals, counters, timing, failures, critical path. NULL: there is no such execution.';

-- Rows are put in order before any of them is read; where the filters ask for more than a row's columns tell, all of them are read.
-- Events are numbered in ascending order; a page of the descending one is a page from the other end.
CREATE FUNCTION @SCHEMA@.audit_events(
    root uuid, of_execution uuid, types text[], worker uuid, parent uuid, attempt integer, started_after timestamptz,
    started_before timestamptz, descending boolean, most integer, skip integer)
RETURNS TABLE (
    total bigint, execution_id uuid, seq bigint, kind smallint, at timestamptz, worker_id uuid, parent_id uuid, root_id uuid, row_at bigint,
    event jsonb)
LANGUAGE plpgsql STABLE
SET work_mem = '64MB'
SET jit = off
SET plan_cache_mode = force_generic_plan
SET enable_nestloop = off
AS $$
#variable_conflict use_column
DECLARE
    ids uuid[];
    rows_at bigint[];
    hit_ids uuid[];
    hit_rows bigint[];
    hit_seqs bigint[];
    found_in_all bigint;
BEGIN
    ids := ARRAY(
        SELECT f.id FROM @SCHEMA@.family(audit_events.root, audit_events.of_execution) f
        WHERE audit_events.parent IS NULL OR f.parent_id = audit_events.parent);
    IF types IS NULL AND audit_events.worker IS NULL AND audit_events.attempt IS NULL THEN
        WITH line AS MATERIALIZED (
            SELECT l.execution_id, l.seq, l.n, sum(l.n) OVER (ORDER BY l.at, l.execution_id, l.seq) AS place
            FROM unnest(ids) AS u(id)
                CROSS JOIN LATERAL (
                    SELECT k.execution_id, k.seq, k.n, k.at FROM @SCHEMA@.log k
                    WHERE k.execution_id = u.id AND (started_after IS NULL OR k.at >= started_after)
                        AND (started_before IS NULL OR k.at <= started_before)
                    OFFSET 0) l
        ),
        sight AS (
            SELECT t.total, CASE WHEN descending THEN t.total - COALESCE(skip, 0) - most ELSE COALESCE(skip, 0) END AS behind,
                CASE WHEN descending THEN t.total - COALESCE(skip, 0) ELSE COALESCE(skip, 0) + most END AS last
            FROM (SELECT COALESCE(sum(n), 0) AS total FROM line) t
        ),
        hit AS (
            SELECT l.execution_id, l.seq AS row_seq, l.seq + i.i AS seq, l.place - l.n + 1 + i.i AS place
            FROM sight s CROSS JOIN line l CROSS JOIN LATERAL generate_series(0, l.n - 1) AS i(i)
            WHERE (s.behind IS NULL OR l.place > s.behind) AND (s.last IS NULL OR l.place - l.n < s.last)
                AND (s.behind IS NULL OR l.place - l.n + 1 + i.i > s.behind) AND (s.last IS NULL OR l.place - l.n + 1 + i.i <= s.last)
        )
        SELECT s.total, h.ids, h.row_seqs, h.seqs INTO found_in_all, hit_ids, hit_rows, hit_seqs
        FROM sight s, (
            SELECT array_agg(h.execution_id ORDER BY h.place) AS ids, array_agg(h.row_seq ORDER BY h.place) AS row_seqs,
                array_agg(h.seq ORDER BY h.place) AS seqs
            FROM hit h) h;
    ELSE
        IF started_after IS NOT NULL OR started_before IS NOT NULL THEN
            SELECT COALESCE(array_agg(l.execution_id), '{}'), COALESCE(array_agg(l.seq), '{}') INTO ids, rows_at
            FROM unnest(ids) AS u(id)
                CROSS JOIN LATERAL (
                    SELECT k.execution_id, k.seq FROM @SCHEMA@.log k
                    WHERE k.execution_id = u.id AND (started_after IS NULL OR k.at >= started_after)
                        AND (started_before IS NULL OR k.at <= started_before)
                    OFFSET 0) l;
        END IF;
        WITH hit AS MATERIALIZED (
            SELECT e.execution_id, e.row_seq, e.seq, row_number() OVER (ORDER BY e.at, e.execution_id, e.seq) AS place
            FROM (SELECT v.* FROM @SCHEMA@.log_events(ids, rows_at, false) v OFFSET 0) e
            WHERE (types IS NULL OR e.type = ANY(types)) AND (audit_events.worker IS NULL OR e.worker_id = audit_events.worker)
                AND (audit_events.attempt IS NULL OR (e.event -> 'a')::integer = audit_events.attempt)
        ),
        sight AS (
            SELECT t.total, CASE WHEN descending THEN t.total - COALESCE(skip, 0) - most ELSE COALESCE(skip, 0) END AS behind,
                CASE WHEN descending THEN t.total - COALESCE(skip, 0) ELSE COALESCE(skip, 0) + most END AS last
            FROM (SELECT count(*) AS total FROM hit) t
        )
        SELECT s.total, h.ids, h.row_seqs, h.seqs INTO found_in_all, hit_ids, hit_rows, hit_seqs
        FROM sight s, (
            SELECT array_agg(h.execution_id ORDER BY h.place) AS ids, array_agg(h.row_seq ORDER BY h.place) AS row_seqs,
                array_agg(h.seq ORDER BY h.place) AS seqs
            FROM hit h CROSS JOIN sight s
            WHERE (s.behind IS NULL OR h.place > s.behind) AND (s.last IS NULL OR h.place <= s.last)) h;
    END IF;
    SELECT array_agg(k.id), array_agg(k.seq) INTO ids, rows_at
    FROM (SELECT DISTINCT h.id, h.seq FROM unnest(hit_ids, hit_rows) AS h(id, seq)) k;
    RETURN QUERY
    SELECT found_in_all, e.execution_id, e.seq, e.kind, e.at, e.worker_id, x.parent_id, x.root_id, e.row_at, e.event
    FROM unnest(hit_ids, hit_seqs) WITH ORDINALITY AS h(id, seq, place)
        JOIN (SELECT v.* FROM @SCHEMA@.log_events(ids, rows_at, false) v OFFSET 0) e ON e.execution_id = h.id AND e.seq = h.seq AND e.type <> ''
        CROSS JOIN LATERAL (SELECT y.parent_id, y.root_id FROM @SCHEMA@.executions y WHERE y.id = h.id OFFSET 0) x
    ORDER BY CASE WHEN descending THEN -h.place ELSE h.place END;
    IF NOT FOUND THEN
        total := found_in_all;
        RETURN NEXT;
    END IF;
EXCEPTION WHEN data_exception THEN
    PERFORM @SCHEMA@.find_broken_log(ids, SQLERRM);
END
$$;
COMMENT ON FUNCTION @SCHEMA@.audit_events IS 'A page of the events of a workflow or of one execution by (at, execution_id, seq), with the number of all that the filters let through; an empty page is one row with that number.';

CREATE FUNCTION @SCHEMA@.audit_attempts(
    root uuid, of_execution uuid, worker uuid, outcomes text[], started_after timestamptz, started_before timestamptz,
    ended_after timestamptz, ended_before timestamptz, open_only boolean, descending boolean, most integer, skip integer)
RETURNS TABLE (
    total bigint, execution_id uuid, step_id text, attempt integer, seq bigint, worker_id uuid, outcome text, started_at timestamptz,
    ended_at timestamptz, duration_us bigint, error jsonb, derived boolean, parent_id uuid, root_id uuid)
LANGUAGE plpgsql STABLE
SET work_mem = '64MB'
SET jit = off
SET plan_cache_mode = force_generic_plan
SET enable_nestloop = off
AS $$
#variable_conflict use_column
DECLARE
    ids uuid[];
BEGIN
    ids := ARRAY(SELECT f.id FROM @SCHEMA@.family(audit_attempts.root, audit_attempts.of_execution) f);
    RETURN QUERY
    WITH hit AS MATERIALIZED (
        SELECT f.*, row_number() OVER (ORDER BY f.attempt, f.execution_id, f.step_id COLLATE "C", f.seq) AS place
        -- The rows of the type "log" are counted where a gap would be found.
        FROM (SELECT v.* FROM @SCHEMA@.folded_log(ids) v WHERE v.type IN ('attempt', 'log') OFFSET 0) f
        WHERE f.type = 'attempt' AND (audit_attempts.worker IS NULL OR f.worker_id = audit_attempts.worker)
            AND (outcomes IS NULL OR f.outcome = ANY(outcomes))
            AND (started_after IS NULL OR f.started_at >= started_after) AND (started_before IS NULL OR f.started_at <= started_before)
            AND (ended_after IS NULL OR f.at >= ended_after) AND (ended_before IS NULL OR f.at <= ended_before)
            AND (open_only IS NOT TRUE OR f.at IS NULL)
    ),
    sight AS (
        SELECT t.total, CASE WHEN descending THEN t.total - COALESCE(skip, 0) - most ELSE COALESCE(skip, 0) END AS behind,
            CASE WHEN descending THEN t.total - COALESCE(skip, 0) ELSE COALESCE(skip, 0) + most END AS last
        FROM (SELECT count(*) AS total FROM hit) t
    )
    SELECT s.total, h.execution_id, h.step_id, h.attempt, h.seq, h.worker_id, h.outcome, h.started_at, h.at, h.duration_us, h.note, h.derived,
        x.parent_id, x.root_id
    FROM sight s
        LEFT JOIN hit h ON (s.behind IS NULL OR h.place > s.behind) AND (s.last IS NULL OR h.place <= s.last)
        LEFT JOIN LATERAL (SELECT y.parent_id, y.root_id FROM @SCHEMA@.executions y WHERE y.id = h.execution_id OFFSET 0) x ON true
    ORDER BY CASE WHEN descending THEN -h.place ELSE h.place END;
EXCEPTION WHEN data_exception THEN
    PERFORM @SCHEMA@.find_broken_log(ids, SQLERRM);
END
$$;
COMMENT ON FUNCTION @SCHEMA@.audit_attempts IS 'A page of the attempts of a workflow or of one execution by (attempt, execution_id, step_id, seq), with the number of all that the filters let through; an empty page is one row with that number.';

-- Backwards, and no farther than the row that tells. A retry is in one row with the failure before it.
CREATE FUNCTION @SCHEMA@.wait_of(id uuid) RETURNS TABLE (waits_for text, out_of_time boolean)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN l.kind = 1 AND l.n = 1 THEN '' ELSE e.waits_for END, e.out_of_time
    FROM (
        SELECT k.seq, k.n, k.kind, k.body FROM @SCHEMA@.log k WHERE k.execution_id = wait_of.id ORDER BY k.seq DESC OFFSET 0) l
        LEFT JOIN LATERAL (
            SELECT @SCHEMA@.wait_after(v.type, v.note) AS waits_for,
                v.type = 'step.retry_scheduled' AND (
                    SELECT f.event -> 'error' ->> 'code' = 'TIMEOUT' AND f.event -> 'error' -> 'stepId' IS NULL
                    FROM jsonb_array_elements(v.body -> 'e') WITH ORDINALITY AS f(event, place)
                    WHERE f.place < v.place AND f.event ->> 't' IN ('step.failed', 'step.timed_out')
                    ORDER BY f.place DESC LIMIT 1) AS out_of_time
            FROM (
                SELECT b.body, e.place, e.event ->> 't' AS type,
                    CASE e.event ->> 't'
                        WHEN 'execution.waiting' THEN e.event -> 'wait'
                        WHEN 'execution.resumed' THEN e.event -> 'cause'
                        WHEN 'step.retry_scheduled' THEN to_jsonb((e.event -> 'due')::bigint > (b.body -> 'at')::bigint)
                        WHEN 'step.started' THEN e.event -> 'by'
                    END AS note
                FROM (SELECT @SCHEMA@.body_json(l.body) AS body OFFSET 0) b,
                    jsonb_array_elements(b.body -> 'e') WITH ORDINALITY AS e(event, place)
            ) v
            WHERE (l.kind <> 1 OR l.n <> 1) AND @SCHEMA@.wait_after(v.type, v.note) IS NOT NULL
            ORDER BY v.place DESC LIMIT 1) e ON true
    WHERE l.kind = 1 AND l.n = 1 OR e.waits_for IS NOT NULL
    ORDER BY l.seq DESC LIMIT 1;
$$;
COMMENT ON FUNCTION @SCHEMA@.wait_of IS 'The kind of wait that an execution with one branch is in, empty for none; of a retry, whether for a timeout.';

CREATE FUNCTION @SCHEMA@.task_stats(of_tag text, of_status text) RETURNS TABLE (tag text, name text, status text, count bigint)
LANGUAGE plpgsql STABLE
SET work_mem = '64MB'
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT t.tag, substr(t.flow, 6), t.status, sum(t.n)::bigint
    FROM (
        SELECT o.tag, o.flow, CASE o.status WHEN 10 THEN 'completed' ELSE 'permanently_failed' END AS status, count(*) AS n
        FROM @SCHEMA@.outcomes o
        WHERE o.flow LIKE 'task:%' AND (of_tag IS NULL OR o.tag = of_tag)
            AND (of_status IS NULL OR of_status = 'completed' AND o.status = 10 OR of_status = 'permanently_failed' AND o.status <> 10)
        GROUP BY o.tag, o.flow, o.status
        UNION ALL
        SELECT l.tag, l.flow, l.status, count(*)
        FROM (
            SELECT x.tag, r.flow,
                CASE
                    WHEN r.paused THEN 'paused'
                    WHEN r.held THEN 'running'
                    ELSE @SCHEMA@.task_status(CASE WHEN w.waits_for <> '' THEN 'waiting' ELSE 'pending' END, w.waits_for, w.out_of_time)
                END AS status
            FROM (
                    SELECT y.execution_id, y.flow, y.paused, y.owner IS NOT NULL AND y.next_at > statement_timestamp() AS held
                    FROM @SCHEMA@.ready y WHERE y.flow LIKE 'task:%'
                ) r
                JOIN @SCHEMA@.executions x ON x.id = r.execution_id
                LEFT JOIN LATERAL (
                    SELECT f.* FROM @SCHEMA@.wait_of(r.execution_id) f WHERE NOT r.paused AND NOT r.held) w ON true
            WHERE (of_tag IS NULL OR x.tag = of_tag)
                AND (of_status IS NULL OR of_status NOT IN ('completed', 'permanently_failed'))
        ) l
        WHERE of_status IS NULL OR l.status = of_status
        GROUP BY l.tag, l.flow, l.status
    ) t
    GROUP BY t.tag, t.flow, t.status
    ORDER BY t.tag, t.flow, t.status COLLATE "C";
EXCEPTION WHEN data_exception THEN
    PERFORM @SCHEMA@.find_broken_log(ARRAY(SELECT r.execution_id FROM @SCHEMA@.ready r WHERE r.flow LIKE 'task:%'), SQLERRM);
END
$$;
COMMENT ON FUNCTION @SCHEMA@.task_stats IS 'How many tasks of each tag and name stand where, now. NULL: of all tags, of all statuses.';

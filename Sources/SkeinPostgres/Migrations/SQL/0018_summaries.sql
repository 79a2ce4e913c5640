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

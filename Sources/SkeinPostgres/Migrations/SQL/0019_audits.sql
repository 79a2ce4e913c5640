-- Pages of a workflow's events and attempts, and tasks by tag.

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

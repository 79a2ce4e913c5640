-- Counts everything in the roll-ups once more, from the log, and prints one row per difference: none is expected.
--
--   psql -v schema=skein -f ops/reporting/verify-rollups.sql          (as the schema's owner; schema: skein)
--
-- Reads the whole log: a minute or two for ten million rows. Ends that are still in rollup_queue are left out on both sides. Where history
-- was deleted the roll-ups know more than the log, and say so.
\set ON_ERROR_STOP on
\if :{?schema} \else \set schema skein \endif
SET search_path = :"schema", pg_temp;
SET TIME ZONE 'UTC';
SET work_mem = '256MB';
SET jit = off;
BEGIN ISOLATION LEVEL REPEATABLE READ;

-- What happened, one row per event that counts; `life` counts the reopenings before it.
CREATE TEMP TABLE happened ON COMMIT DROP AS
SELECT l.execution_id, l.seq AS row_seq, v.ord, l.at, v.e ->> 't' AS type, v.e ->> 's' AS step, (v.e ->> 'b')::bigint AS b, (v.e ->> 'f')::bigint AS f,
    v.e -> 'error' ->> 'code' AS code, v.e -> 'error' ->> 'message' AS message, v.e -> 'error' ->> 'stepId' AS error_step,
    v.e -> 'cancellation' IS NOT NULL AS cancels,
    CASE WHEN l.execution_id IN (SELECT r.execution_id FROM log r WHERE r.kind = 9)
        THEN (SELECT count(*) FROM log r WHERE r.execution_id = l.execution_id AND r.kind = 9 AND r.seq <= l.seq) ELSE 0 END AS life
FROM log l CROSS JOIN LATERAL jsonb_array_elements(body_json(l.body) -> 'e') WITH ORDINALITY v(e, ord)
WHERE l.kind <> 1;
ANALYZE happened;

-- Lives that ended and were folded.
CREATE TEMP TABLE life ON COMMIT DROP AS
SELECT h.execution_id, h.life, h.at, h.type, x.tenant, x.flow, x.flow_version, x.created_at,
    GREATEST(round(EXTRACT(EPOCH FROM h.at - x.created_at) * 1000000), 0) AS us
FROM happened h JOIN executions x ON x.id = h.execution_id
WHERE h.type IN ('execution.completed', 'execution.failed', 'execution.cancelled', 'execution.rolled_back', 'execution.rollback_failed')
    AND NOT EXISTS (SELECT FROM rollup_queue q WHERE q.execution_id = h.execution_id AND q.seq = h.row_seq);
ANALYZE life;

CREATE FUNCTION pg_temp.bucket(us numeric) RETURNS smallint LANGUAGE sql IMMUTABLE AS
    'SELECT CASE WHEN us <= 1 THEN 0 ELSE ceil(round((8 * log(us::double precision) / log(2::double precision))::numeric, 9)) END::smallint';

CREATE TEMP TABLE counted ON COMMIT DROP AS
SELECT 'rollup_flows' AS what, concat_ws(' ', date_trunc('hour', at), tenant, flow, CASE type WHEN 'execution.completed' THEN 10 WHEN 'execution.failed' THEN 11
        WHEN 'execution.cancelled' THEN 12 WHEN 'execution.rolled_back' THEN 13 ELSE 14 END, pg_temp.bucket(us)) AS which,
    concat_ws(' ', count(*), sum(us)) AS counts
FROM life GROUP BY 2
UNION ALL
SELECT 'rollup_flow_days', concat_ws(' ', at::date, tenant, flow, CASE type WHEN 'execution.completed' THEN 10 WHEN 'execution.failed' THEN 11
        WHEN 'execution.cancelled' THEN 12 WHEN 'execution.rolled_back' THEN 13 ELSE 14 END, pg_temp.bucket(us)),
    concat_ws(' ', count(*), sum(us))
FROM life GROUP BY 2
UNION ALL
SELECT 'rollup_creations', concat_ws(' ', date_trunc('hour', created_at), tenant, flow), count(DISTINCT execution_id)::text FROM life WHERE life = 0 GROUP BY 2
UNION ALL
SELECT 'rollup_steps', concat_ws(' ', date_trunc('hour', h.at), l.tenant, l.flow, h.step, CASE h.type WHEN 'step.completed' THEN 1 WHEN 'step.failed' THEN 2
        WHEN 'step.timed_out' THEN 3 ELSE 4 END, pg_temp.bucket(h.f - h.b)),
    concat_ws(' ', count(*), sum(GREATEST(h.f - h.b, 0)))
FROM happened h JOIN life l ON l.execution_id = h.execution_id AND l.life = h.life
WHERE h.type IN ('step.completed', 'step.failed', 'step.timed_out', 'step.suspended') GROUP BY 2;

CREATE TEMP TABLE failed ON COMMIT DROP AS
SELECT f.*, rollup_fingerprint(f.code, f.message) AS fingerprint
FROM (
    SELECT l.tenant, l.flow, h.execution_id, h.life, h.at, COALESCE(h.step, '') AS step, COALESCE(h.code, '') AS code, COALESCE(h.message, '') AS message
    FROM happened h JOIN life l ON l.execution_id = h.execution_id AND l.life = h.life
    WHERE h.code IS NOT NULL AND h.type LIKE 'step.%'
    UNION ALL
    (SELECT DISTINCT ON (h.execution_id, h.life, h.code, h.message) l.tenant, l.flow, h.execution_id, h.life, h.at, COALESCE(h.error_step, ''),
        COALESCE(h.code, ''), COALESCE(h.message, '')
    FROM happened h JOIN life l ON l.execution_id = h.execution_id AND l.life = h.life
    WHERE h.code IS NOT NULL AND h.type NOT LIKE 'step.%' AND NOT h.cancels AND NOT EXISTS (
        SELECT FROM happened s WHERE s.execution_id = h.execution_id AND s.life = h.life AND s.type LIKE 'step.%'
            AND s.code = h.code AND s.message = h.message)
    ORDER BY h.execution_id, h.life, h.code, h.message, h.row_seq, h.ord)) f;
INSERT INTO counted
SELECT 'rollup_failures', concat_ws(' ', tenant, flow, step, fingerprint),
    concat_ws(' ', count(*), min(at), max(at), (array_agg(execution_id ORDER BY at DESC, execution_id DESC))[1])
FROM failed GROUP BY 2
UNION ALL
SELECT 'rollup_failure_hours', concat_ws(' ', date_trunc('hour', at), tenant, flow, step, fingerprint), count(*)::text FROM failed GROUP BY 2;

INSERT INTO counted
SELECT 'rollup_slas', concat_ws(' ', date_trunc('hour', l.at), l.tenant, l.flow),
    concat_ws(' ', count(*), count(*) FILTER (WHERE l.life = 0 AND EXTRACT(EPOCH FROM COALESCE(s.began, l.at) - l.created_at) * 1000 > p.start_ms),
        count(*) FILTER (WHERE l.us > 1000 * p.end_ms))
FROM life l
    JOIN (
        SELECT id, version, (sla ->> 'startWithinMs')::numeric AS start_ms, (sla ->> 'endWithinMs')::numeric AS end_ms
        FROM (SELECT id, version, body_json(convert_to(definition, 'UTF8')) -> 'sla' AS sla FROM flows OFFSET 0) f WHERE jsonb_typeof(sla) = 'object') p
    ON p.id = l.flow AND p.version = l.flow_version
    LEFT JOIN (
        SELECT execution_id, COALESCE(from_microseconds(min(b) FILTER (WHERE type LIKE 'step.%')), min(at) FILTER (WHERE type = 'execution.started')) AS began
        FROM happened WHERE life = 0 GROUP BY execution_id) s
    ON s.execution_id = l.execution_id
GROUP BY 2;

SELECT COALESCE(c.what, r.what) AS what, COALESCE(c.which, r.which) AS which, c.counts AS log_says, r.counts AS rollups_say
FROM counted c
    FULL JOIN (
        SELECT 'rollup_flows' AS what, concat_ws(' ', hour, tenant, flow, status, bucket) AS which, concat_ws(' ', n, us) AS counts FROM rollup_flows
        UNION ALL SELECT 'rollup_flow_days', concat_ws(' ', day, tenant, flow, status, bucket), concat_ws(' ', n, us) FROM rollup_flow_days
        UNION ALL SELECT 'rollup_creations', concat_ws(' ', hour, tenant, flow), n::text FROM rollup_creations
        UNION ALL SELECT 'rollup_steps', concat_ws(' ', hour, tenant, flow, step, outcome, bucket), concat_ws(' ', n, us) FROM rollup_steps
        UNION ALL SELECT 'rollup_failures', concat_ws(' ', tenant, flow, step, fingerprint), concat_ws(' ', n, first_seen, last_seen, last_execution_id)
            FROM rollup_failures
        UNION ALL SELECT 'rollup_failure_hours', concat_ws(' ', hour, tenant, flow, step, fingerprint), n::text FROM rollup_failure_hours
        UNION ALL SELECT 'rollup_slas', concat_ws(' ', hour, tenant, flow), concat_ws(' ', ends, started_late, ended_late) FROM rollup_slas
    ) r ON r.what = c.what AND r.which = c.which
WHERE c.counts IS DISTINCT FROM r.counts
ORDER BY 1, 2;
COMMIT;

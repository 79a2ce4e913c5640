-- The log as people read it. Every view is cheap for one execution_id.

-- jsonb has no NUL: what a body spells \u0000 reads as U+FFFD.
CREATE FUNCTION @SCHEMA@.body_json(body bytea) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN position('\x5c7530303030'::bytea IN body) = 0 THEN convert_from(body, 'UTF8')::jsonb
    ELSE regexp_replace(convert_from(body, 'UTF8'), '(?<!\\)((?:\\\\)*)\\u0000', '\1\\ufffd', 'g')::jsonb
END;
COMMENT ON FUNCTION @SCHEMA@.body_json IS 'A body of the log, a payload of the inbox or a state as jsonb.';

CREATE FUNCTION @SCHEMA@.from_microseconds(value bigint) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN TIMESTAMPTZ '1970-01-01 00:00:00Z' + value * INTERVAL '1 microsecond';
COMMENT ON FUNCTION @SCHEMA@.from_microseconds IS 'Times in bodies are microseconds since 1970.';

CREATE VIEW @SCHEMA@.events AS
SELECT
    l.execution_id,
    l.seq + e.ord - 1 AS seq,
    x.root_id AS root_execution_id,
    e.event ->> 't' AS type,
    e.event ->> 's' AS step_id,
    NULL::text AS stage,
    (e.event ->> 'a')::integer AS attempt,
    (b.body ->> 'w')::uuid AS worker_id,
    NULL::text AS from_status,
    CASE e.event ->> 't'
        WHEN 'execution.created' THEN 'pending'
        WHEN 'execution.started' THEN 'running'
        WHEN 'execution.waiting' THEN 'waiting'
        WHEN 'execution.resumed' THEN 'running'
        WHEN 'execution.completed' THEN 'completed'
        WHEN 'execution.failed' THEN 'failed'
        WHEN 'execution.cancelled' THEN 'cancelled'
    END AS to_status,
    CASE WHEN e.event ->> 't' = 'execution.cancelled' THEN e.event ->> 'source' END AS actor,
    COALESCE(e.event -> 'error' ->> 'message', e.event ->> 'reason') AS message,
    e.event - 't' AS metadata,
    @SCHEMA@.from_microseconds((e.event ->> 'b')::bigint) AS started_at,
    l.at
FROM @SCHEMA@.log l
    JOIN @SCHEMA@.executions x ON x.id = l.execution_id
    CROSS JOIN LATERAL (SELECT @SCHEMA@.body_json(l.body) AS body OFFSET 0) b
    CROSS JOIN LATERAL jsonb_array_elements(b.body -> 'e') WITH ORDINALITY AS e(event, ord);
COMMENT ON VIEW @SCHEMA@.events IS 'Audit events, numbered without gaps from 1 for each execution.';
COMMENT ON COLUMN @SCHEMA@.events.metadata IS 'The event''s other members: s step, a attempt, b began, f finished, o output, k its key, x next step, error, wait, ...';

CREATE VIEW @SCHEMA@.attempts AS
SELECT
    v.execution_id,
    v.step_id,
    v.attempt,
    v.worker_id,
    CASE v.type
        WHEN 'step.completed' THEN 'completed'
        WHEN 'step.failed' THEN 'failed'
        WHEN 'step.timed_out' THEN 'timeout'
        WHEN 'step.suspended' THEN 'suspended'
    END AS outcome,
    v.started_at,
    @SCHEMA@.from_microseconds((v.metadata ->> 'f')::bigint) AS ended_at,
    ((v.metadata ->> 'f')::bigint - (v.metadata ->> 'b')::bigint) / 1000.0 AS duration_ms,
    v.metadata -> 'error' AS error,
    v.metadata -> 'o' AS output,
    v.seq
FROM @SCHEMA@.events v
WHERE v.type IN ('step.completed', 'step.failed', 'step.timed_out', 'step.suspended');
COMMENT ON VIEW @SCHEMA@.attempts IS 'Attempts of steps that have ended, with the position of the event that ended them.';

CREATE VIEW @SCHEMA@.steps AS
SELECT DISTINCT ON (a.execution_id, a.step_id)
    a.execution_id,
    a.step_id,
    CASE a.outcome WHEN 'timeout' THEN 'failed' ELSE a.outcome END AS status,
    a.attempt,
    a.started_at,
    a.ended_at,
    a.duration_ms,
    a.output,
    a.error
FROM @SCHEMA@.attempts a
ORDER BY a.execution_id, a.step_id, a.seq DESC;
COMMENT ON VIEW @SCHEMA@.steps IS 'The latest ended attempt of each step.';

-- Events of branches, rollbacks and operators in the views.

CREATE OR REPLACE VIEW @SCHEMA@.events AS
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
        WHEN 'execution.paused' THEN 'paused'
        WHEN 'execution.reopened' THEN 'running'
        WHEN 'execution.rollback_started' THEN 'rolling_back'
        WHEN 'execution.completed' THEN 'completed'
        WHEN 'execution.failed' THEN 'failed'
        WHEN 'execution.cancelled' THEN 'cancelled'
        WHEN 'execution.rolled_back' THEN 'rolled_back'
        WHEN 'execution.rollback_failed' THEN 'rollback_failed'
    END AS to_status,
    CASE WHEN e.event ->> 't' = 'execution.cancelled' THEN e.event ->> 'source' ELSE e.event ->> 'actor' END AS actor,
    COALESCE(e.event -> 'error' ->> 'message', e.event ->> 'reason', CASE WHEN e.event ->> 't' = 'checkpoint' THEN e.event ->> 'name' END)
        AS message,
    e.event - 't' AS metadata,
    @SCHEMA@.from_microseconds((e.event ->> 'b')::bigint) AS started_at,
    l.at
FROM @SCHEMA@.log l
    JOIN @SCHEMA@.executions x ON x.id = l.execution_id
    CROSS JOIN LATERAL (SELECT @SCHEMA@.body_json(l.body) AS body OFFSET 0) b
    CROSS JOIN LATERAL jsonb_array_elements(b.body -> 'e') WITH ORDINALITY AS e(event, ord);

CREATE OR REPLACE VIEW @SCHEMA@.steps AS
SELECT DISTINCT ON (v.execution_id, v.step_id)
    v.execution_id,
    v.step_id,
    CASE v.type
        WHEN 'step.completed' THEN 'completed'
        WHEN 'step.suspended' THEN 'suspended'
        WHEN 'step.skipped' THEN 'skipped'
        WHEN 'step.compensating' THEN 'compensating'
        WHEN 'step.compensation_failed' THEN 'compensating'
        WHEN 'step.compensated' THEN 'compensated'
        ELSE 'failed'
    END AS status,
    v.attempt,
    v.started_at,
    @SCHEMA@.from_microseconds((v.metadata ->> 'f')::bigint) AS ended_at,
    ((v.metadata ->> 'f')::bigint - (v.metadata ->> 'b')::bigint) / 1000.0 AS duration_ms,
    v.metadata -> 'o' AS output,
    v.metadata -> 'error' AS error
FROM @SCHEMA@.events v
WHERE v.type IN (
    'step.completed', 'step.failed', 'step.timed_out', 'step.suspended', 'step.skipped', 'step.compensating', 'step.compensated',
    'step.compensation_failed')
ORDER BY v.execution_id, v.step_id, v.seq DESC;
COMMENT ON VIEW @SCHEMA@.steps IS 'Where each step stands: its latest ended attempt, skip or compensation.';

-- What analysts see. The engine's tables may change under these views, a view's columns only with its name.

-- Whoever asks for a day by its time should not read a month. Rows come in the order of these times, so a summary of ranges is enough:
-- it is a thousandth of a B-tree, and appends pay little for it. The log first: so writers lock.
CREATE INDEX log_at ON @SCHEMA@.log USING brin (at) WITH (pages_per_range = 64, autosummarize = on);
CREATE INDEX executions_created ON @SCHEMA@.executions USING brin (created_at) WITH (pages_per_range = 32, autosummarize = on);

-- A replica shows what it has replayed.
CREATE FUNCTION @SCHEMA@.report_as_of() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN pg_is_in_recovery() THEN LEAST(pg_last_xact_replay_timestamp(), statement_timestamp()) ELSE statement_timestamp() END;
COMMENT ON FUNCTION @SCHEMA@.report_as_of IS 'The instant that a live view shows.';

CREATE FUNCTION @SCHEMA@.rollups_as_of() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN EXISTS (SELECT FROM @SCHEMA@.rollup_queue q) THEN (SELECT s.as_of FROM @SCHEMA@.rollup_state s)
    ELSE @SCHEMA@.report_as_of() END;
COMMENT ON FUNCTION @SCHEMA@.rollups_as_of IS 'Every end up to this instant is in the roll-ups.';

CREATE SCHEMA IF NOT EXISTS @REPORT@;
COMMENT ON SCHEMA @REPORT@ IS 'Reports. Views end in a version; columns are added to a version and never taken away or changed.';

-- One join, so that lists come in the order of an index however long the history is. `alive` turns it around: the few in ready come first.
CREATE VIEW @REPORT@.executions_v1 AS
SELECT e.id, e.flow AS flow_id, e.flow_version,
    CASE e.status
        WHEN 10 THEN 'completed' WHEN 11 THEN 'failed' WHEN 12 THEN 'cancelled' WHEN 13 THEN 'rolled_back' WHEN 14 THEN 'rollback_failed'
        ELSE CASE WHEN r.owner IS NOT NULL AND r.next_at > statement_timestamp() THEN 'running' WHEN r.paused THEN 'paused'
            WHEN e.status = 2 THEN 'waiting' WHEN e.status = 3 THEN 'paused' WHEN e.status = 4 THEN 'rolling_back' ELSE 'pending' END
    END AS status,
    e.tenant AS tenant_id, e.tag, e.priority, e.parent_id, e.root_id, e.created_at, e.ended_at,
    EXTRACT(EPOCH FROM e.ended_at - e.created_at) * 1000 AS duration_ms,
    CASE WHEN r.next_at > statement_timestamp() THEN r.owner END AS worker_id, r.needs, r.next_at, r.execution_id IS NOT NULL AS alive,
    (SELECT @SCHEMA@.report_as_of()) AS as_of
FROM @SCHEMA@.executions e LEFT JOIN @SCHEMA@.ready r ON r.execution_id = e.id;
COMMENT ON VIEW @REPORT@.executions_v1 IS 'Executions, living and ended. Fast by id, created_at, flow_id, tenant_id, tag, parent_id, alive, and ORDER BY id DESC LIMIT with any filter that is not rare.';
COMMENT ON COLUMN @REPORT@.executions_v1.id IS 'UUIDv7: sorts by the time of creation.';
COMMENT ON COLUMN @REPORT@.executions_v1.flow_id IS 'The flow; task:NAME for tasks.';
COMMENT ON COLUMN @REPORT@.executions_v1.flow_version IS 'The version of the flow that it was created with.';
COMMENT ON COLUMN @REPORT@.executions_v1.status IS 'pending, running (a worker holds it now), waiting, paused, rolling_back; completed, failed, cancelled, rolled_back, rollback_failed.';
COMMENT ON COLUMN @REPORT@.executions_v1.tenant_id IS 'Whose it is; empty when there is no tenant.';
COMMENT ON COLUMN @REPORT@.executions_v1.tag IS 'What its creator tagged it with.';
COMMENT ON COLUMN @REPORT@.executions_v1.priority IS '-100 to 100, higher first.';
COMMENT ON COLUMN @REPORT@.executions_v1.parent_id IS 'The execution that started it, if one did.';
COMMENT ON COLUMN @REPORT@.executions_v1.root_id IS 'The first of its ancestors; itself when it has none.';
COMMENT ON COLUMN @REPORT@.executions_v1.created_at IS 'When it was created.';
COMMENT ON COLUMN @REPORT@.executions_v1.ended_at IS 'When it ended; NULL while it lives.';
COMMENT ON COLUMN @REPORT@.executions_v1.duration_ms IS 'From its creation to its end, in milliseconds; NULL while it lives.';
COMMENT ON COLUMN @REPORT@.executions_v1.worker_id IS 'The worker that holds it now.';
COMMENT ON COLUMN @REPORT@.executions_v1.needs IS 'The type of the handler that its next step needs; NULL once it has ended.';
COMMENT ON COLUMN @REPORT@.executions_v1.next_at IS 'When it is looked at next: when it is due, a timer, a timeout, or the end of its worker''s lease; NULL once it has ended.';
COMMENT ON COLUMN @REPORT@.executions_v1.alive IS 'It has not ended. Asked for beside a status of the living, it saves reading all that have.';
COMMENT ON COLUMN @REPORT@.executions_v1.as_of IS 'The instant that the row shows.';

-- Barriers, because whose a row of the log is shows only in the row of its execution: nothing that a user writes looks at one before that.
-- Text is read again for every column that is asked for, and not at all for those that are not: that is less than to build what it says.
CREATE VIEW @REPORT@.events_v1 WITH (security_barrier) AS
SELECT l.execution_id, l.seq + v.i AS seq, x.root_id, x.flow AS flow_id, x.tenant AS tenant_id, b.body #>> ARRAY['e', v.i::text, 't'] AS type,
    b.body #>> ARRAY['e', v.i::text, 's'] AS step_id, (b.body #>> ARRAY['e', v.i::text, 'a'])::integer AS attempt,
    (b.body ->> 'w')::uuid AS worker_id,
    CASE b.body #>> ARRAY['e', v.i::text, 't']
        WHEN 'execution.created' THEN 'pending'
        WHEN 'execution.started' THEN 'running'
        WHEN 'execution.waiting' THEN 'waiting'
        WHEN 'execution.resumed' THEN 'running'
        WHEN 'execution.paused' THEN 'paused'
        WHEN 'execution.quarantined' THEN 'paused'
        WHEN 'execution.reopened' THEN 'running'
        WHEN 'execution.rollback_started' THEN 'rolling_back'
        WHEN 'execution.completed' THEN 'completed'
        WHEN 'execution.failed' THEN 'failed'
        WHEN 'execution.cancelled' THEN 'cancelled'
        WHEN 'execution.rolled_back' THEN 'rolled_back'
        WHEN 'execution.rollback_failed' THEN 'rollback_failed'
    END AS to_status,
    b.body #>> ARRAY['e', v.i::text, CASE b.body #>> ARRAY['e', v.i::text, 't'] WHEN 'execution.cancelled' THEN 'source' ELSE 'actor' END] AS actor,
    b.body #>> ARRAY['e', v.i::text, 'error', 'code'] AS error_code,
    COALESCE(
        b.body #>> ARRAY['e', v.i::text, 'error', 'message'], b.body #>> ARRAY['e', v.i::text, 'reason'],
        b.body #>> ARRAY['e', v.i::text, 'message']) AS message,
    @SCHEMA@.from_microseconds((b.body #>> ARRAY['e', v.i::text, 'b'])::bigint) AS started_at, l.at, (SELECT @SCHEMA@.report_as_of()) AS as_of
FROM @SCHEMA@.log l JOIN @SCHEMA@.executions x ON x.id = l.execution_id
    CROSS JOIN LATERAL generate_series(0, l.n - 1) v(i)
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN position('\x5c7530303030'::bytea IN l.body) = 0 THEN convert_from(l.body, 'UTF8')::json
            ELSE @SCHEMA@.body_json(l.body)::text::json
        END AS body) b;
COMMENT ON VIEW @REPORT@.events_v1 IS 'Audit events, numbered from 1 without gaps for each execution. Fast by execution_id; by `at`, for as many events as there were in that time.';
COMMENT ON COLUMN @REPORT@.events_v1.execution_id IS 'Whose event it is.';
COMMENT ON COLUMN @REPORT@.events_v1.seq IS 'Its number in the execution.';
COMMENT ON COLUMN @REPORT@.events_v1.root_id IS 'The first ancestor of the execution.';
COMMENT ON COLUMN @REPORT@.events_v1.flow_id IS 'The execution''s flow.';
COMMENT ON COLUMN @REPORT@.events_v1.tenant_id IS 'The execution''s tenant; empty when there is none.';
COMMENT ON COLUMN @REPORT@.events_v1.type IS 'What happened: execution.created, step.completed, …';
COMMENT ON COLUMN @REPORT@.events_v1.step_id IS 'The step that it is about, if it is about one.';
COMMENT ON COLUMN @REPORT@.events_v1.attempt IS 'The attempt of the step, from 1.';
COMMENT ON COLUMN @REPORT@.events_v1.worker_id IS 'The worker that recorded it.';
COMMENT ON COLUMN @REPORT@.events_v1.to_status IS 'The status that it gave the execution, if it gave it one.';
COMMENT ON COLUMN @REPORT@.events_v1.actor IS 'Who did it, where somebody did.';
COMMENT ON COLUMN @REPORT@.events_v1.error_code IS 'Of failures, the error''s code.';
COMMENT ON COLUMN @REPORT@.events_v1.message IS 'The error''s message, the reason, or the note''s text.';
COMMENT ON COLUMN @REPORT@.events_v1.started_at IS 'When what ended with it had begun, by the worker''s clock.';
COMMENT ON COLUMN @REPORT@.events_v1.at IS 'When it was recorded, by the database''s clock.';
COMMENT ON COLUMN @REPORT@.events_v1.as_of IS 'The instant that the row shows.';

CREATE VIEW @REPORT@.attempts_v1 WITH (security_barrier) AS
SELECT l.execution_id, l.seq + v.i AS seq, x.flow AS flow_id, x.tenant AS tenant_id, b.body #>> ARRAY['e', v.i::text, 's'] AS step_id,
    (b.body #>> ARRAY['e', v.i::text, 'a'])::integer AS attempt,
    CASE b.body #>> ARRAY['e', v.i::text, 't']
        WHEN 'step.completed' THEN 'completed' WHEN 'step.failed' THEN 'failed' WHEN 'step.timed_out' THEN 'timeout' ELSE 'suspended' END
        AS outcome,
    (b.body ->> 'w')::uuid AS worker_id, @SCHEMA@.from_microseconds((b.body #>> ARRAY['e', v.i::text, 'b'])::bigint) AS started_at,
    l.at AS ended_at,
    ((b.body #>> ARRAY['e', v.i::text, 'f'])::bigint - (b.body #>> ARRAY['e', v.i::text, 'b'])::bigint) / 1000.0 AS duration_ms,
    b.body #>> ARRAY['e', v.i::text, 'error', 'code'] AS error_code, b.body #>> ARRAY['e', v.i::text, 'error', 'message'] AS error_message,
    (SELECT @SCHEMA@.report_as_of()) AS as_of
FROM @SCHEMA@.log l JOIN @SCHEMA@.executions x ON x.id = l.execution_id
    CROSS JOIN LATERAL generate_series(0, l.n - 1) v(i)
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN position('\x5c7530303030'::bytea IN l.body) = 0 THEN convert_from(l.body, 'UTF8')::json
            ELSE @SCHEMA@.body_json(l.body)::text::json
        END AS body) b
WHERE l.kind IN (2, 3, 4) AND b.body #>> ARRAY['e', v.i::text, 't'] = ANY('{step.completed,step.failed,step.timed_out,step.suspended}'::text[]);
COMMENT ON VIEW @REPORT@.attempts_v1 IS 'Attempts of steps that have ended. Fast by execution_id; by ended_at, for as many attempts as there were in that time.';
COMMENT ON COLUMN @REPORT@.attempts_v1.execution_id IS 'Whose attempt it is.';
COMMENT ON COLUMN @REPORT@.attempts_v1.seq IS 'The number of the event that ended it.';
COMMENT ON COLUMN @REPORT@.attempts_v1.flow_id IS 'The execution''s flow.';
COMMENT ON COLUMN @REPORT@.attempts_v1.tenant_id IS 'The execution''s tenant; empty when there is none.';
COMMENT ON COLUMN @REPORT@.attempts_v1.step_id IS 'The step.';
COMMENT ON COLUMN @REPORT@.attempts_v1.attempt IS '1, 2, … within one visit of the step.';
COMMENT ON COLUMN @REPORT@.attempts_v1.outcome IS 'completed, failed, timeout, or suspended: it waits, and the step goes on or ends later.';
COMMENT ON COLUMN @REPORT@.attempts_v1.worker_id IS 'The worker that recorded its end.';
COMMENT ON COLUMN @REPORT@.attempts_v1.started_at IS 'When it began, by the worker''s clock.';
COMMENT ON COLUMN @REPORT@.attempts_v1.ended_at IS 'When its end was recorded, by the database''s clock.';
COMMENT ON COLUMN @REPORT@.attempts_v1.duration_ms IS 'How long it took, by the worker''s clock, in milliseconds.';
COMMENT ON COLUMN @REPORT@.attempts_v1.error_code IS 'Why it failed.';
COMMENT ON COLUMN @REPORT@.attempts_v1.error_message IS 'Why it failed, in words.';
COMMENT ON COLUMN @REPORT@.attempts_v1.as_of IS 'The instant that the row shows.';

-- Percentiles: the first bucket that so much of the whole is in or below. Double precision counts exactly, and faster than numeric.
CREATE VIEW @REPORT@.flow_hourly_v1 AS
SELECT u.hour, u.tenant AS tenant_id, u.flow AS flow_id, sum(u.created)::bigint AS created, sum(u.completed)::bigint AS completed,
    sum(u.failed)::bigint AS failed, sum(u.cancelled)::bigint AS cancelled, sum(u.rolled_back)::bigint AS rolled_back,
    sum(u.rollback_failed)::bigint AS rollback_failed, max(u.avg_ms) AS avg_ms, max(u.p50_ms) AS p50_ms, max(u.p95_ms) AS p95_ms,
    max(u.p99_ms) AS p99_ms, (SELECT @SCHEMA@.rollups_as_of()) AS as_of
FROM (
    SELECT c.hour, c.tenant, c.flow, c.n AS created, 0 AS completed, 0 AS failed, 0 AS cancelled, 0 AS rolled_back, 0 AS rollback_failed,
        NULL::numeric AS avg_ms, NULL::numeric AS p50_ms, NULL::numeric AS p95_ms, NULL::numeric AS p99_ms
    FROM @SCHEMA@.rollup_creations c
    UNION ALL
    SELECT date_bin('1 hour', e.created_at, TIMESTAMPTZ '2000-01-01 00:00:00Z'), e.tenant, e.flow, 1, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL
    FROM @SCHEMA@.ready r JOIN @SCHEMA@.executions e ON e.id = r.execution_id
    WHERE (SELECT l.seq FROM @SCHEMA@.log l WHERE l.execution_id = e.id AND l.kind = 9 LIMIT 1) IS NULL
    UNION ALL
    SELECT b.hour, b.tenant, b.flow, 0, sum(b.n) FILTER (WHERE b.status = 10), sum(b.n) FILTER (WHERE b.status = 11),
        sum(b.n) FILTER (WHERE b.status = 12), sum(b.n) FILTER (WHERE b.status = 13), sum(b.n) FILTER (WHERE b.status = 14),
        round(sum(b.us) FILTER (WHERE b.status = 10) / sum(b.n) FILTER (WHERE b.status = 10) / 1000, 3),
        round((2::double precision ^ (min(b.bucket) FILTER (WHERE 100 * b.below >= 50 * b.of) / 8::double precision) / 1000)::numeric, 3),
        round((2::double precision ^ (min(b.bucket) FILTER (WHERE 100 * b.below >= 95 * b.of) / 8::double precision) / 1000)::numeric, 3),
        round((2::double precision ^ (min(b.bucket) FILTER (WHERE 100 * b.below >= 99 * b.of) / 8::double precision) / 1000)::numeric, 3)
    FROM (
        SELECT f.hour, f.tenant, f.flow, f.status, f.bucket, f.n, f.us,
            sum(f.n::double precision) FILTER (WHERE f.status = 10) OVER (PARTITION BY f.hour, f.tenant, f.flow ORDER BY f.bucket) AS below,
            sum(f.n::double precision) FILTER (WHERE f.status = 10) OVER (PARTITION BY f.hour, f.tenant, f.flow) AS of
        FROM @SCHEMA@.rollup_flows f) b
    GROUP BY b.hour, b.tenant, b.flow
) u
GROUP BY u.hour, u.tenant, u.flow;
COMMENT ON VIEW @REPORT@.flow_hourly_v1 IS 'What began and ended in each hour (UTC), by tenant and flow. An execution that was reopened counts each of its ends, and its creation once.';
COMMENT ON COLUMN @REPORT@.flow_hourly_v1.hour IS 'Beginning of the hour, in UTC.';
COMMENT ON COLUMN @REPORT@.flow_hourly_v1.tenant_id IS 'The tenant; empty when there is none.';
COMMENT ON COLUMN @REPORT@.flow_hourly_v1.flow_id IS 'The flow.';
COMMENT ON COLUMN @REPORT@.flow_hourly_v1.created IS 'Executions created in this hour.';
COMMENT ON COLUMN @REPORT@.flow_hourly_v1.completed IS 'Executions that completed in this hour, whenever they were created.';
COMMENT ON COLUMN @REPORT@.flow_hourly_v1.failed IS 'Executions that failed in this hour.';
COMMENT ON COLUMN @REPORT@.flow_hourly_v1.cancelled IS 'Executions that were cancelled in this hour.';
COMMENT ON COLUMN @REPORT@.flow_hourly_v1.rolled_back IS 'Executions whose rollback was done in this hour.';
COMMENT ON COLUMN @REPORT@.flow_hourly_v1.rollback_failed IS 'Executions whose rollback failed in this hour.';
COMMENT ON COLUMN @REPORT@.flow_hourly_v1.avg_ms IS 'Mean duration of those that completed, from creation to end, in milliseconds.';
COMMENT ON COLUMN @REPORT@.flow_hourly_v1.p50_ms IS 'Median duration of those that completed, in milliseconds; the end of a bucket, at most 9 % above the true value.';
COMMENT ON COLUMN @REPORT@.flow_hourly_v1.p95_ms IS 'Duration that 95 % of those that completed did not exceed, in milliseconds; at most 9 % above the true value.';
COMMENT ON COLUMN @REPORT@.flow_hourly_v1.p99_ms IS 'Duration that 99 % of those that completed did not exceed, in milliseconds; at most 9 % above the true value.';
COMMENT ON COLUMN @REPORT@.flow_hourly_v1.as_of IS 'Every end up to this instant is counted.';

CREATE VIEW @REPORT@.flow_daily_v1 AS
SELECT u.day, u.tenant AS tenant_id, u.flow AS flow_id, sum(u.created)::bigint AS created, sum(u.completed)::bigint AS completed,
    sum(u.failed)::bigint AS failed, sum(u.cancelled)::bigint AS cancelled, sum(u.rolled_back)::bigint AS rolled_back,
    sum(u.rollback_failed)::bigint AS rollback_failed, max(u.avg_ms) AS avg_ms, max(u.p50_ms) AS p50_ms, max(u.p95_ms) AS p95_ms,
    max(u.p99_ms) AS p99_ms, (SELECT @SCHEMA@.rollups_as_of()) AS as_of
FROM (
    SELECT (c.hour AT TIME ZONE 'UTC')::date AS day, c.tenant, c.flow, c.n AS created, 0 AS completed, 0 AS failed, 0 AS cancelled, 0 AS rolled_back,
        0 AS rollback_failed, NULL::numeric AS avg_ms, NULL::numeric AS p50_ms, NULL::numeric AS p95_ms, NULL::numeric AS p99_ms
    FROM @SCHEMA@.rollup_creations c
    UNION ALL
    SELECT (e.created_at AT TIME ZONE 'UTC')::date, e.tenant, e.flow, 1, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL
    FROM @SCHEMA@.ready r JOIN @SCHEMA@.executions e ON e.id = r.execution_id
    WHERE (SELECT l.seq FROM @SCHEMA@.log l WHERE l.execution_id = e.id AND l.kind = 9 LIMIT 1) IS NULL
    UNION ALL
    SELECT b.day, b.tenant, b.flow, 0, sum(b.n) FILTER (WHERE b.status = 10), sum(b.n) FILTER (WHERE b.status = 11),
        sum(b.n) FILTER (WHERE b.status = 12), sum(b.n) FILTER (WHERE b.status = 13), sum(b.n) FILTER (WHERE b.status = 14),
        round(sum(b.us) FILTER (WHERE b.status = 10) / sum(b.n) FILTER (WHERE b.status = 10) / 1000, 3),
        round((2::double precision ^ (min(b.bucket) FILTER (WHERE 100 * b.below >= 50 * b.of) / 8::double precision) / 1000)::numeric, 3),
        round((2::double precision ^ (min(b.bucket) FILTER (WHERE 100 * b.below >= 95 * b.of) / 8::double precision) / 1000)::numeric, 3),
        round((2::double precision ^ (min(b.bucket) FILTER (WHERE 100 * b.below >= 99 * b.of) / 8::double precision) / 1000)::numeric, 3)
    FROM (
        SELECT d.day, d.tenant, d.flow, d.status, d.bucket, d.n, d.us,
            sum(d.n::double precision) FILTER (WHERE d.status = 10) OVER (PARTITION BY d.day, d.tenant, d.flow ORDER BY d.bucket) AS below,
            sum(d.n::double precision) FILTER (WHERE d.status = 10) OVER (PARTITION BY d.day, d.tenant, d.flow) AS of
        FROM @SCHEMA@.rollup_flow_days d) b
    GROUP BY b.day, b.tenant, b.flow
) u
GROUP BY u.day, u.tenant, u.flow;
COMMENT ON VIEW @REPORT@.flow_daily_v1 IS 'As flow_hourly_v1, for days (UTC).';
COMMENT ON COLUMN @REPORT@.flow_daily_v1.day IS 'The day, in UTC.';
COMMENT ON COLUMN @REPORT@.flow_daily_v1.tenant_id IS 'The tenant; empty when there is none.';
COMMENT ON COLUMN @REPORT@.flow_daily_v1.flow_id IS 'The flow.';
COMMENT ON COLUMN @REPORT@.flow_daily_v1.created IS 'Executions created on this day.';
COMMENT ON COLUMN @REPORT@.flow_daily_v1.completed IS 'Executions that completed on this day, whenever they were created.';
COMMENT ON COLUMN @REPORT@.flow_daily_v1.failed IS 'Executions that failed on this day.';
COMMENT ON COLUMN @REPORT@.flow_daily_v1.cancelled IS 'Executions that were cancelled on this day.';
COMMENT ON COLUMN @REPORT@.flow_daily_v1.rolled_back IS 'Executions whose rollback was done on this day.';
COMMENT ON COLUMN @REPORT@.flow_daily_v1.rollback_failed IS 'Executions whose rollback failed on this day.';
COMMENT ON COLUMN @REPORT@.flow_daily_v1.avg_ms IS 'Mean duration of those that completed, from creation to end, in milliseconds.';
COMMENT ON COLUMN @REPORT@.flow_daily_v1.p50_ms IS 'Median duration of those that completed, in milliseconds; the end of a bucket, at most 9 % above the true value.';
COMMENT ON COLUMN @REPORT@.flow_daily_v1.p95_ms IS 'Duration that 95 % of those that completed did not exceed, in milliseconds; at most 9 % above the true value.';
COMMENT ON COLUMN @REPORT@.flow_daily_v1.p99_ms IS 'Duration that 99 % of those that completed did not exceed, in milliseconds; at most 9 % above the true value.';
COMMENT ON COLUMN @REPORT@.flow_daily_v1.as_of IS 'Every end up to this instant is counted.';

CREATE VIEW @REPORT@.step_latency_v1 AS
SELECT b.hour, b.tenant AS tenant_id, b.flow AS flow_id, b.step AS step_id, sum(b.n)::bigint AS attempts,
    COALESCE(sum(b.n) FILTER (WHERE b.outcome = 1), 0)::bigint AS completed, COALESCE(sum(b.n) FILTER (WHERE b.outcome = 2), 0)::bigint AS failed,
    COALESCE(sum(b.n) FILTER (WHERE b.outcome = 3), 0)::bigint AS timed_out, COALESCE(sum(b.n) FILTER (WHERE b.outcome = 4), 0)::bigint AS suspended,
    round(sum(b.us) / 1000, 3) AS total_ms, round(sum(b.us) / sum(b.n) / 1000, 3) AS avg_ms,
    round((2::double precision ^ (min(b.bucket) FILTER (WHERE 100 * b.below >= 50 * b.of) / 8::double precision) / 1000)::numeric, 3) AS p50_ms,
    round((2::double precision ^ (min(b.bucket) FILTER (WHERE 100 * b.below >= 95 * b.of) / 8::double precision) / 1000)::numeric, 3) AS p95_ms,
    round((2::double precision ^ (min(b.bucket) FILTER (WHERE 100 * b.below >= 99 * b.of) / 8::double precision) / 1000)::numeric, 3) AS p99_ms,
    (SELECT @SCHEMA@.rollups_as_of()) AS as_of
FROM (
    SELECT s.hour, s.tenant, s.flow, s.step, s.outcome, s.bucket, s.n, s.us,
        sum(s.n::double precision) OVER (PARTITION BY s.hour, s.tenant, s.flow, s.step ORDER BY s.bucket) AS below,
        sum(s.n::double precision) OVER (PARTITION BY s.hour, s.tenant, s.flow, s.step) AS of
    FROM @SCHEMA@.rollup_steps s) b
GROUP BY b.hour, b.tenant, b.flow, b.step;
COMMENT ON VIEW @REPORT@.step_latency_v1 IS 'How long attempts of steps took, by the hour (UTC) in which their end was recorded, of executions that have ended.';
COMMENT ON COLUMN @REPORT@.step_latency_v1.hour IS 'Beginning of the hour, in UTC.';
COMMENT ON COLUMN @REPORT@.step_latency_v1.tenant_id IS 'The tenant; empty when there is none.';
COMMENT ON COLUMN @REPORT@.step_latency_v1.flow_id IS 'The flow.';
COMMENT ON COLUMN @REPORT@.step_latency_v1.step_id IS 'The step.';
COMMENT ON COLUMN @REPORT@.step_latency_v1.attempts IS 'Attempts that ended, of all outcomes.';
COMMENT ON COLUMN @REPORT@.step_latency_v1.completed IS 'Attempts that completed.';
COMMENT ON COLUMN @REPORT@.step_latency_v1.failed IS 'Attempts that failed.';
COMMENT ON COLUMN @REPORT@.step_latency_v1.timed_out IS 'Attempts that ran out of time.';
COMMENT ON COLUMN @REPORT@.step_latency_v1.suspended IS 'Attempts that ended in a wait.';
COMMENT ON COLUMN @REPORT@.step_latency_v1.total_ms IS 'Sum of their durations, in milliseconds.';
COMMENT ON COLUMN @REPORT@.step_latency_v1.avg_ms IS 'Mean duration of an attempt, in milliseconds.';
COMMENT ON COLUMN @REPORT@.step_latency_v1.p50_ms IS 'Median duration, in milliseconds; the end of a bucket, at most 9 % above the true value.';
COMMENT ON COLUMN @REPORT@.step_latency_v1.p95_ms IS 'Duration that 95 % did not exceed, in milliseconds; at most 9 % above the true value.';
COMMENT ON COLUMN @REPORT@.step_latency_v1.p99_ms IS 'Duration that 99 % did not exceed, in milliseconds; at most 9 % above the true value.';
COMMENT ON COLUMN @REPORT@.step_latency_v1.as_of IS 'Every execution that ended up to this instant is counted.';

CREATE VIEW @REPORT@.queue_depth_v1 AS
SELECT r.tenant AS tenant_id, r.flow AS flow_id, r.needs,
    count(*) FILTER (WHERE NOT r.paused AND r.next_at <= statement_timestamp()) AS due_now,
    count(*) FILTER (WHERE NOT r.paused AND r.next_at > statement_timestamp() AND r.owner IS NULL) AS later,
    count(*) FILTER (WHERE NOT r.paused AND r.next_at > statement_timestamp() AND r.owner IS NOT NULL) AS running,
    count(*) FILTER (WHERE r.paused) AS paused,
    EXTRACT(EPOCH FROM max(statement_timestamp() - r.next_at) FILTER (WHERE NOT r.paused AND r.next_at <= statement_timestamp())) * 1000
        AS oldest_due_ms,
    (SELECT @SCHEMA@.report_as_of()) AS as_of
FROM @SCHEMA@.ready r
GROUP BY r.tenant, r.flow, r.needs;
COMMENT ON VIEW @REPORT@.queue_depth_v1 IS 'Executions that have not ended, by what they are in line for.';
COMMENT ON COLUMN @REPORT@.queue_depth_v1.tenant_id IS 'The tenant; empty when there is none.';
COMMENT ON COLUMN @REPORT@.queue_depth_v1.flow_id IS 'The flow.';
COMMENT ON COLUMN @REPORT@.queue_depth_v1.needs IS 'The type of the handler that the next step needs.';
COMMENT ON COLUMN @REPORT@.queue_depth_v1.due_now IS 'Executions that a worker should take now; also those whose worker has fallen silent.';
COMMENT ON COLUMN @REPORT@.queue_depth_v1.later IS 'Executions that wait for something, or for their time.';
COMMENT ON COLUMN @REPORT@.queue_depth_v1.running IS 'Executions that a worker holds.';
COMMENT ON COLUMN @REPORT@.queue_depth_v1.paused IS 'Executions that are held.';
COMMENT ON COLUMN @REPORT@.queue_depth_v1.oldest_due_ms IS 'For how long the oldest of due_now has been due, in milliseconds; NULL when none is.';
COMMENT ON COLUMN @REPORT@.queue_depth_v1.as_of IS 'The instant that the row shows.';

-- A wait is open while it is the last that is known of its step, and nothing has set the whole execution going since. OFFSET 0: from ready by
-- primary keys, however long the history is.
CREATE VIEW @REPORT@.waiting_v1 WITH (security_barrier) AS
SELECT u.execution_id, u.flow AS flow_id, u.tenant AS tenant_id, u.tag, u.step AS step_id, u.kind, u.reason, u.signal, u.since, u.until,
    EXTRACT(EPOCH FROM statement_timestamp() - u.since) * 1000 AS waited_ms, (SELECT @SCHEMA@.report_as_of()) AS as_of
FROM (
    SELECT e.id AS execution_id, e.flow, e.tenant, e.tag, w.step, COALESCE(w.wait ->> 'kind', 'retry') AS kind,
        COALESCE(w.wait ->> 'reason', w.error) AS reason, w.wait ->> 'signal' AS signal,
        COALESCE((w.wait ->> 'startedAt')::timestamptz, w.at) AS since,
        COALESCE(
            LEAST((w.wait ->> 'wakeAt')::timestamptz, (w.wait ->> 'timeoutAt')::timestamptz), @SCHEMA@.from_microseconds(w.due)) AS until
    FROM @SCHEMA@.ready r
        CROSS JOIN LATERAL (
            SELECT x.id, x.flow, x.tenant, x.tag FROM @SCHEMA@.executions x WHERE x.id = r.execution_id AND x.status = 2 OFFSET 0) e
        CROSS JOIN LATERAL (
            SELECT v.e ->> 's' AS step, v.e ->> 't' AS type, l.at, l.seq, v.e -> 'wait' AS wait, (v.e ->> 'due')::bigint AS due,
                b.body -> 'e' -> (v.ord::integer - 2) -> 'error' ->> 'message' AS error,
                row_number() OVER (PARTITION BY v.e ->> 's' ORDER BY l.seq DESC, v.ord DESC) AS nth,
                max(l.seq) FILTER (WHERE v.e ->> 't' IN ('execution.reopened', 'execution.forked', 'execution.rollback_started')
                    OR (v.e ->> 't' = 'execution.resumed' AND v.e -> 's' IS NULL AND v.e ->> 'cause' <> 'unpause')) OVER () AS going
            FROM @SCHEMA@.log l
                CROSS JOIN LATERAL (
                    SELECT CASE WHEN position('\x5c7530303030'::bytea IN l.body) = 0 THEN convert_from(l.body, 'UTF8')::jsonb
                        ELSE @SCHEMA@.body_json(l.body) END AS body OFFSET 0) b
                CROSS JOIN LATERAL jsonb_array_elements(b.body -> 'e') WITH ORDINALITY v(e, ord)
            WHERE l.execution_id = r.execution_id AND l.kind IN (2, 3, 8, 9)) w
    WHERE NOT r.paused AND (r.owner IS NULL OR r.next_at <= statement_timestamp())
        AND w.nth = 1 AND w.type IN ('execution.waiting', 'step.retry_scheduled') AND w.seq > COALESCE(w.going, 0)
    UNION ALL
    SELECT e.id, e.flow, e.tenant, e.tag, NULLIF(q.place, ''), 'limit', q.name, NULL, q.since, NULL
    FROM @SCHEMA@.limit_queue q JOIN @SCHEMA@.ready r ON r.execution_id = q.execution_id JOIN @SCHEMA@.executions e ON e.id = q.execution_id
    WHERE NOT r.paused AND (r.owner IS NULL OR r.next_at <= statement_timestamp())
    UNION ALL
    SELECT e.id, e.flow, e.tenant, e.tag, NULL, 'handler', r.needs, NULL, r.next_at, NULL
    FROM @SCHEMA@.ready r JOIN @SCHEMA@.executions e ON e.id = r.execution_id
    WHERE NOT r.paused AND r.owner IS NULL AND r.next_at <= statement_timestamp() AND e.status <> 2 AND r.needs <> ''
        AND r.needs <> ALL(ARRAY(SELECT unnest(k.handlers) FROM @SCHEMA@.workers k WHERE k.live))
        AND NOT EXISTS (SELECT FROM @SCHEMA@.limit_queue q WHERE q.execution_id = r.execution_id)
) u;
COMMENT ON VIEW @REPORT@.waiting_v1 IS 'What executions wait for that nobody holds; one with several branches may wait for several things.';
COMMENT ON COLUMN @REPORT@.waiting_v1.execution_id IS 'Who waits.';
COMMENT ON COLUMN @REPORT@.waiting_v1.flow_id IS 'The execution''s flow.';
COMMENT ON COLUMN @REPORT@.waiting_v1.tenant_id IS 'The execution''s tenant; empty when there is none.';
COMMENT ON COLUMN @REPORT@.waiting_v1.tag IS 'The execution''s tag.';
COMMENT ON COLUMN @REPORT@.waiting_v1.step_id IS 'The step that waits.';
COMMENT ON COLUMN @REPORT@.waiting_v1.kind IS 'timer, signal, children, retry, manual, token, limit (a limit lets it in later), handler (no live worker has what its next step needs).';
COMMENT ON COLUMN @REPORT@.waiting_v1.reason IS 'In words; of retries the error, of limits the limit''s name, of handlers the type.';
COMMENT ON COLUMN @REPORT@.waiting_v1.signal IS 'The signal that ends it.';
COMMENT ON COLUMN @REPORT@.waiting_v1.since IS 'When the wait began.';
COMMENT ON COLUMN @REPORT@.waiting_v1.until IS 'When it is over by itself; NULL: never.';
COMMENT ON COLUMN @REPORT@.waiting_v1.waited_ms IS 'For how long it has been waiting, in milliseconds.';
COMMENT ON COLUMN @REPORT@.waiting_v1.as_of IS 'The instant that the row shows.';

CREATE VIEW @REPORT@.failures_v1 AS
SELECT f.tenant AS tenant_id, f.flow AS flow_id, NULLIF(f.step, '') AS step_id, f.code, f.fingerprint, f.message, f.n,
    COALESCE(d.n, 0)::bigint AS n_24h, COALESCE(w.n, 0)::bigint AS n_7d, f.first_seen, f.last_seen, f.last_execution_id,
    (SELECT @SCHEMA@.rollups_as_of()) AS as_of
FROM @SCHEMA@.rollup_failures f
    LEFT JOIN (
        SELECT h.tenant, h.flow, h.step, h.fingerprint, sum(h.n) AS n FROM @SCHEMA@.rollup_failure_hours h
        WHERE h.hour > statement_timestamp() - INTERVAL '24 hours' GROUP BY h.tenant, h.flow, h.step, h.fingerprint
    ) d ON d.tenant = f.tenant AND d.flow = f.flow AND d.step = f.step AND d.fingerprint = f.fingerprint
    LEFT JOIN (
        SELECT h.tenant, h.flow, h.step, h.fingerprint, sum(h.n) AS n FROM @SCHEMA@.rollup_failure_hours h
        WHERE h.hour > statement_timestamp() - INTERVAL '7 days' GROUP BY h.tenant, h.flow, h.step, h.fingerprint
    ) w ON w.tenant = f.tenant AND w.flow = f.flow AND w.step = f.step AND w.fingerprint = f.fingerprint;
COMMENT ON VIEW @REPORT@.failures_v1 IS 'Errors of attempts, and of executions where no attempt had the same one; one row for all that differ in numbers, ids and quoted text only.';
COMMENT ON COLUMN @REPORT@.failures_v1.tenant_id IS 'The tenant; empty when there is none.';
COMMENT ON COLUMN @REPORT@.failures_v1.flow_id IS 'The flow.';
COMMENT ON COLUMN @REPORT@.failures_v1.step_id IS 'The step; NULL: the execution as a whole.';
COMMENT ON COLUMN @REPORT@.failures_v1.code IS 'The error''s code.';
COMMENT ON COLUMN @REPORT@.failures_v1.fingerprint IS 'Of the code and the message; the same in all flows.';
COMMENT ON COLUMN @REPORT@.failures_v1.message IS 'The message of the first one, at most 500 characters.';
COMMENT ON COLUMN @REPORT@.failures_v1.n IS 'How many there were since roll-ups are kept.';
COMMENT ON COLUMN @REPORT@.failures_v1.n_24h IS 'How many in the last 24 hours, the present one included (whole hours, UTC).';
COMMENT ON COLUMN @REPORT@.failures_v1.n_7d IS 'How many in the last 168 hours.';
COMMENT ON COLUMN @REPORT@.failures_v1.first_seen IS 'When the first one was recorded.';
COMMENT ON COLUMN @REPORT@.failures_v1.last_seen IS 'When the last one was recorded.';
COMMENT ON COLUMN @REPORT@.failures_v1.last_execution_id IS 'Whose was the last one.';
COMMENT ON COLUMN @REPORT@.failures_v1.as_of IS 'Every execution that ended up to this instant is counted.';

CREATE VIEW @REPORT@.workers_v1 AS
SELECT k.worker_id, k.pod_id, k.handlers, k.live, k.started_at, k.heartbeat_at,
    EXTRACT(EPOCH FROM statement_timestamp() - k.heartbeat_at) * 1000 AS silent_ms, COALESCE(r.n, 0) AS running,
    (SELECT @SCHEMA@.report_as_of()) AS as_of
FROM @SCHEMA@.workers k
    LEFT JOIN (
        SELECT r.owner, count(*) AS n FROM @SCHEMA@.ready r WHERE r.owner IS NOT NULL AND r.next_at > statement_timestamp() GROUP BY r.owner
    ) r ON r.owner = k.worker_id;
COMMENT ON VIEW @REPORT@.workers_v1 IS 'Lives of instances, the last day''s dead included.';
COMMENT ON COLUMN @REPORT@.workers_v1.worker_id IS 'The life: an instance that starts again has another.';
COMMENT ON COLUMN @REPORT@.workers_v1.pod_id IS 'The place, where the instance was told one.';
COMMENT ON COLUMN @REPORT@.workers_v1.handlers IS 'The types of handlers that it has.';
COMMENT ON COLUMN @REPORT@.workers_v1.live IS 'Whether it may take work.';
COMMENT ON COLUMN @REPORT@.workers_v1.started_at IS 'When it came.';
COMMENT ON COLUMN @REPORT@.workers_v1.heartbeat_at IS 'Its last sign of life.';
COMMENT ON COLUMN @REPORT@.workers_v1.silent_ms IS 'For how long it has given none, in milliseconds.';
COMMENT ON COLUMN @REPORT@.workers_v1.running IS 'Executions that it holds, of the tenants that the reader may see.';
COMMENT ON COLUMN @REPORT@.workers_v1.as_of IS 'The instant that the row shows.';

CREATE VIEW @REPORT@.schedule_history_v1 WITH (security_barrier) AS
SELECT s.id AS schedule_id, s.name, s.tenant AS tenant_id, s.flow AS flow_id, t.tick_at,
    CASE t.decision WHEN 0 THEN 'fired' WHEN 1 THEN 'skipped_overlap' WHEN 2 THEN 'skipped_late' WHEN 3 THEN 'buffered' WHEN 4 THEN 'failed' END
        AS decision,
    CASE t.source WHEN 0 THEN 'schedule' WHEN 1 THEN 'manual' WHEN 2 THEN 'backfill' END AS source, t.decided_at,
    EXTRACT(EPOCH FROM t.decided_at - t.tick_at) * 1000 AS late_ms, t.error, t.execution_id,
    CASE WHEN e.status >= 10 THEN
            CASE e.status WHEN 10 THEN 'completed' WHEN 11 THEN 'failed' WHEN 12 THEN 'cancelled' WHEN 13 THEN 'rolled_back' ELSE 'rollback_failed' END
        WHEN r.owner IS NOT NULL AND r.next_at > statement_timestamp() THEN 'running'
        WHEN r.paused THEN 'paused'
        WHEN e.status = 2 THEN 'waiting'
        WHEN e.status = 4 THEN 'rolling_back'
        WHEN e.status IN (0, 1) THEN 'pending'
    END AS execution_status,
    e.ended_at, EXTRACT(EPOCH FROM e.ended_at - e.created_at) * 1000 AS duration_ms, (SELECT @SCHEMA@.report_as_of()) AS as_of
FROM @SCHEMA@.schedules s JOIN @SCHEMA@.schedule_ticks t ON t.schedule_id = s.id
    LEFT JOIN @SCHEMA@.executions e ON e.id = t.execution_id
    LEFT JOIN @SCHEMA@.ready r ON r.execution_id = t.execution_id;
COMMENT ON VIEW @REPORT@.schedule_history_v1 IS 'What was decided about each tick of each schedule, and what became of it.';
COMMENT ON COLUMN @REPORT@.schedule_history_v1.schedule_id IS 'The schedule.';
COMMENT ON COLUMN @REPORT@.schedule_history_v1.name IS 'The schedule''s name.';
COMMENT ON COLUMN @REPORT@.schedule_history_v1.tenant_id IS 'The schedule''s tenant; empty when there is none.';
COMMENT ON COLUMN @REPORT@.schedule_history_v1.flow_id IS 'The flow that the schedule starts now.';
COMMENT ON COLUMN @REPORT@.schedule_history_v1.tick_at IS 'The instant of the tick, without jitter.';
COMMENT ON COLUMN @REPORT@.schedule_history_v1.decision IS 'fired, skipped_overlap (an earlier execution still ran), skipped_late, buffered (starts after an earlier one; execution_id says which it became), failed.';
COMMENT ON COLUMN @REPORT@.schedule_history_v1.source IS 'schedule, manual or backfill.';
COMMENT ON COLUMN @REPORT@.schedule_history_v1.decided_at IS 'When it was decided.';
COMMENT ON COLUMN @REPORT@.schedule_history_v1.late_ms IS 'How long after the tick, in milliseconds.';
COMMENT ON COLUMN @REPORT@.schedule_history_v1.error IS 'Why it failed.';
COMMENT ON COLUMN @REPORT@.schedule_history_v1.execution_id IS 'The execution that it started.';
COMMENT ON COLUMN @REPORT@.schedule_history_v1.execution_status IS 'Where that execution stands.';
COMMENT ON COLUMN @REPORT@.schedule_history_v1.ended_at IS 'When that execution ended.';
COMMENT ON COLUMN @REPORT@.schedule_history_v1.duration_ms IS 'How long that execution took, in milliseconds.';
COMMENT ON COLUMN @REPORT@.schedule_history_v1.as_of IS 'The instant that the row shows.';

CREATE VIEW @REPORT@.sla_v1 AS
SELECT s.hour, s.tenant AS tenant_id, s.flow AS flow_id, s.ends, s.started_late, s.ended_late, (SELECT @SCHEMA@.rollups_as_of()) AS as_of
FROM @SCHEMA@.rollup_slas s;
COMMENT ON VIEW @REPORT@.sla_v1 IS 'How the executions of flows that promise something (`sla` in the definition of their version) kept it, by the hour (UTC) of their end.';
COMMENT ON COLUMN @REPORT@.sla_v1.hour IS 'Beginning of the hour, in UTC.';
COMMENT ON COLUMN @REPORT@.sla_v1.tenant_id IS 'The tenant; empty when there is none.';
COMMENT ON COLUMN @REPORT@.sla_v1.flow_id IS 'The flow.';
COMMENT ON COLUMN @REPORT@.sla_v1.ends IS 'Executions that ended; one that was reopened counts each of its ends.';
COMMENT ON COLUMN @REPORT@.sla_v1.started_late IS 'Of these, those whose first attempt began later after their creation than startWithinMs. Judged with the first end.';
COMMENT ON COLUMN @REPORT@.sla_v1.ended_late IS 'Of these, those that ended later after their creation than endWithinMs.';
COMMENT ON COLUMN @REPORT@.sla_v1.as_of IS 'Every end up to this instant is counted.';

-- The log, what hangs on it, and who may look at what when. "@SCHEMA@" is replaced by the quoted name of the schema.

-- The truth and the lock: a row holds the n events seq .. seq+n-1, the next row starts at seq+n, and the primary key lets one writer win.
CREATE TABLE @SCHEMA@.log (
    execution_id uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    n smallint NOT NULL CHECK (n > 0),
    kind smallint NOT NULL,
    op_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    body bytea NOT NULL,
    PRIMARY KEY (execution_id, seq)
) PARTITION BY RANGE (execution_id);
COMMENT ON TABLE @SCHEMA@.log IS 'The truth: one row per transition. Appended only; rows of an execution that lives are never deleted, because they are the lock.';
COMMENT ON COLUMN @SCHEMA@.log.seq IS 'Position of the first event of the row; gapless over the events of an execution, from 1.';
COMMENT ON COLUMN @SCHEMA@.log.n IS 'Number of events in the row.';
COMMENT ON COLUMN @SCHEMA@.log.kind IS '1 created, 2 step, 3 park, 4 end, 5 recovered, 6 cancel, 7 pause, 8 resume, 9 reopened';
COMMENT ON COLUMN @SCHEMA@.log.op_id IS 'Chosen by the writer before its first attempt; answers "was that mine?" after a lost connection.';
COMMENT ON COLUMN @SCHEMA@.log.at IS 'The database''s time of the append.';
COMMENT ON COLUMN @SCHEMA@.log.body IS 'JSON text {"w": worker, "at": microseconds, "e": [event, ...]}; read it through the views events, attempts and steps.';

-- The snapshot. No index holds its status or times, so that every change stays in its page.
CREATE TABLE @SCHEMA@.executions (
    id uuid PRIMARY KEY,
    tenant text COLLATE "C" NOT NULL DEFAULT '',
    flow text COLLATE "C" NOT NULL,
    flow_version text COLLATE "C" NOT NULL,
    tag text COLLATE "C",
    status smallint NOT NULL DEFAULT 0,
    seq bigint NOT NULL DEFAULT 0,
    parent_id uuid,
    parent_round bigint,
    root_id uuid NOT NULL,
    priority smallint NOT NULL DEFAULT 0,
    state bytea,
    created_at timestamptz NOT NULL,
    ended_at timestamptz
) PARTITION BY RANGE (id);
COMMENT ON TABLE @SCHEMA@.executions IS 'One row per execution: what it was created as, and its latest snapshot. The snapshot lags behind the log while the execution runs.';
COMMENT ON COLUMN @SCHEMA@.executions.tenant IS 'Empty when there is none.';
COMMENT ON COLUMN @SCHEMA@.executions.status IS '0 pending, 1 running, 2 waiting, 3 paused, 4 rolling back, 10 completed, 11 failed, 12 cancelled, 13 rolled back, 14 rollback failed; as of the last row that said so.';
COMMENT ON COLUMN @SCHEMA@.executions.seq IS 'Position of the last event that state covers; 0 while state is NULL. A cancel changes the status and leaves both.';
COMMENT ON COLUMN @SCHEMA@.executions.state IS 'The snapshot as JSON text; NULL before the first one. Rows of the log beyond seq come on top.';
COMMENT ON COLUMN @SCHEMA@.executions.created_at IS 'The creator''s clock.';
COMMENT ON COLUMN @SCHEMA@.executions.parent_round IS 'The round in which the parent awaits it; NULL when nobody does.';
CREATE INDEX executions_flow ON @SCHEMA@.executions (flow, id);
CREATE INDEX executions_tenant ON @SCHEMA@.executions (tenant, id) WHERE tenant <> '';
CREATE INDEX executions_tag ON @SCHEMA@.executions (tag, id) WHERE tag IS NOT NULL;
CREATE INDEX executions_parent ON @SCHEMA@.executions (parent_id, id) WHERE parent_id IS NOT NULL;
CREATE INDEX executions_root ON @SCHEMA@.executions (root_id, id) WHERE parent_id IS NOT NULL;

-- Ends, for lists and reports: inserted once, never changed.
CREATE TABLE @SCHEMA@.outcomes (
    execution_id uuid NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    flow text COLLATE "C" NOT NULL,
    tag text COLLATE "C",
    status smallint NOT NULL,
    ended_at timestamptz NOT NULL,
    PRIMARY KEY (status, execution_id)
) PARTITION BY RANGE (execution_id);
COMMENT ON TABLE @SCHEMA@.outcomes IS 'One row per ended execution, inserted with its end.';

-- JSON compresses well and is read often: prefer the fast method where the server has it.
DO $$
BEGIN
    ALTER TABLE @SCHEMA@.log ALTER COLUMN body SET COMPRESSION lz4;
    ALTER TABLE @SCHEMA@.executions ALTER COLUMN state SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END
$$;

CREATE TABLE @SCHEMA@.log_default PARTITION OF @SCHEMA@.log DEFAULT;
CREATE TABLE @SCHEMA@.executions_default PARTITION OF @SCHEMA@.executions DEFAULT WITH (fillfactor = 80);
CREATE TABLE @SCHEMA@.outcomes_default PARTITION OF @SCHEMA@.outcomes DEFAULT;

-- One row for every execution that has not ended, paused and waiting ones too.
CREATE TABLE @SCHEMA@.ready (
    execution_id uuid PRIMARY KEY,
    next_at timestamptz NOT NULL,
    priority smallint NOT NULL DEFAULT 0,
    needs text COLLATE "C" NOT NULL,
    tenant text COLLATE "C" NOT NULL DEFAULT '',
    flow text COLLATE "C" NOT NULL,
    owner uuid,
    claim_id uuid,
    paused boolean NOT NULL DEFAULT false,
    cancelling boolean NOT NULL DEFAULT false,
    wake_gen bigint NOT NULL DEFAULT 0,
    takeovers smallint NOT NULL DEFAULT 0
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE @SCHEMA@.ready IS 'Who looks at an execution next, and when. The row goes away with the end of the execution.';
COMMENT ON COLUMN @SCHEMA@.ready.next_at IS 'The one "look at me" time: ready time, timer, retry, deadline, or the end of the owner''s lease.';
COMMENT ON COLUMN @SCHEMA@.ready.needs IS 'The handler type of the next step: a worker claims what it can run.';
COMMENT ON COLUMN @SCHEMA@.ready.claim_id IS 'Whose turn it is. NULL: the last holder let go by an append, or nobody had it. A claim over another one must append "recovered" first.';
COMMENT ON COLUMN @SCHEMA@.ready.wake_gen IS 'Number of the latest item in the inbox: a sleeper may sleep only when it has seen it.';
COMMENT ON COLUMN @SCHEMA@.ready.takeovers IS 'Claims over live owners since it last parked: what tells poison.';
-- Serves the skip scan over the pairs (priority, needs) in use, and within each pair the rows by time.
CREATE INDEX ready_due ON @SCHEMA@.ready (priority, needs, next_at);

-- Signals and resume data, numbered by the bumped wake_gen.
CREATE TABLE @SCHEMA@.inbox (
    execution_id uuid NOT NULL,
    gen bigint NOT NULL,
    op_id uuid NOT NULL,
    kind smallint NOT NULL,
    name text NOT NULL,
    payload bytea,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    consumed_seq bigint,
    PRIMARY KEY (execution_id, gen),
    UNIQUE (op_id, execution_id)
) WITH (fillfactor = 80);
COMMENT ON TABLE @SCHEMA@.inbox IS 'What was sent to executions; kept after it was consumed, so that a repeated request is recognised.';
COMMENT ON COLUMN @SCHEMA@.inbox.kind IS '1 signal, 2 resume';
COMMENT ON COLUMN @SCHEMA@.inbox.payload IS 'JSON text';
COMMENT ON COLUMN @SCHEMA@.inbox.consumed_seq IS 'Position of the log row that consumed it.';

CREATE TABLE @SCHEMA@.idempotency_keys (
    tenant text COLLATE "C" NOT NULL,
    flow text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    execution_id uuid NOT NULL,
    fingerprint bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, flow, key)
);
COMMENT ON TABLE @SCHEMA@.idempotency_keys IS 'Which execution a caller''s key belongs to, until it expires.';
CREATE INDEX idempotency_keys_expiry ON @SCHEMA@.idempotency_keys (expires_at);

CREATE TABLE @SCHEMA@.workers (
    worker_id uuid PRIMARY KEY,
    pod_id text COLLATE "C",
    handlers text[] NOT NULL DEFAULT '{}',
    live boolean NOT NULL DEFAULT true,
    started_at timestamptz NOT NULL,
    heartbeat_at timestamptz NOT NULL
);
COMMENT ON TABLE @SCHEMA@.workers IS 'Lives of instances. A worker that is not live claims and renews nothing.';
COMMENT ON COLUMN @SCHEMA@.workers.pod_id IS 'The place, not the life: a worker that registers with the pod_id of another supersedes it.';
CREATE UNIQUE INDEX workers_pod ON @SCHEMA@.workers (pod_id) WHERE live;

CREATE TABLE @SCHEMA@.fences (
    name text COLLATE "C" PRIMARY KEY,
    holder text,
    token bigint NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE @SCHEMA@.fences IS 'The latest fencing token of each name, and until when its holder keeps others out; no holder once it was released.';
CREATE SEQUENCE @SCHEMA@.fence_tokens;
COMMENT ON SEQUENCE @SCHEMA@.fence_tokens IS 'Source of fencing tokens: they grow over all names, so a name that was forgotten never repeats one.';

CREATE TABLE @SCHEMA@.flows (
    id text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    definition text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (id, version)
);
COMMENT ON TABLE @SCHEMA@.flows IS 'Flow definitions as they were registered; a version never changes.';
COMMENT ON COLUMN @SCHEMA@.flows.definition IS 'JSON text';

-- Schedules and their ticks. A tick is decided once: its row, the first rows of the execution that it starts, and the step of next_tick
-- are one statement, which locks the schedule (SKIP LOCKED) and requires the generation that the decision was made for.

CREATE TABLE @SCHEMA@.schedules (
    id uuid PRIMARY KEY,
    tenant text NOT NULL DEFAULT '',
    name text NOT NULL,
    flow text NOT NULL,
    definition jsonb NOT NULL,
    next_tick timestamptz NOT NULL,
    paused boolean NOT NULL DEFAULT false,
    revision bigint NOT NULL DEFAULT 1,
    generation bigint NOT NULL DEFAULT 1,
    active uuid[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (tenant, name)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX schedules_due ON @SCHEMA@.schedules (next_tick) WHERE NOT paused;
COMMENT ON TABLE @SCHEMA@.schedules IS 'What starts executions at certain times.';
COMMENT ON COLUMN @SCHEMA@.schedules.next_tick IS 'The first tick that is not decided; infinity: there is none.';
COMMENT ON COLUMN @SCHEMA@.schedules.revision IS 'Counts edits.';
COMMENT ON COLUMN @SCHEMA@.schedules.generation IS 'Counts every change: a decision is for the generation that was read, and for no other.';
COMMENT ON COLUMN @SCHEMA@.schedules.active IS 'Executions that had not ended at the last change; those that are still in ready have not ended now.';

CREATE TABLE @SCHEMA@.schedule_ticks (
    schedule_id uuid NOT NULL,
    tick_at timestamptz NOT NULL,
    decision smallint NOT NULL,
    source smallint NOT NULL DEFAULT 0,
    execution_id uuid,
    error text,
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    decided_by uuid,
    PRIMARY KEY (schedule_id, tick_at)
);
CREATE INDEX schedule_ticks_waiting ON @SCHEMA@.schedule_ticks (schedule_id, tick_at) WHERE decision = 3 AND execution_id IS NULL;
COMMENT ON TABLE @SCHEMA@.schedule_ticks IS 'One row for each tick of a schedule that was decided.';
COMMENT ON COLUMN @SCHEMA@.schedule_ticks.tick_at IS 'The instant of the tick, without jitter.';
COMMENT ON COLUMN @SCHEMA@.schedule_ticks.decision IS '0 fired, 1 skipped: an earlier execution still ran, 2 skipped: too late, 3 buffered (waits while execution_id is NULL), 4 failed';
COMMENT ON COLUMN @SCHEMA@.schedule_ticks.source IS '0 the schedule, 1 triggered by hand, 2 backfilled';

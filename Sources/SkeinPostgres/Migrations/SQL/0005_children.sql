-- Parents and children. A child that ends inserts a note (fanin) with its last row; notes are counted by one transaction at a time into
-- the round of the parent, which is woken when enough have ended. So no child waits for its parent's rows.

CREATE TABLE @SCHEMA@.children (
    parent_id uuid NOT NULL,
    child_id uuid NOT NULL,
    round bigint,
    ordinal integer NOT NULL DEFAULT 0,
    PRIMARY KEY (parent_id, child_id)
);
COMMENT ON TABLE @SCHEMA@.children IS 'Who started whom.';
COMMENT ON COLUMN @SCHEMA@.children.round IS 'Position in the parent''s log at which the step asked for its children; NULL: the parent does not wait for it.';
CREATE INDEX children_round ON @SCHEMA@.children (parent_id, round, ordinal);
CREATE INDEX children_child ON @SCHEMA@.children (child_id);

CREATE TABLE @SCHEMA@.rounds (
    parent_id uuid NOT NULL,
    round bigint NOT NULL,
    total integer NOT NULL,
    ended integer NOT NULL DEFAULT 0,
    wake_at integer NOT NULL DEFAULT 2147483647,
    PRIMARY KEY (parent_id, round)
) WITH (fillfactor = 50);
COMMENT ON TABLE @SCHEMA@.rounds IS 'How many children of each round have ended, and how many wake the parent.';

CREATE TABLE @SCHEMA@.fanin (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id uuid NOT NULL,
    round bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE @SCHEMA@.fanin IS 'One note per ended child that somebody waits for, until it is counted.';

CREATE TABLE @SCHEMA@.cascades (
    execution_id uuid PRIMARY KEY
);
COMMENT ON TABLE @SCHEMA@.cascades IS 'Cancelled executions whose children have yet to be cancelled.';

-- Counts notes. One at a time, or two could wait for each other's rounds; parents that somebody holds locked are left for the next call.
CREATE FUNCTION @SCHEMA@.count_ended_children(now timestamptz) RETURNS SETOF uuid
LANGUAGE sql
AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('skein children of ' || '@SCHEMA@', 0));
    WITH note AS MATERIALIZED (
        SELECT f.id, f.parent_id, f.round FROM @SCHEMA@.fanin f ORDER BY f.id LIMIT 5000 FOR UPDATE SKIP LOCKED
    ),
    parent AS MATERIALIZED (
        SELECT r.execution_id FROM @SCHEMA@.ready r
        WHERE r.execution_id = ANY(ARRAY(SELECT DISTINCT note.parent_id FROM note))
        FOR UPDATE SKIP LOCKED
    ),
    gone AS (
        DELETE FROM @SCHEMA@.fanin f USING note
        WHERE f.id = note.id AND (note.parent_id IN (SELECT parent.execution_id FROM parent)
            OR NOT EXISTS (SELECT FROM @SCHEMA@.ready r WHERE r.execution_id = note.parent_id))
        RETURNING f.parent_id, f.round
    ),
    counted AS (
        UPDATE @SCHEMA@.rounds o SET ended = o.ended + g.n
        FROM (SELECT parent_id, round, count(*)::integer AS n FROM gone GROUP BY parent_id, round) g
        WHERE o.parent_id = g.parent_id AND o.round = g.round
        RETURNING o.parent_id, o.ended >= o.wake_at AS wakes
    )
    UPDATE @SCHEMA@.ready r
    SET wake_gen = r.wake_gen + 1,
        next_at = CASE WHEN r.claim_id IS NULL AND NOT r.paused THEN LEAST(r.next_at, COALESCE(now, clock_timestamp())) ELSE r.next_at END
    FROM (SELECT DISTINCT parent_id FROM counted WHERE wakes) w
    WHERE r.execution_id = w.parent_id
    RETURNING r.execution_id;
$$;
COMMENT ON FUNCTION @SCHEMA@.count_ended_children IS 'Counts the notes of ended children and returns the parents that were woken by it.';

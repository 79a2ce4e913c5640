-- A parent whose step fails with the first child that fails need not wait for the others.

ALTER TABLE @SCHEMA@.fanin ADD COLUMN failed boolean NOT NULL DEFAULT false;
ALTER TABLE @SCHEMA@.rounds ADD COLUMN failed integer NOT NULL DEFAULT 0;
ALTER TABLE @SCHEMA@.rounds ADD COLUMN fails_fast boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN @SCHEMA@.fanin.failed IS 'The child did not complete.';
COMMENT ON COLUMN @SCHEMA@.rounds.failed IS 'Children that have ended and did not complete.';
COMMENT ON COLUMN @SCHEMA@.rounds.fails_fast IS 'One that failed wakes the parent.';

-- Counts notes. One at a time, or two could wait for each other's rounds; parents that somebody holds locked are left for the next call.
CREATE OR REPLACE FUNCTION @SCHEMA@.count_ended_children(now timestamptz) RETURNS SETOF uuid
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
        RETURNING f.parent_id, f.round, f.failed
    ),
    counted AS (
        UPDATE @SCHEMA@.rounds o SET ended = o.ended + g.n, failed = o.failed + g.failed
        FROM (
            SELECT parent_id, round, count(*)::integer AS n, count(*) FILTER (WHERE gone.failed)::integer AS failed
            FROM gone GROUP BY parent_id, round
        ) g
        WHERE o.parent_id = g.parent_id AND o.round = g.round
        RETURNING o.parent_id, o.ended >= o.wake_at OR (o.fails_fast AND o.failed > 0) AS wakes
    )
    UPDATE @SCHEMA@.ready r
    SET wake_gen = r.wake_gen + 1,
        next_at = CASE WHEN r.claim_id IS NULL AND NOT r.paused THEN LEAST(r.next_at, COALESCE(now, clock_timestamp())) ELSE r.next_at END
    FROM (SELECT DISTINCT parent_id FROM counted WHERE wakes) w
    WHERE r.execution_id = w.parent_id
    RETURNING r.execution_id;
$$;

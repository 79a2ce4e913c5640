-- An owner that has not heard that it lost its execution must not start children behind the back of whoever cancels them. Who makes a child
-- locks the row that its parent lives by: either the cascade sees the child, or the child finds no parent.

CREATE FUNCTION @SCHEMA@.must_own(parent uuid, claim uuid) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM FROM @SCHEMA@.ready r WHERE r.execution_id = parent AND r.claim_id = claim FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the parent % has ended or has another owner', parent
            USING ERRCODE = 'SK002', HINT = 'Nobody waits for the child.';
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION @SCHEMA@.must_own IS 'True while an execution is held by this claim, else fails with SK002. Keeps it from ending until the transaction is over.';

-- Counts notes. One at a time, or two could wait for each other's rounds; parents that somebody holds locked are left for the next call;
-- whoever makes children does not.
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
        FOR NO KEY UPDATE SKIP LOCKED
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

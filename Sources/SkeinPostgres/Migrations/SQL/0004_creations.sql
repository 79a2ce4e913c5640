-- Room for the ends of executions, and creations that know which version is the latest.

-- Executions that were created together end together, too: with half of each page free, all of them stay in their page.
ALTER TABLE @SCHEMA@.executions_default SET (fillfactor = 50);
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = '@SCHEMA@.executions'::regclass LOOP
        EXECUTE format('ALTER TABLE %s SET (fillfactor = 50)', part);
    END LOOP;
END
$$;

-- As before, but for the room in the pages of executions.
CREATE OR REPLACE FUNCTION @SCHEMA@.ensure_partitions(ahead integer DEFAULT 2) RETURNS text[]
LANGUAGE plpgsql
SET search_path = @SCHEMA@, pg_temp
SET lock_timeout = '500ms'
AS $$
DECLARE
    present constant timestamp := date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC');
    month timestamp;
    part text;
    parent text;
    made text[] := '{}';
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('skein partitions of ' || '@SCHEMA@', 0));
    FOREACH parent IN ARRAY ARRAY['log', 'executions', 'outcomes'] LOOP
        FOR step IN 0..ahead LOOP
            month := present + make_interval(months => step);
            part := parent || to_char(month, '"_y"YYYY"m"MM');
            CONTINUE WHEN to_regclass(format('@SCHEMA@.%I', part)) IS NOT NULL;
            BEGIN
                EXECUTE format(
                    'CREATE TABLE @SCHEMA@.%I PARTITION OF @SCHEMA@.%I FOR VALUES FROM (%L) TO (%L)%s', part, parent,
                    partition_bound(month), partition_bound(month + interval '1 month'),
                    CASE parent WHEN 'executions' THEN ' WITH (fillfactor = 50)' ELSE '' END);
                made := made || part;
            EXCEPTION WHEN check_violation THEN
                RAISE WARNING 'partition % is not made: rows of its month are in %_default', part, parent;
            END;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;

COMMENT ON COLUMN @SCHEMA@.executions.state IS 'The snapshot as JSON text; NULL before the first one, which short executions never need. Rows of the log beyond seq come on top.';

-- A creator that took the latest version says how many versions it knew; when others have come since, its transaction fails.
CREATE FUNCTION @SCHEMA@.refuse_stale(flow text) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'the flow % has other versions by now', flow USING ERRCODE = 'SK001', HINT = 'Look up its versions again.';
END
$$;
COMMENT ON FUNCTION @SCHEMA@.refuse_stale IS 'Always fails, with SK001.';

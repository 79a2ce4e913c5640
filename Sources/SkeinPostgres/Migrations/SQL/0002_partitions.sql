-- Partitions of log, executions and outcomes by month of the id (UUIDv7 begins with the time), made ahead of their month.
-- Ids of other times live in the default partitions; nothing but the price of dropping a month depends on them.

CREATE FUNCTION @SCHEMA@.partition_bound(month timestamp) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT
RETURN (
    lpad(to_hex((EXTRACT(EPOCH FROM month) * 1000)::bigint >> 16), 8, '0') || '-'
    || lpad(to_hex((EXTRACT(EPOCH FROM month) * 1000)::bigint & 65535), 4, '0') || '-0000-0000-000000000000'
)::uuid;
COMMENT ON FUNCTION @SCHEMA@.partition_bound IS 'The smallest UUIDv7 of a UTC month.';

-- Locks are taken in the order in which writers take them (log, then executions, then outcomes), and given up after a short wait: an
-- idle transaction on one of the tables delays the partitions, never the writers.
CREATE FUNCTION @SCHEMA@.ensure_partitions(ahead integer DEFAULT 2) RETURNS text[]
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
                    CASE parent WHEN 'executions' THEN ' WITH (fillfactor = 80)' ELSE '' END);
                made := made || part;
            EXCEPTION WHEN check_violation THEN
                RAISE WARNING 'partition % is not made: rows of its month are in %_default', part, parent;
            END;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION @SCHEMA@.ensure_partitions IS 'Makes the partitions of this month and the next ones; returns the names of those that were missing.';

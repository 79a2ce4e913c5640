-- How executions leave: whole workflows at a time, in batches, or a whole month by dropping its partitions. A workflow leaves when its
-- root has been over for as long as the policy says, and everything it started is over, too.

CREATE TABLE @SCHEMA@.holds (
    root_id uuid PRIMARY KEY,
    reason text,
    actor text,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE @SCHEMA@.holds IS 'Workflows that are kept whatever the policy says.';

CREATE TABLE @SCHEMA@.deletions (
    root_id uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text,
    reason text,
    request_id text
);
COMMENT ON TABLE @SCHEMA@.deletions IS 'Workflows that somebody deleted: nobody sees them any more, and they leave when they have been over for an hour.';

-- A policy is an object of ages in microseconds by status code, as in executions.status; statuses that it does not name are kept. 3: paused
-- for that long. No age is shorter than an hour: a worker that was lost with an execution could append to what is not there any more.
CREATE FUNCTION @SCHEMA@.is_expired(status smallint, since timestamptz, policy jsonb, now timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN policy ? status::text
    AND COALESCE(since <= now - GREATEST((policy ->> status::text)::bigint, 3600000000) * INTERVAL '1 microsecond', false);

-- Of these roots those whose workflows may leave. counted: no end of an hour ago waits to be counted.
CREATE FUNCTION @SCHEMA@.expired_roots(roots uuid[], policy jsonb, now timestamptz, counted boolean) RETURNS SETOF uuid
LANGUAGE sql STABLE
SET enable_hashjoin = on
AS $$
    SELECT e.id FROM unnest(roots) u(id) JOIN @SCHEMA@.executions e ON e.id = u.id
        LEFT JOIN @SCHEMA@.ready r ON r.execution_id = e.id
    WHERE e.parent_id IS NULL
        AND CASE WHEN r.execution_id IS NULL THEN e.ended_at IS NOT NULL AND (
                @SCHEMA@.is_expired(e.status, e.ended_at, policy, now)
                OR (e.ended_at <= now - INTERVAL '1 hour' AND EXISTS (SELECT FROM @SCHEMA@.deletions d WHERE d.root_id = e.id)))
            ELSE policy ? '3' AND r.paused AND NOT r.cancelling AND r.claim_id IS NULL AND @SCHEMA@.is_expired(3::smallint, (
                SELECT l.at FROM @SCHEMA@.log l WHERE l.execution_id = e.id ORDER BY l.seq DESC LIMIT 1), policy, now) END
        AND NOT EXISTS (
            SELECT FROM @SCHEMA@.executions c
            WHERE c.root_id = e.id AND c.parent_id IS NOT NULL
                AND (c.ended_at IS NULL OR c.ended_at > now - INTERVAL '1 hour' OR EXISTS (SELECT FROM @SCHEMA@.ready x WHERE x.execution_id = c.id)))
        AND NOT EXISTS (SELECT FROM @SCHEMA@.holds h WHERE h.root_id = e.id)
        AND (counted OR NOT EXISTS (SELECT FROM @SCHEMA@.rollup_queue q WHERE q.execution_id = e.id)
            AND NOT EXISTS (
                SELECT FROM @SCHEMA@.rollup_queue q JOIN @SCHEMA@.executions c ON c.id = q.execution_id WHERE c.root_id = e.id));
$$;

-- An execution that is over begins anew. Whoever retries what was deleted meanwhile has it back; once its rows have left there is nothing.
CREATE FUNCTION @SCHEMA@.reopen(ids uuid[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    found_ bigint;
BEGIN
    DELETE FROM outcomes o WHERE o.status IN (10, 11, 12, 13, 14) AND o.execution_id = ANY(ids);
    UPDATE executions e SET ended_at = NULL WHERE e.id = ANY(ids);
    GET DIAGNOSTICS found_ = ROW_COUNT;
    IF found_ < cardinality(ids) THEN
        RAISE EXCEPTION 'an execution that is to be reopened has just been deleted' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    DELETE FROM deletions d WHERE d.root_id IN (SELECT e.root_id FROM executions e WHERE e.id = ANY(ids));
END
$$;

-- Deletes whole workflows, expired or not: for prune and delete alone. Returns how many executions and rows of the log went.
CREATE FUNCTION @SCHEMA@.delete_workflows(roots uuid[], OUT executions bigint, OUT log_rows bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = @SCHEMA@, pg_temp
SET skein.retention = 'on'
AS $$
DECLARE
    ids uuid[];
BEGIN
    SELECT array_agg(e.id ORDER BY e.id) INTO ids FROM (
        SELECT x.id FROM executions x WHERE x.id = ANY(roots)
        UNION SELECT x.id FROM executions x WHERE x.root_id = ANY(roots) AND x.parent_id IS NOT NULL) e;
    ids := COALESCE(ids, '{}');
    DELETE FROM log l WHERE l.execution_id = ANY(ids);
    GET DIAGNOSTICS log_rows = ROW_COUNT;
    DELETE FROM ready r WHERE r.execution_id = ANY(ids);
    DELETE FROM executions e WHERE e.id = ANY(ids);
    GET DIAGNOSTICS executions = ROW_COUNT;
    DELETE FROM outcomes o WHERE o.status IN (10, 11, 12, 13, 14) AND o.execution_id = ANY(ids);
    DELETE FROM inbox i WHERE i.execution_id = ANY(ids);
    DELETE FROM tokens t WHERE t.execution_id = ANY(ids);
    DELETE FROM children c WHERE c.parent_id = ANY(ids);
    DELETE FROM rounds o WHERE o.parent_id = ANY(ids);
    DELETE FROM fanin f WHERE f.parent_id = ANY(ids);
    DELETE FROM cascades c WHERE c.execution_id = ANY(ids);
    DELETE FROM requests q WHERE q.execution_id = ANY(ids);
    DELETE FROM limit_queue q WHERE q.execution_id = ANY(ids);
    DELETE FROM deletions d WHERE d.root_id = ANY(roots);
END
$$;

-- Looks at the next executions beyond `after` and deletes what has expired, in the order of their ids: not much more at a time than it
-- looks at, but whole workflows. With `dry` it only counts. NULL for `last`: there are no more.
CREATE FUNCTION @SCHEMA@.prune(
    after uuid, policy jsonb, now timestamptz, most integer, dry boolean, who text, why text, request text, flows_like text,
    OUT last uuid, OUT roots bigint, OUT executions bigint, OUT log_rows bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = @SCHEMA@, pg_temp
SET jit = off
AS $$
DECLARE
    moment timestamptz := COALESCE(now, clock_timestamp());
    -- By the machine's own clock: what expires ended an hour ago, and was committed soon after.
    counted boolean := now IS NULL AND COALESCE((SELECT s.as_of > clock_timestamp() - INTERVAL '30 minutes' FROM rollup_state s), false);
    seen uuid[];
    gone uuid[];
    kept uuid[];
BEGIN
    -- One at a time: two would wait for each other's rows.
    PERFORM pg_advisory_xact_lock(hashtextextended('skein retention of ' || '@SCHEMA@', 0));
    roots := 0;
    executions := 0;
    log_rows := 0;
    SELECT array_agg(x.id ORDER BY x.id), (array_agg(x.id ORDER BY x.id))[most] INTO seen, last FROM (
        SELECT e.id FROM executions e
        WHERE (after IS NULL OR e.id > after) AND e.created_at <= moment - INTERVAL '1 hour'
        ORDER BY e.id LIMIT most) x;
    IF seen IS NULL THEN RETURN; END IF;
    SELECT array_agg(x.id ORDER BY x.id) INTO gone FROM expired_roots(
        ARRAY(
            SELECT e.id FROM executions e
            WHERE e.id = ANY(seen) AND e.parent_id IS NULL AND (flows_like IS NULL OR e.flow LIKE flows_like)),
        policy, moment, counted) x(id);
    IF gone IS NULL THEN RETURN; END IF;
    IF dry THEN
        roots := cardinality(gone);
        SELECT roots + count(*) INTO executions FROM executions e WHERE e.root_id = ANY(gone) AND e.parent_id IS NOT NULL;
        SELECT sum(l.n) INTO log_rows FROM (
            SELECT (SELECT count(*) FROM log l WHERE l.execution_id = e.id) AS n FROM executions e
            WHERE e.id = ANY(gone) OR (e.root_id = ANY(gone) AND e.parent_id IS NOT NULL)) l;
        RETURN;
    END IF;
    -- Large workflows one after the other.
    SELECT array_agg(x.id ORDER BY x.id) FILTER (WHERE x.before < 4 * most), array_agg(x.id) FILTER (WHERE x.before >= 4 * most) INTO gone, kept FROM (
        SELECT g.id, COALESCE(sum(g.size) OVER (ORDER BY g.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
        FROM (
            SELECT u.id, 1 + (SELECT count(*) FROM executions c WHERE c.root_id = u.id AND c.parent_id IS NOT NULL) AS size
            FROM unnest(gone) u(id)) g) x;
    IF kept IS NOT NULL THEN last := gone[cardinality(gone)]; END IF;
    -- What somebody is about to reopen, or has just reopened, stays.
    gone := ARRAY(
        SELECT a.id FROM (
            SELECT e.id FROM executions e WHERE e.id = ANY(gone) AND e.ended_at IS NOT NULL ORDER BY e.id FOR UPDATE SKIP LOCKED) a
        UNION ALL
        SELECT b.id FROM (
            SELECT r.execution_id AS id FROM ready r
            WHERE r.execution_id = ANY(gone) AND r.paused AND NOT r.cancelling AND r.claim_id IS NULL FOR UPDATE SKIP LOCKED) b
        ORDER BY 1);
    IF cardinality(gone) = 0 THEN RETURN; END IF;
    roots := cardinality(gone);
    SELECT d.executions, d.log_rows INTO executions, log_rows FROM delete_workflows(gone) d;
    INSERT INTO audit (action, target, actor, reason, request_id, details)
    VALUES ('retention.prune', format('%s..%s', gone[1], gone[roots]), COALESCE(who, session_user), why, request,
        jsonb_build_object('policy', policy, 'roots', roots, 'executions', executions, 'logRows', log_rows));
END
$$;
COMMENT ON FUNCTION @SCHEMA@.prune IS 'Deletes the expired workflows among the next executions; see holds for what stays.';

-- Whether a lock on these tables would be had soon: nobody has held one of them for long. Whoever waits for such a lock holds up
-- everybody behind it.
CREATE FUNCTION @SCHEMA@.is_lockable(tables regclass[]) RETURNS boolean
LANGUAGE sql
AS $$
    SELECT NOT EXISTS (
        SELECT FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'relation' AND l.relation = ANY(tables::oid[]) AND l.pid <> pg_backend_pid()
            AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
            AND (a.xact_start IS NULL OR a.xact_start < clock_timestamp() - INTERVAL '500 milliseconds'));
$$;

-- As before; a report that reads for long keeps the partitions waiting, not the writers.
CREATE OR REPLACE FUNCTION @SCHEMA@.ensure_partitions(ahead integer DEFAULT 2) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = @SCHEMA@, pg_temp
SET lock_timeout = '100ms'
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
            IF NOT is_lockable(ARRAY[format('@SCHEMA@.%I', parent), format('@SCHEMA@.%I', parent || '_default')]::regclass[]) THEN
                RAISE EXCEPTION 'somebody reads % for long', parent USING ERRCODE = '55P03', HINT = 'The partition is made later.';
            END IF;
            BEGIN
                EXECUTE format(
                    'CREATE TABLE @SCHEMA@.%I PARTITION OF @SCHEMA@.%I FOR VALUES FROM (%L) TO (%L)%s', part, parent,
                    partition_bound(month), partition_bound(month + interval '1 month'),
                    CASE parent WHEN 'executions' THEN ' WITH (fillfactor = 50)' ELSE '' END);
                IF parent = 'log' THEN
                    EXECUTE format(
                        'CREATE TRIGGER never_truncated BEFORE TRUNCATE ON @SCHEMA@.%I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', part);
                END IF;
                made := made || part;
            EXCEPTION WHEN check_violation THEN
                RAISE WARNING 'partition % is not made: rows of its month are in %_default', part, parent;
            END;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;

-- Drops the partitions of a month (its name as in log_y2026m01: y2026m01) when everything in it has expired, but for a few executions that
-- are moved to the default partitions first. NULL: it has to stay.
CREATE FUNCTION @SCHEMA@.drop_month(
    month text, policy jsonb, now timestamptz, few integer, who text, why text, request text, OUT executions bigint, OUT moved bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = @SCHEMA@, pg_temp
SET skein.retention = 'on'
SET enable_hashjoin = on
SET enable_seqscan = on
SET lock_timeout = '100ms'
AS $$
DECLARE
    moment timestamptz := COALESCE(now, clock_timestamp());
    low CONSTANT uuid := partition_bound(to_timestamp(month, '"y"YYYY"m"MM') AT TIME ZONE 'UTC');
    high CONSTANT uuid := partition_bound((to_timestamp(month, '"y"YYYY"m"MM') AT TIME ZONE 'UTC') + INTERVAL '1 month');
    -- The newest age of the policy: what was created later cannot have expired.
    young boolean;
    stay uuid[];
    spanning uuid[];
    parent text;
    part text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('skein retention of ' || '@SCHEMA@', 0));
    IF to_regclass(format('@SCHEMA@.%I', 'executions_' || month)) IS NULL THEN RETURN; END IF;
    SELECT high > new_id_floor(moment - min(GREATEST(p.value::bigint, 3600000000)) * INTERVAL '1 microsecond') INTO young
    FROM jsonb_each_text(policy) p;
    IF COALESCE(young, true) THEN RETURN; END IF;
    -- What has to stay: executions whose workflows may not leave.
    EXECUTE format($q$
        WITH x AS MATERIALIZED (SELECT e.id, e.root_id, e.parent_id, e.status, e.ended_at FROM @SCHEMA@.%1$I e),
        live AS MATERIALIZED (
            SELECT x.id, x.root_id FROM x
            WHERE x.ended_at IS NULL OR x.ended_at > $2 - INTERVAL '1 hour'
                OR (x.parent_id IS NULL AND NOT @SCHEMA@.is_expired(x.status, x.ended_at, $1, $2))),
        kept AS (
            SELECT live.root_id FROM live
            UNION SELECT h.root_id FROM @SCHEMA@.holds h
            UNION SELECT x.root_id FROM x JOIN @SCHEMA@.rollup_queue q ON q.execution_id = x.id
            -- Of workflows that began in another month, or go on in one.
            UNION SELECT x.root_id FROM x JOIN @SCHEMA@.executions r ON r.id = x.root_id
                WHERE (x.root_id < $3 OR x.root_id >= $4) AND (r.ended_at IS NULL OR NOT @SCHEMA@.is_expired(r.status, r.ended_at, $1, $2))
            UNION SELECT c.root_id FROM @SCHEMA@.executions c
                WHERE c.id >= $4 AND c.root_id >= $3 AND c.root_id < $4 AND c.parent_id IS NOT NULL
                    AND (c.ended_at IS NULL OR c.ended_at > $2 - INTERVAL '1 hour'))
        SELECT array_agg(s.id) FROM (SELECT x.id FROM x WHERE x.root_id IN (SELECT k.root_id FROM kept k) LIMIT %2$s + 1) s
        $q$, 'executions_' || month, few)
    INTO stay USING policy, moment, low, high;
    IF cardinality(stay) > few THEN RETURN; END IF;
    stay := COALESCE(stay, '{}');
    -- Expired workflows of this month and others leave as a whole.
    SELECT array_agg(DISTINCT s.root_id) INTO spanning FROM (
        SELECT c.root_id FROM executions c
        WHERE c.id >= high AND c.root_id >= low AND c.root_id < high AND c.parent_id IS NOT NULL
        UNION ALL SELECT c.root_id FROM executions c
        WHERE c.id >= low AND c.id < high AND c.parent_id IS NOT NULL AND (c.root_id < low OR c.root_id >= high)) s
    WHERE NOT EXISTS (SELECT FROM executions x WHERE x.root_id = s.root_id AND x.id = ANY(stay));
    IF spanning IS NOT NULL THEN PERFORM delete_workflows(spanning); END IF;
    DELETE FROM inbox i WHERE i.execution_id >= low AND i.execution_id < high AND i.execution_id <> ALL(stay);
    DELETE FROM tokens t WHERE t.execution_id >= low AND t.execution_id < high AND t.execution_id <> ALL(stay);
    DELETE FROM children c WHERE c.parent_id >= low AND c.parent_id < high AND c.parent_id <> ALL(stay);
    DELETE FROM rounds o WHERE o.parent_id >= low AND o.parent_id < high AND o.parent_id <> ALL(stay);
    DELETE FROM deletions d WHERE d.root_id >= low AND d.root_id < high AND d.root_id <> ALL(stay);
    -- From here on writers wait: for the rows that stay, nothing else.
    IF NOT is_lockable(ARRAY['log', 'executions', 'outcomes', 'log_default', 'executions_default', 'outcomes_default', 'log_' || month,
        'executions_' || month, 'outcomes_' || month]::regclass[])
    THEN
        RAISE EXCEPTION 'somebody reads the partitions of % for long', month USING ERRCODE = '55P03', HINT = 'They are dropped later.';
    END IF;
    FOREACH parent IN ARRAY ARRAY['log', 'executions', 'outcomes'] LOOP
        EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, parent || '_' || month);
    END LOOP;
    PERFORM FROM ready r WHERE r.execution_id >= low AND r.execution_id < high AND r.execution_id <> ALL(stay);
    IF FOUND THEN
        RAISE EXCEPTION 'an execution of % was reopened meanwhile', month USING ERRCODE = '55P03', HINT = 'They are dropped later.';
    END IF;
    FOREACH parent IN ARRAY ARRAY['log', 'executions', 'outcomes'] LOOP
        part := parent || '_' || month;
        IF parent = 'executions' THEN
            EXECUTE format('SELECT count(*) FROM (SELECT FROM %I) x', part) INTO executions;
        END IF;
        EXECUTE format(
            'INSERT INTO %1$I SELECT * FROM %2$I WHERE %3$I = ANY($1)', parent, part,
            CASE parent WHEN 'executions' THEN 'id' ELSE 'execution_id' END) USING stay;
        EXECUTE format('DROP TABLE %I', part);
    END LOOP;
    moved := cardinality(stay);
    executions := executions - moved;
    INSERT INTO audit (action, target, actor, reason, request_id, details)
    VALUES ('retention.drop', month, COALESCE(who, session_user), why, request,
        jsonb_build_object('policy', policy, 'executions', executions, 'moved', moved));
END
$$;

-- The smallest UUIDv7 of a time.
CREATE FUNCTION @SCHEMA@.new_id_floor(at timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT
RETURN (lpad(to_hex(floor(EXTRACT(EPOCH FROM at) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid;

-- Months that have partitions, the oldest first.
CREATE FUNCTION @SCHEMA@.months() RETURNS SETOF text
LANGUAGE sql STABLE
AS $$
    SELECT substr(c.relname, length('executions_') + 1) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = '@SCHEMA@.executions'::regclass AND c.relname ~ '^executions_y\d{4}m\d\d$' ORDER BY 1;
$$;

-- Rows leave by these functions and by nobody else's hand: where the migrating user may make roles, only skein_maintenance and the owner
-- may call them.
REVOKE ALL ON FUNCTION @SCHEMA@.delete_workflows, @SCHEMA@.prune, @SCHEMA@.drop_month FROM PUBLIC;

CREATE FUNCTION @SCHEMA@.grant_engine() RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    part regclass;
BEGIN
    IF (SELECT count(*) FROM pg_catalog.pg_roles WHERE rolname IN ('skein_engine', 'skein_maintenance')) < 2 THEN
        RETURN false;
    END IF;
    GRANT USAGE ON SCHEMA @SCHEMA@ TO skein_maintenance, skein_engine;
    GRANT EXECUTE ON FUNCTION @SCHEMA@.delete_workflows, @SCHEMA@.prune, @SCHEMA@.drop_month TO skein_maintenance;
    GRANT skein_maintenance TO skein_engine;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA @SCHEMA@ TO skein_engine;
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA @SCHEMA@ TO skein_engine;
    GRANT USAGE ON SCHEMA @REPORT@ TO skein_engine;
    GRANT SELECT ON ALL TABLES IN SCHEMA @REPORT@ TO skein_engine;
    REVOKE UPDATE, DELETE ON @SCHEMA@.log, @SCHEMA@.audit FROM skein_engine;
    REVOKE INSERT, UPDATE, DELETE ON @SCHEMA@.migrations FROM skein_engine;
    FOR part IN SELECT i.inhrelid::regclass FROM pg_inherits i WHERE i.inhparent = '@SCHEMA@.log'::regclass LOOP
        EXECUTE format('REVOKE ALL ON %s FROM skein_engine', part);
    END LOOP;
    RETURN true;
END
$$;
COMMENT ON FUNCTION @SCHEMA@.grant_engine IS 'Gives the role skein_engine what an engine needs: everything but to change or delete what was recorded, and to migrate. Harmless to repeat.';

-- The roles belong to the whole cluster: others may be making them in this moment.
DO $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('skein roles', 0));
    BEGIN
        CREATE ROLE skein_maintenance NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
    END;
    BEGIN
        CREATE ROLE skein_engine NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
    END;
    PERFORM @SCHEMA@.grant_engine();
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'the roles skein_engine and skein_maintenance were not made: the user % may not', current_user
        USING HINT = 'Have somebody who may make them, then run SELECT grant_engine() in the engine''s schema.';
END
$$;

-- Who may read the reports: the role skein_reporter and its members, perhaps their own tenants only. They need no right to anything else.

-- All at once and in the order in which writers lock: nobody waits for us while we wait for him.
LOCK TABLE @SCHEMA@.log, @SCHEMA@.ready, @SCHEMA@.executions, @SCHEMA@.outcomes, @SCHEMA@.limit_queue, @SCHEMA@.workers, @SCHEMA@.schedules,
    @SCHEMA@.schedule_ticks IN ACCESS EXCLUSIVE MODE;

-- Whose rows an analyst sees. A login that takes on another role stays who it is; a superuser that tries out a role is that role.
CREATE TABLE @SCHEMA@.reporter_tenants (
    role name NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    PRIMARY KEY (role, tenant)
);
COMMENT ON TABLE @SCHEMA@.reporter_tenants IS 'Tenants that a role, and who is a member of it, is restricted to in the reports. A role that is not listed sees all.';
COMMENT ON COLUMN @SCHEMA@.reporter_tenants.tenant IS 'Empty: executions of no tenant.';

CREATE FUNCTION @SCHEMA@.reporter_tenants() RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (
    SELECT array_agg(t.tenant)
    FROM @SCHEMA@.reporter_tenants t JOIN pg_catalog.pg_roles r ON r.rolname = t.role
    WHERE pg_has_role(current_user, r.oid, 'MEMBER')
        OR (pg_has_role(session_user, r.oid, 'MEMBER')
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles s WHERE s.rolname = session_user AND s.rolsuper))
);
COMMENT ON FUNCTION @SCHEMA@.reporter_tenants() IS 'The tenants that the present role is restricted to; NULL: it sees all.';

-- Who reads a view reads as himself, where the server can do that: so policies are about him. Before PostgreSQL 15 views read as their
-- owner, whom no policy restricts; there nobody can be restricted, rather than seem to be.
DO $$
DECLARE
    view regclass;
BEGIN
    IF current_setting('server_version_num')::integer < 150000 THEN
        ALTER TABLE @SCHEMA@.reporter_tenants ADD CONSTRAINT postgresql_15_is_needed CHECK (false);
        RETURN;
    END IF;
    FOR view IN SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = '@REPORT@'::regnamespace AND c.relkind = 'v' LOOP
        EXECUTE format('ALTER VIEW %s SET (security_invoker = true)', view);
    END LOOP;
END
$$;

-- Every table that a view reads has row-level security, so that statistics of its columns stay hidden, too. `everybody` keeps it from
-- touching anyone but reporters; the owner and superusers are never asked.
DO $$
DECLARE
    part text;
BEGIN
    FOREACH part IN ARRAY ARRAY[
        'log', 'executions', 'ready', 'limit_queue', 'workers', 'schedules', 'schedule_ticks', 'rollup_flows', 'rollup_flow_days', 'rollup_creations',
        'rollup_steps', 'rollup_failures', 'rollup_failure_hours', 'rollup_slas']
    LOOP
        EXECUTE format('CREATE POLICY everybody ON @SCHEMA@.%I USING (true) WITH CHECK (true)', part);
        EXECUTE format('ALTER TABLE @SCHEMA@.%I ENABLE ROW LEVEL SECURITY', part);
    END LOOP;
END
$$;

-- No USAGE on the engine's schema: nobody can name what these columns belong to. They are granted because a view reads as its reader.
CREATE FUNCTION @SCHEMA@.grant_reports() RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    part text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'skein_reporter') THEN
        RETURN false;
    END IF;
    GRANT USAGE ON SCHEMA @REPORT@ TO skein_reporter;
    GRANT SELECT ON ALL TABLES IN SCHEMA @REPORT@ TO skein_reporter;
    IF current_setting('server_version_num')::integer < 150000 THEN
        RETURN true;
    END IF;
    GRANT SELECT (execution_id, seq, n, kind, at, body) ON @SCHEMA@.log TO skein_reporter;
    GRANT SELECT (id, tenant, flow, flow_version, tag, status, parent_id, root_id, priority, created_at, ended_at)
        ON @SCHEMA@.executions TO skein_reporter;
        GRANT SELECT (execution_id, next_at, needs, tenant, flow, owner, paused) ON @SCHEMA@.ready TO skein_reporter;
    GRANT SELECT (execution_id, name, tenant, place, since) ON @SCHEMA@.limit_queue TO skein_reporter;
    GRANT SELECT (worker_id, pod_id, handlers, live, started_at, heartbeat_at) ON @SCHEMA@.workers TO skein_reporter;
    GRANT SELECT (id, tenant, name, flow) ON @SCHEMA@.schedules TO skein_reporter;
    GRANT SELECT (schedule_id, tick_at, decision, source, execution_id, error, decided_at) ON @SCHEMA@.schedule_ticks TO skein_reporter;
    GRANT SELECT ON @SCHEMA@.rollup_flows, @SCHEMA@.rollup_flow_days, @SCHEMA@.rollup_creations, @SCHEMA@.rollup_steps, @SCHEMA@.rollup_failures,
        @SCHEMA@.rollup_failure_hours, @SCHEMA@.rollup_slas, @SCHEMA@.rollup_state, @SCHEMA@.reporter_tenants TO skein_reporter;
    GRANT SELECT (seq) ON @SCHEMA@.rollup_queue TO skein_reporter;
    GRANT EXECUTE ON FUNCTION @SCHEMA@.body_json, @SCHEMA@.from_microseconds, @SCHEMA@.report_as_of, @SCHEMA@.rollups_as_of,
        @SCHEMA@.reporter_tenants TO skein_reporter;
    FOREACH part IN ARRAY ARRAY[
        'executions', 'ready', 'limit_queue', 'schedules', 'rollup_flows', 'rollup_flow_days', 'rollup_creations', 'rollup_steps', 'rollup_failures',
        'rollup_failure_hours', 'rollup_slas']
    LOOP
        CONTINUE WHEN EXISTS (
            SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = format('@SCHEMA@.%I', part)::regclass AND p.polname = 'own_tenants');
        EXECUTE format(
            'CREATE POLICY own_tenants ON @SCHEMA@.%I AS RESTRICTIVE FOR SELECT TO skein_reporter USING ('
            || '(SELECT @SCHEMA@.reporter_tenants()) IS NULL OR tenant = ANY ((SELECT @SCHEMA@.reporter_tenants())::text[]))', part);
    END LOOP;
    RETURN true;
END
$$;
COMMENT ON FUNCTION @SCHEMA@.grant_reports IS 'Gives the role skein_reporter its rights, when there is one; harmless to repeat.';

-- The role belongs to the whole cluster: others may be making it in this moment, in this database or in another.
DO $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('skein role skein_reporter', 0));
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'skein_reporter') THEN
        BEGIN
            CREATE ROLE skein_reporter NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
        BEGIN
            ALTER ROLE skein_reporter SET default_transaction_read_only = on;
            ALTER ROLE skein_reporter SET statement_timeout = '60s';
            ALTER ROLE skein_reporter SET idle_in_transaction_session_timeout = '60s';
            ALTER ROLE skein_reporter SET jit = off;
            ALTER ROLE skein_reporter SET random_page_cost = 1.1;
            ALTER ROLE skein_reporter SET work_mem = '32MB';
        EXCEPTION WHEN insufficient_privilege OR unique_violation OR internal_error THEN
            NULL;
        END;
    END IF;
    PERFORM @SCHEMA@.grant_reports();
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'the role skein_reporter is not made: %', SQLERRM
        USING HINT = 'Have somebody who may CREATE ROLE skein_reporter NOLOGIN, then run SELECT grant_reports() in the engine''s schema.';
END
$$;

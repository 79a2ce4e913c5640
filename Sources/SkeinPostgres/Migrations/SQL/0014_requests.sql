-- What other programs do in SQL, in transactions of their own: start and enqueue insert new rows; signal and cancel leave requests, which
-- engines carry out. So nothing that a caller holds open makes an engine wait.

CREATE TABLE @SCHEMA@.requests (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind smallint NOT NULL,
    execution_id uuid NOT NULL,
    op_id uuid NOT NULL,
    name text,
    payload bytea,
    reason text,
    actor text,
    request_id text,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    taken_until timestamptz
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX requests_execution ON @SCHEMA@.requests (execution_id, id);
COMMENT ON TABLE @SCHEMA@.requests IS 'What was asked for in SQL and no engine has done yet.';
COMMENT ON COLUMN @SCHEMA@.requests.kind IS '1 cancel, 2 signal';
COMMENT ON COLUMN @SCHEMA@.requests.op_id IS 'The operation: what is asked for again under it is done once.';
COMMENT ON COLUMN @SCHEMA@.requests.taken_until IS 'An engine is at it; after this time another may be.';

-- Those that nobody is at; what concerns one execution is handed out in order. One call at a time, or two could take what belongs
-- one after the other.
CREATE FUNCTION @SCHEMA@.take_requests(most integer, now timestamptz) RETURNS SETOF @SCHEMA@.requests
LANGUAGE sql
AS $$
    SELECT pg_advisory_xact_lock(hashtextextended('skein requests of ' || '@SCHEMA@', 0));
    WITH free AS MATERIALIZED (
        SELECT r.id FROM @SCHEMA@.requests r
        WHERE (r.taken_until IS NULL OR r.taken_until <= COALESCE(now, clock_timestamp()))
            AND NOT EXISTS (
                SELECT FROM @SCHEMA@.requests e
                WHERE e.execution_id = r.execution_id AND e.id < r.id AND e.taken_until > COALESCE(now, clock_timestamp()))
        ORDER BY r.id LIMIT most FOR UPDATE SKIP LOCKED
    ),
    taken AS (
        UPDATE @SCHEMA@.requests r SET taken_until = COALESCE(now, clock_timestamp()) + INTERVAL '10 seconds'
        FROM free WHERE r.id = free.id RETURNING r.*
    )
    SELECT * FROM taken ORDER BY taken.id;
$$;

-- Tells engines to look. One transaction at a time does, because a NOTIFY makes commits wait for each other; whoever has something while
-- another is at it is found by the next look, or by a sweep.
CREATE FUNCTION @SCHEMA@.ring() RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF pg_try_advisory_xact_lock(hashtextextended('skein bell of ' || '@SCHEMA@', 0)) THEN
        PERFORM pg_notify('skein_' || md5('@SCHEMA@'), '');
    END IF;
END
$$;

CREATE FUNCTION @SCHEMA@.new_id(at timestamptz) RETURNS uuid
LANGUAGE sql VOLATILE
RETURN (
    lpad(to_hex(floor(EXTRACT(EPOCH FROM at) * 1000)::bigint), 12, '0') || '7'
    || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid;
COMMENT ON FUNCTION @SCHEMA@.new_id IS 'A UUIDv7 (RFC 9562) of that time.';

-- The number of RFC 8785, with all its digits.
CREATE FUNCTION @SCHEMA@.canonical_number(value numeric) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    plain text := trim_scale(abs(value))::text;
    whole text := split_part(plain, '.', 1);
    fraction text := split_part(plain, '.', 2);
    digits text := ltrim(whole || fraction, '0');
    exponent integer;
    result text;
BEGIN
    IF value = 0 THEN RETURN '0'; END IF;
    exponent := CASE WHEN whole <> '0' THEN length(whole) ELSE -(length(fraction) - length(ltrim(fraction, '0'))) END;
    digits := rtrim(digits, '0');
    result := CASE
        WHEN exponent >= length(digits) AND exponent <= 21 THEN rpad(digits, exponent, '0')
        WHEN exponent BETWEEN 1 AND 21 THEN left(digits, exponent) || '.' || substr(digits, exponent + 1)
        WHEN exponent BETWEEN -5 AND 0 THEN '0.' || repeat('0', -exponent) || digits
        ELSE left(digits, 1) || CASE WHEN length(digits) > 1 THEN '.' || substr(digits, 2) ELSE '' END
            || 'e' || CASE WHEN exponent > 0 THEN '+' ELSE '-' END || abs(exponent - 1)
    END;
    RETURN CASE WHEN value < 0 THEN '-' ELSE '' END || result;
END
$$;

-- The text of RFC 8785: equal data gives equal text. Keys are in the order of their UTF-16 code units, in which what lies beyond U+FFFF
-- comes before U+E000 to U+FFFF.
CREATE FUNCTION @SCHEMA@.canonical_json(value jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
BEGIN
    CASE jsonb_typeof(value)
        WHEN 'object' THEN
            RETURN '{' || COALESCE((
                SELECT string_agg(to_json(m.key)::text || ':' || @SCHEMA@.canonical_json(m.value), ','
                    ORDER BY regexp_replace(m.key, U&'([\E000-\FFFF])', U&'\+10FFFF' || '\1', 'g') COLLATE "C")
                FROM jsonb_each(value) m), '') || '}';
        WHEN 'array' THEN
            RETURN '[' || COALESCE((
                SELECT string_agg(@SCHEMA@.canonical_json(m.value), ',' ORDER BY m.place)
                FROM jsonb_array_elements(value) WITH ORDINALITY m(value, place)), '') || ']';
        WHEN 'number' THEN RETURN @SCHEMA@.canonical_number(value::text::numeric);
        ELSE RETURN value::text;
    END CASE;
END
$$;

-- Versions in the order of semver.org: numbers by length and digits, a release behind what comes before it.
CREATE FUNCTION @SCHEMA@.version_order(version text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(
        SELECT lpad(length(p)::text, 4, '0') || p
        FROM unnest(string_to_array(split_part(split_part(version, '+', 1), '-', 1), '.')) WITH ORDINALITY u(p, place) ORDER BY place)
    || CASE WHEN split_part(version, '+', 1) NOT LIKE '%-%' THEN ARRAY['~']
        ELSE ARRAY(
            SELECT CASE WHEN p ~ '^[0-9]+$' THEN '0' || lpad(length(p)::text, 4, '0') || p ELSE '1' || p END
            FROM unnest(string_to_array(substr(split_part(version, '+', 1), strpos(split_part(version, '+', 1), '-') + 1), '.'))
                WITH ORDINALITY u(p, place) ORDER BY place)
        END;

-- Collects what is wrong with options, by name. Spans are in milliseconds.
CREATE FUNCTION @SCHEMA@.option_problems(options jsonb, known text[]) RETURNS text[]
LANGUAGE sql STABLE
AS $$
    SELECT COALESCE(array_agg(format('%s: %s', o.key, p.problem) ORDER BY o.key), '{}')
    FROM jsonb_each(options) o CROSS JOIN LATERAL (SELECT CASE
        WHEN o.key <> ALL(known) THEN 'is not known; there are ' || array_to_string(known, ', ')
        WHEN jsonb_typeof(o.value) = 'null' THEN NULL
        WHEN o.key IN ('idempotencyKey', 'tag', 'tenantId', 'flowVersion', 'requestId', 'actor', 'reason') THEN CASE
            WHEN jsonb_typeof(o.value) <> 'string' THEN 'must be text'
            WHEN octet_length(o.value #>> '{}') NOT BETWEEN 1 AND CASE o.key WHEN 'idempotencyKey' THEN 255 WHEN 'flowVersion' THEN 256 WHEN 'reason' THEN 2000 ELSE 200 END
                THEN 'is empty or too long'
            WHEN o.key <> 'reason' AND (o.value #>> '{}') ~ '[\x01-\x1f\x7f]' THEN 'must not contain control characters' END
        WHEN o.key = 'priority' THEN CASE
            WHEN jsonb_typeof(o.value) <> 'number' OR (o.value #>> '{}') !~ '^-?[0-9]{1,3}$' OR (o.value #>> '{}')::integer NOT BETWEEN -100 AND 100
                THEN 'must be a whole number from -100 to 100' END
        WHEN o.key = 'maxRetries' THEN CASE
            WHEN jsonb_typeof(o.value) <> 'number' OR (o.value #>> '{}') !~ '^[0-9]{1,7}$' OR (o.value #>> '{}')::integer > 1000000
                THEN 'must be a whole number from 0 to 1,000,000' END
        WHEN o.key IN ('delayMs', 'retryIntervalMs') THEN CASE
            WHEN jsonb_typeof(o.value) <> 'number' OR (o.value #>> '{}') !~ '^[0-9]{1,12}$' OR (o.value #>> '{}')::bigint > 315360000000
                THEN 'must be a whole number of milliseconds, up to 10 years' END
        WHEN o.key IN ('timeoutMs', 'heartbeatTimeoutMs') THEN CASE
            WHEN jsonb_typeof(o.value) <> 'number' OR (o.value #>> '{}') !~ '^[0-9]{1,12}$' OR (o.value #>> '{}')::bigint NOT BETWEEN 1 AND 315360000000
                THEN 'must be a whole number of milliseconds, more than 0, up to 10 years' END
        WHEN o.key = 'idempotencyTtlMs' THEN CASE
            WHEN jsonb_typeof(o.value) <> 'number' OR (o.value #>> '{}') !~ '^[0-9]{1,12}$' OR (o.value #>> '{}')::bigint NOT BETWEEN 1000 AND 2592000000
                THEN 'must be between 1 s and 30 days, in milliseconds' END
        WHEN o.key = 'runAt' THEN CASE
            WHEN jsonb_typeof(o.value) <> 'string' OR (o.value #>> '{}') !~ '^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)$'
                THEN 'must be a time as in RFC 3339, such as 2026-01-31T08:00:00Z' END
        WHEN o.key = 'onMismatch' THEN CASE WHEN o.value #>> '{}' NOT IN ('refuse', 'returnExisting') THEN 'must be refuse or returnExisting' END
        WHEN o.key = 'autoRun' THEN CASE WHEN jsonb_typeof(o.value) <> 'boolean' THEN 'must be true or false' END
        WHEN o.key = 'metadata' THEN CASE
            WHEN jsonb_typeof(o.value) <> 'object' THEN 'must be an object'
            WHEN octet_length(o.value::text) > 65536 THEN 'must have at most 64 KiB' END
        WHEN o.key = 'timeouts' THEN CASE
            WHEN jsonb_typeof(o.value) <> 'object' THEN 'must be an object'
            WHEN EXISTS (
                SELECT FROM jsonb_each(o.value) t
                WHERE t.key NOT IN ('executionMs', 'waitMs') OR jsonb_typeof(t.value) <> 'number' OR (t.value #>> '{}') !~ '^[0-9]{1,12}$')
                THEN 'takes executionMs and waitMs, whole numbers of milliseconds' END
        END AS problem) p
    WHERE p.problem IS NOT NULL
$$;

CREATE FUNCTION @SCHEMA@.refuse_options(problems text[]) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF cardinality(problems) > 0 THEN
        RAISE EXCEPTION 'the options are not valid: %', array_to_string(problems, '; ')
            USING ERRCODE = '22023', HINT = 'Options are a JSON object, such as {"idempotencyKey": "order-1", "delayMs": 5000}.';
    END IF;
END
$$;

-- An execution's first rows; `flow_version` NULL is the latest. Locks the idempotency key, then inserts in the order of all creations.
CREATE FUNCTION @SCHEMA@.insert_execution(
    of_flow text, wanted text, context jsonb, options jsonb, definition jsonb, chosen text, terms jsonb, urgency smallint) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE
    moment CONSTANT timestamptz := clock_timestamp();
    micros CONSTANT bigint := (EXTRACT(EPOCH FROM moment) * 1000000)::bigint;
    id uuid := @SCHEMA@.new_id(moment);
    of_tenant CONSTANT text := COALESCE(options ->> 'tenantId', '');
    its_key CONSTANT text := options ->> 'idempotencyKey';
    fingerprint bytea;
    holder uuid;
    theirs bytea;
    until timestamptz;
    ready_at timestamptz := moment;
    event jsonb;
    body bytea;
    needed text;
BEGIN
    IF octet_length(context::text) > 10485760 THEN
        RAISE EXCEPTION 'the context has more than 10 MiB' USING ERRCODE = '54000', HINT = 'Keep large values elsewhere and pass a reference.';
    END IF;
    IF its_key IS NOT NULL THEN
        fingerprint := sha256(convert_to(@SCHEMA@.canonical_json(context), 'UTF8'));
        FOR try IN 1..100 LOOP
            INSERT INTO @SCHEMA@.idempotency_keys (tenant, flow, key, execution_id, fingerprint, expires_at)
            VALUES (of_tenant, of_flow, its_key, id, fingerprint,
                moment + COALESCE((options ->> 'idempotencyTtlMs')::bigint, 86400000) * INTERVAL '1 millisecond')
            ON CONFLICT DO NOTHING;
            EXIT WHEN FOUND;
            SELECT k.execution_id, k.fingerprint, k.expires_at INTO holder, theirs, until FROM @SCHEMA@.idempotency_keys k
            WHERE k.tenant = of_tenant AND k.flow = of_flow AND k.key = its_key;
            IF NOT FOUND THEN
                -- Forgotten meanwhile, or made by a transaction that this one's snapshot does not see.
                IF current_setting('transaction_isolation') <> 'read committed' THEN
                    RAISE EXCEPTION 'the idempotency key % was used by a transaction beside this one', quote_literal(its_key)
                        USING ERRCODE = '40001', HINT = 'Run the transaction again.';
                END IF;
                CONTINUE;
            END IF;
            IF until > moment THEN
                PERFORM FROM @SCHEMA@.executions e
                WHERE e.id = holder AND NOT EXISTS (SELECT FROM @SCHEMA@.deletions d WHERE d.root_id = e.root_id);
                IF NOT FOUND THEN
                    RAISE EXCEPTION 'the idempotency key % was used for the execution %, which has been deleted', quote_literal(its_key), holder
                        USING ERRCODE = 'SK004', HINT = 'Use another key.';
                END IF;
                IF COALESCE(options ->> 'onMismatch', 'refuse') = 'refuse' AND (theirs <> fingerprint OR (wanted IS NOT NULL AND wanted IS DISTINCT FROM (
                    SELECT e.flow_version FROM @SCHEMA@.executions e WHERE e.id = holder)))
                THEN
                    RAISE EXCEPTION 'the idempotency key % was used with another flow version or context', quote_literal(its_key)
                        USING ERRCODE = 'SK004', HINT = 'Use another key, or "onMismatch": "returnExisting".', DETAIL = format('It belongs to the execution %s.', holder);
                END IF;
                RETURN holder;
            END IF;
            DELETE FROM @SCHEMA@.idempotency_keys k
            WHERE k.tenant = of_tenant AND k.flow = of_flow AND k.key = its_key AND k.expires_at <= moment;
        END LOOP;
    END IF;
    IF options ->> 'autoRun' = 'false' THEN
        ready_at := 'infinity';
    ELSE
        ready_at := GREATEST(
            moment + COALESCE((options ->> 'delayMs')::bigint, 0) * INTERVAL '1 millisecond', (options ->> 'runAt')::timestamptz, moment);
    END IF;
    -- Of a flow with several first steps whoever takes it finds out; so it does for what this version of the schema cannot read.
    needed := COALESCE(definition -> 'steps' -> (definition ->> 'initialStepId') ->> 'type', '');
    event := jsonb_strip_nulls(jsonb_build_object(
        't', 'execution.created', 'flow', of_flow, 'version', chosen, 'tenant', options ->> 'tenantId', 'tag', options ->> 'tag',
        'priority', NULLIF(urgency, 0), 'key', its_key,
        'executionTimeoutUs', COALESCE((options #>> '{timeouts,executionMs}')::bigint, (definition #>> '{timeouts,executionMs}')::bigint) * 1000,
        'waitTimeoutUs', (options #>> '{timeouts,waitMs}')::bigint * 1000, 'terms', NULLIF(terms, '{}'),
        'autoRun', CASE WHEN options ->> 'autoRun' = 'false' THEN false END, 'unchecked', true, 'createdAt', micros,
        'actor', COALESCE(options ->> 'actor', session_user), 'reason', options ->> 'reason', 'requestId', options ->> 'requestId'))
        || jsonb_build_object('context', context);
    IF jsonb_typeof(options -> 'metadata') = 'object' THEN event := event || jsonb_build_object('metadata', options -> 'metadata'); END IF;
    body := convert_to(format('{"at":%s,"e":[%s]}', micros, event), 'UTF8');
    INSERT INTO @SCHEMA@.log (execution_id, seq, n, kind, op_id, body, at, hash)
    VALUES (id, 1, 1, 1, id, body, moment, @SCHEMA@.row_hash(NULL, id, 1, 1::smallint, 1::smallint, id, body));
    INSERT INTO @SCHEMA@.ready (execution_id, next_at, priority, needs, tenant, flow)
    VALUES (id, ready_at, urgency, needed, of_tenant, of_flow);
    INSERT INTO @SCHEMA@.executions (id, tenant, flow, flow_version, tag, root_id, priority, created_at)
    VALUES (id, of_tenant, of_flow, chosen, options ->> 'tag', id, urgency, moment);
    IF ready_at <= moment THEN PERFORM @SCHEMA@.ring(); END IF;
    RETURN id;
END
$$;

CREATE FUNCTION @SCHEMA@.start(flow_id text, context jsonb DEFAULT '{}', options jsonb DEFAULT '{}') RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = @SCHEMA@, pg_temp
SET lock_timeout = '5s'
AS $$
DECLARE
    chosen text;
    definition jsonb;
BEGIN
    options := COALESCE(options, '{}');
    IF jsonb_typeof(options) <> 'object' THEN PERFORM refuse_options('{options: must be an object}'); END IF;
    IF flow_id LIKE 'task:%' THEN
        RAISE EXCEPTION '% is a task', quote_literal(flow_id) USING ERRCODE = '22023', HINT = 'Use skein.enqueue.';
    END IF;
    PERFORM refuse_options(option_problems(options, ARRAY[
        'actor', 'autoRun', 'delayMs', 'flowVersion', 'idempotencyKey', 'idempotencyTtlMs', 'metadata', 'onMismatch', 'priority', 'reason', 'requestId',
        'runAt', 'tag', 'tenantId', 'timeouts'])
        || CASE WHEN jsonb_typeof(COALESCE(context, '{}')) <> 'object' THEN ARRAY['context: must be an object'] ELSE '{}' END);
    SELECT f.version, f.definition::jsonb INTO chosen, definition FROM flows f
    WHERE f.id = flow_id AND (options ->> 'flowVersion' IS NULL OR f.version = options ->> 'flowVersion')
    ORDER BY version_order(f.version) COLLATE "C" DESC, f.version COLLATE "C" DESC LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no flow %', quote_literal(concat_ws(' ', flow_id, options ->> 'flowVersion'))
            USING ERRCODE = 'SK003', HINT = COALESCE((
                SELECT 'There are ' || string_agg(DISTINCT format('%s %s', f.id, f.version), ', ')
                FROM (SELECT id, version FROM flows WHERE flows.id NOT LIKE 'task:%' ORDER BY flows.id = flow_id DESC, id LIMIT 10) f),
                'Register one first: skein flow register FILE.');
    END IF;
    RETURN insert_execution(
        flow_id, options ->> 'flowVersion', COALESCE(context, '{}'), options, definition, chosen, '{}',
        COALESCE((options ->> 'priority')::smallint, 0::smallint));
END
$$;
COMMENT ON FUNCTION @SCHEMA@.start IS 'Starts an execution of a flow in the caller''s transaction: a rollback leaves nothing of it, a commit runs it. Options: flowVersion, idempotencyKey, idempotencyTtlMs, onMismatch, tag, priority, delayMs, runAt, tenantId, timeouts {executionMs, waitMs}, autoRun, metadata, actor, reason, requestId. Errors: 22023 something is not valid, SK003 no such flow, SK004 the key was used with another context.';

CREATE FUNCTION @SCHEMA@.enqueue(task text, payload jsonb DEFAULT 'null', options jsonb DEFAULT '{}') RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = @SCHEMA@, pg_temp
SET lock_timeout = '5s'
AS $$
DECLARE
    chosen text;
    definition jsonb;
    retry jsonb;
    terms jsonb := '{}';
BEGIN
    options := COALESCE(options, '{}');
    IF jsonb_typeof(options) <> 'object' THEN PERFORM refuse_options('{options: must be an object}'); END IF;
    PERFORM refuse_options(option_problems(options, ARRAY[
        'actor', 'delayMs', 'heartbeatTimeoutMs', 'idempotencyKey', 'idempotencyTtlMs', 'maxRetries', 'metadata', 'onMismatch', 'priority', 'reason',
        'requestId', 'retryIntervalMs', 'runAt', 'tag', 'tenantId', 'timeoutMs']));
    SELECT f.version, f.definition::jsonb INTO chosen, definition FROM flows f WHERE f.id = 'task:' || task
    ORDER BY version_order(f.version) COLLATE "C" DESC, f.version COLLATE "C" DESC LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'No handler registered for task: %', task
            USING ERRCODE = 'SK003', HINT = COALESCE((
                SELECT 'There are ' || string_agg(DISTINCT substr(f.id, 6), ', ') FROM (SELECT id FROM flows WHERE flows.id LIKE 'task:%' ORDER BY id LIMIT 10) f),
                'Start a service that has a handler for it: it registers the task.');
    END IF;
    retry := definition #> '{steps,run,retry}';
    IF options -> 'maxRetries' IS NOT NULL OR options -> 'retryIntervalMs' IS NOT NULL THEN
        terms := jsonb_build_object('retry', jsonb_build_object(
            'maxAttempts', COALESCE(GREATEST(0, (options ->> 'maxRetries')::integer - 1), (retry ->> 'maxAttempts')::integer, 2),
            'backoffUs', COALESCE((options ->> 'retryIntervalMs')::bigint, (retry ->> 'backoffMs')::bigint, 0) * 1000));
    END IF;
    terms := terms || jsonb_strip_nulls(jsonb_build_object(
        'timeoutUs', (options ->> 'timeoutMs')::bigint * 1000, 'heartbeatUs', (options ->> 'heartbeatTimeoutMs')::bigint * 1000));
    RETURN insert_execution(
        'task:' || task, NULL, jsonb_build_object('payload', COALESCE(payload, 'null')), options, definition, chosen, terms,
        COALESCE((options ->> 'priority')::smallint, (definition #>> '{metadata,priority}')::smallint, 0::smallint));
END
$$;
COMMENT ON FUNCTION @SCHEMA@.enqueue IS 'Enqueues a task in the caller''s transaction: a rollback leaves nothing of it, a commit runs it. Options: idempotencyKey, idempotencyTtlMs, onMismatch, tag, priority, delayMs, runAt, timeoutMs, heartbeatTimeoutMs, maxRetries, retryIntervalMs, tenantId, metadata, actor, reason, requestId. Errors as those of start.';

-- Leaves a request about an execution that lives, as far as the caller's transaction sees.
CREATE FUNCTION @SCHEMA@.ask(which smallint, id uuid, its_name text, payload jsonb, reason text, options jsonb) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM FROM @SCHEMA@.ready r WHERE r.execution_id = id;
    IF NOT FOUND THEN
        PERFORM FROM @SCHEMA@.executions e WHERE e.id = $2;
        IF FOUND THEN
            RAISE EXCEPTION 'the execution % has ended', id USING ERRCODE = 'SK006', HINT = 'Nothing can be sent to it, and there is nothing to cancel.';
        END IF;
        RAISE EXCEPTION 'there is no execution %', id USING ERRCODE = 'SK003', HINT = 'Use the id that skein.start or skein.enqueue returned.';
    END IF;
    INSERT INTO @SCHEMA@.requests (kind, execution_id, op_id, name, payload, reason, actor, request_id)
    VALUES (which, id,
        CASE WHEN options ->> 'idempotencyKey' IS NULL THEN gen_random_uuid()
            ELSE md5(format('%s %s %s', which, id, options ->> 'idempotencyKey'))::uuid END,
        its_name, convert_to(payload::text, 'UTF8'), reason, COALESCE(options ->> 'actor', session_user), options ->> 'requestId');
    PERFORM @SCHEMA@.ring();
END
$$;

CREATE FUNCTION @SCHEMA@.signal(id uuid, name text, payload jsonb DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = @SCHEMA@, pg_temp
AS $$
BEGIN
    options := COALESCE(options, '{}');
    IF jsonb_typeof(options) <> 'object' THEN PERFORM refuse_options('{options: must be an object}'); END IF;
    PERFORM refuse_options(option_problems(options, ARRAY['actor', 'idempotencyKey', 'requestId'])
        || CASE WHEN COALESCE(octet_length(name), 0) NOT BETWEEN 1 AND 200 THEN ARRAY['name: must have 1 to 200 bytes'] ELSE '{}' END
        || CASE WHEN octet_length(payload::text) > 1048576 THEN ARRAY['payload: must have at most 1 MiB'] ELSE '{}' END);
    PERFORM ask(2::smallint, id, name, payload, NULL, options);
END
$$;
COMMENT ON FUNCTION @SCHEMA@.signal IS 'Sends a signal to an execution when the caller''s transaction commits. Options: idempotencyKey (the same signal twice counts once), actor, requestId. Errors: 22023, SK003 no such execution, SK006 it has ended.';

CREATE FUNCTION @SCHEMA@.cancel(id uuid, reason text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = @SCHEMA@, pg_temp
AS $$
BEGIN
    options := COALESCE(options, '{}');
    IF jsonb_typeof(options) <> 'object' THEN PERFORM refuse_options('{options: must be an object}'); END IF;
    PERFORM refuse_options(option_problems(options, ARRAY['actor', 'idempotencyKey', 'requestId'])
        || CASE WHEN octet_length(reason) > 2000 THEN ARRAY['reason: must have at most 2,000 bytes'] ELSE '{}' END);
    PERFORM ask(1::smallint, id, NULL, NULL, reason, options);
END
$$;
COMMENT ON FUNCTION @SCHEMA@.cancel IS 'Cancels an execution when the caller''s transaction commits, its children with it. Options: idempotencyKey, actor, requestId. Errors: 22023, SK003 no such execution, SK006 it has ended.';

-- Limits that all instances share. Who waits for one is in its queue; `admit` lets in as many as may be, and wakes them as a signal would.
-- A permit counts while its execution lives (and, of an attempt, while the claim is the one it is held by): nothing has to be given back.
-- Locks: the limit's own row first, then rows of ready, which are passed over when somebody has them.

CREATE TABLE @SCHEMA@.limits (
    name text COLLATE "C" PRIMARY KEY,
    concurrency integer CHECK (concurrency > 0),
    rate_count integer CHECK (rate_count > 0),
    rate_us bigint CHECK (rate_us > 0),
    closed_until timestamptz,
    closed_reason text,
    closed_by text,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 70);
COMMENT ON TABLE @SCHEMA@.limits IS 'flow:<id>[:<key>] executions in progress, rate:<id>[:<key>] executions that begin, handler:<type> attempts that run.';
CREATE INDEX limits_closed ON @SCHEMA@.limits (name) WHERE closed_until IS NOT NULL;

CREATE TABLE @SCHEMA@.permits (
    name text COLLATE "C" NOT NULL,
    execution_id uuid NOT NULL,
    place text COLLATE "C" NOT NULL,
    claim_id uuid,
    granted_at timestamptz NOT NULL,
    PRIMARY KEY (name, execution_id, place)
);
COMMENT ON COLUMN @SCHEMA@.permits.place IS 'Empty: the execution''s, until it ends. Else the step whose attempt has it.';
COMMENT ON COLUMN @SCHEMA@.permits.claim_id IS 'Of an attempt: whose claim it counts under. NULL: it has been kept for the next owner since granted_at.';

CREATE TABLE @SCHEMA@.limit_queue (
    name text COLLATE "C" NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    priority smallint NOT NULL,
    since timestamptz NOT NULL,
    execution_id uuid NOT NULL,
    place text COLLATE "C" NOT NULL,
    PRIMARY KEY (execution_id, name, place)
);
CREATE INDEX limit_queue_order ON @SCHEMA@.limit_queue (name, tenant, priority DESC, since, execution_id);

CREATE TABLE @SCHEMA@.limit_admissions (
    name text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX limit_admissions_order ON @SCHEMA@.limit_admissions (name, at);
COMMENT ON TABLE @SCHEMA@.limit_admissions IS 'Beginnings under a rate, as far back as the rate looks.';

CREATE TABLE @SCHEMA@.limit_turns (
    name text COLLATE "C" NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    turn bigint NOT NULL,
    PRIMARY KEY (name, tenant)
);
COMMENT ON TABLE @SCHEMA@.limit_turns IS 'When each tenant was last let in: the one whose turn is longest ago is next.';
CREATE SEQUENCE @SCHEMA@.limit_turn;
CREATE SEQUENCE @SCHEMA@.limit_closings;

-- Where more is due than can be taken: each tenant's oldest.
CREATE INDEX ready_tenant ON @SCHEMA@.ready (tenant, next_at) WHERE tenant <> '';

-- Lets in who may be let in. `me` is awake and needs no waking.
CREATE FUNCTION @SCHEMA@.admit(which text, me uuid, now timestamptz, OUT woken uuid[], OUT next_at timestamptz)
LANGUAGE plpgsql
AS $$
DECLARE
    most CONSTANT integer := 300;
    moment timestamptz := COALESCE(now, clock_timestamp());
    l @SCHEMA@.limits;
    free integer;
    used integer;
    oldest timestamptz;
    granted integer;
BEGIN
    woken := '{}';
    SELECT * INTO l FROM @SCHEMA@.limits x WHERE x.name = which FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        -- Somebody is at it, and may have looked a moment too early.
        IF EXISTS (SELECT FROM @SCHEMA@.limits x WHERE x.name = which) THEN next_at := moment + INTERVAL '20 milliseconds'; END IF;
        RETURN;
    END IF;
    IF l.closed_until > moment THEN
        next_at := NULLIF(l.closed_until, 'infinity');
        RETURN;
    END IF;
    DELETE FROM @SCHEMA@.permits p
    WHERE p.name = which AND NOT EXISTS (
        SELECT FROM @SCHEMA@.ready r
        WHERE r.execution_id = p.execution_id
            AND (p.place = '' OR r.claim_id = p.claim_id
                OR (p.claim_id IS NULL AND p.granted_at > moment - INTERVAL '60 seconds' AND (r.claim_id IS NOT NULL OR r.next_at <= moment))));
    DELETE FROM @SCHEMA@.limit_queue q
    WHERE q.name = which
        AND q.execution_id IN (
            SELECT o.execution_id FROM @SCHEMA@.limit_queue o WHERE o.name = which
            ORDER BY o.tenant, o.priority DESC, o.since, o.execution_id LIMIT 100)
        AND NOT EXISTS (SELECT FROM @SCHEMA@.ready r WHERE r.execution_id = q.execution_id);
    IF l.concurrency IS NOT NULL THEN
        free := l.concurrency - (SELECT count(*) FROM @SCHEMA@.permits p WHERE p.name = which);
    END IF;
    IF l.rate_count IS NOT NULL THEN
        DELETE FROM @SCHEMA@.limit_admissions a WHERE a.name = which AND a.at <= moment - l.rate_us * INTERVAL '1 microsecond';
        SELECT count(*), min(a.at) INTO used, oldest FROM @SCHEMA@.limit_admissions a WHERE a.name = which;
        free := LEAST(free, l.rate_count - used);
    END IF;
    free := LEAST(free, most);
    WITH RECURSIVE tenant(name) AS (
        (SELECT q.tenant FROM @SCHEMA@.limit_queue q WHERE q.name = which ORDER BY q.tenant LIMIT 1)
        UNION ALL
        SELECT (SELECT q.tenant FROM @SCHEMA@.limit_queue q WHERE q.name = which AND q.tenant > tenant.name ORDER BY q.tenant LIMIT 1)
        FROM tenant WHERE tenant.name IS NOT NULL
    ),
    head AS MATERIALIZED (
        SELECT h.*, t.turn, row_number() OVER (PARTITION BY h.tenant ORDER BY h.priority DESC, h.since, h.execution_id) AS place_in_line
        FROM tenant LEFT JOIN @SCHEMA@.limit_turns t ON t.name = which AND t.tenant = tenant.name
        CROSS JOIN LATERAL (
            SELECT q.tenant, q.priority, q.since, q.execution_id, q.place
            FROM @SCHEMA@.limit_queue q JOIN @SCHEMA@.ready r ON r.execution_id = q.execution_id
            WHERE free > 0 AND q.name = which AND q.tenant = tenant.name AND NOT r.paused
                AND NOT EXISTS (SELECT FROM @SCHEMA@.permits p
                    WHERE p.name = which AND p.execution_id = q.execution_id AND p.place = q.place)
            ORDER BY q.priority DESC, q.since, q.execution_id
            LIMIT GREATEST(free, 0) FOR NO KEY UPDATE OF r SKIP LOCKED) h
        WHERE tenant.name IS NOT NULL
    ),
    next_in_line AS MATERIALIZED (
        SELECT head.tenant, head.execution_id, head.place FROM head
        ORDER BY head.place_in_line, head.turn NULLS FIRST, head.since LIMIT GREATEST(free, 0)
    ),
    -- Those that were let in before, and were held up by a closing since.
    come_back AS MATERIALIZED (
        SELECT q.tenant, q.execution_id, q.place
        FROM @SCHEMA@.permits p JOIN @SCHEMA@.limit_queue q ON q.name = which AND q.execution_id = p.execution_id AND q.place = p.place
            JOIN @SCHEMA@.ready r ON r.execution_id = p.execution_id
        WHERE p.name = which AND NOT r.paused LIMIT most FOR NO KEY UPDATE OF r SKIP LOCKED
    ),
    chosen AS MATERIALIZED (
        SELECT n.tenant, n.execution_id, n.place, true AS is_new FROM next_in_line n
        UNION ALL SELECT c.tenant, c.execution_id, c.place, false FROM come_back c
    ),
    left_queue AS (
        DELETE FROM @SCHEMA@.limit_queue q USING chosen c
        WHERE q.execution_id = c.execution_id AND q.name = which AND q.place = c.place
    ),
    permit AS (
        INSERT INTO @SCHEMA@.permits (name, execution_id, place, granted_at)
        SELECT which, c.execution_id, c.place, moment FROM chosen c
        WHERE c.is_new AND (l.concurrency IS NOT NULL OR l.rate_count IS NOT NULL)
        ON CONFLICT DO NOTHING
    ),
    admission AS (
        INSERT INTO @SCHEMA@.limit_admissions (name, at)
        SELECT which, moment FROM chosen c WHERE c.is_new AND l.rate_count IS NOT NULL
    ),
    turns AS (
        INSERT INTO @SCHEMA@.limit_turns (name, tenant, turn)
        SELECT which, c.tenant, nextval('@SCHEMA@.limit_turn') FROM (SELECT DISTINCT chosen.tenant FROM chosen) c
        ON CONFLICT (name, tenant) DO UPDATE SET turn = EXCLUDED.turn
    ),
    wakes AS (
        UPDATE @SCHEMA@.ready r
        SET wake_gen = r.wake_gen + 1,
            next_at = CASE WHEN r.claim_id IS NULL AND NOT r.paused THEN LEAST(r.next_at, moment) ELSE r.next_at END
        FROM (SELECT DISTINCT chosen.execution_id FROM chosen) c
        WHERE r.execution_id = c.execution_id AND r.execution_id IS DISTINCT FROM me
        RETURNING r.execution_id
    )
    SELECT count(*), COALESCE((SELECT array_agg(wakes.execution_id) FROM wakes), '{}') INTO granted, woken FROM chosen;
    IF NOT EXISTS (
        SELECT FROM @SCHEMA@.limit_queue q JOIN @SCHEMA@.ready r ON r.execution_id = q.execution_id WHERE q.name = which AND NOT r.paused)
    THEN
        RETURN;
    END IF;
    IF granted >= most THEN
        next_at := moment;
    ELSIF free > 0 AND granted < free THEN
        -- Somebody had the rest locked in this moment.
        next_at := moment + INTERVAL '50 milliseconds';
    ELSIF l.rate_count IS NOT NULL AND used + granted >= l.rate_count THEN
        next_at := COALESCE(oldest, moment) + l.rate_us * INTERVAL '1 microsecond';
    END IF;
    -- Whoever was let in may not want it any more.
    SELECT LEAST(next_at, min(p.granted_at) + INTERVAL '60 seconds') INTO next_at FROM @SCHEMA@.permits p
    WHERE p.name = which AND p.place <> '' AND p.claim_id IS NULL;
END
$$;
COMMENT ON FUNCTION @SCHEMA@.admit IS 'Lets executions in the queue of a limit go on, as many as it allows: tenants in turn, of each the highest priority and then the oldest first.';

-- Outcomes: 1 granted, 2 in the queue, 3 the caller does not hold the execution.
CREATE FUNCTION @SCHEMA@.acquire_permit(
    id uuid, claim uuid, which text, step text, bound integer, per_count integer, per_us bigint, of_tenant text, urgency smallint,
    waits_since timestamptz, now timestamptz, OUT outcome smallint, OUT woken uuid[], OUT next_at timestamptz)
LANGUAGE plpgsql
AS $$
DECLARE
    moment timestamptz := COALESCE(now, clock_timestamp());
    shut timestamptz;
BEGIN
    woken := '{}';
    INSERT INTO @SCHEMA@.limits AS x (name, concurrency, rate_count, rate_us, updated_at)
    VALUES (which, bound, per_count, per_us, moment)
    ON CONFLICT (name) DO UPDATE
    SET concurrency = EXCLUDED.concurrency, rate_count = EXCLUDED.rate_count, rate_us = EXCLUDED.rate_us, updated_at = EXCLUDED.updated_at
    WHERE (x.concurrency, x.rate_count, x.rate_us) IS DISTINCT FROM (EXCLUDED.concurrency, EXCLUDED.rate_count, EXCLUDED.rate_us)
        AND (EXCLUDED.concurrency IS NOT NULL OR EXCLUDED.rate_count IS NOT NULL);
    SELECT x.closed_until INTO shut FROM @SCHEMA@.limits x WHERE x.name = which FOR UPDATE;
    PERFORM FROM @SCHEMA@.ready r WHERE r.execution_id = id AND r.claim_id = claim;
    IF NOT FOUND THEN
        outcome := 3;
        RETURN;
    END IF;
    IF shut IS NULL OR shut <= moment THEN
        UPDATE @SCHEMA@.permits p SET claim_id = claim WHERE p.name = which AND p.execution_id = id AND p.place = step;
        IF FOUND THEN
            DELETE FROM @SCHEMA@.limit_queue q WHERE q.execution_id = id AND q.name = which AND q.place = step;
            outcome := 1;
            RETURN;
        END IF;
    END IF;
    INSERT INTO @SCHEMA@.limit_queue (name, tenant, priority, since, execution_id, place)
    VALUES (which, of_tenant, urgency, waits_since, id, step) ON CONFLICT DO NOTHING;
    SELECT a.woken, a.next_at INTO woken, next_at FROM @SCHEMA@.admit(which, id, now) a;
    IF EXISTS (SELECT FROM @SCHEMA@.limit_queue q WHERE q.execution_id = id AND q.name = which AND q.place = step) THEN
        outcome := 2;
    ELSE
        UPDATE @SCHEMA@.permits p SET claim_id = claim WHERE p.name = which AND p.execution_id = id AND p.place = step;
        outcome := 1;
    END IF;
END
$$;

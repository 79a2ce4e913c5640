-- Resume tokens. A redemption uses the token up and puts its data into the execution's inbox in one transaction. The order of locks is that
-- of every other statement: the row in ready first, then tokens and inbox.

CREATE TABLE @SCHEMA@.tokens (
    id uuid PRIMARY KEY,
    execution_id uuid NOT NULL,
    step_id text COLLATE "C" NOT NULL,
    visit integer NOT NULL,
    key text COLLATE "C",
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    state smallint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by uuid,
    metadata jsonb NOT NULL DEFAULT '{}'
) WITH (fillfactor = 80);
COMMENT ON TABLE @SCHEMA@.tokens IS 'Keys that each end one wait once; forgotten a week after they expired.';
COMMENT ON COLUMN @SCHEMA@.tokens.visit IS 'Which visit of the step: no two visits of an execution have the same number.';
COMMENT ON COLUMN @SCHEMA@.tokens.key IS 'Of code that waits several times, which of its waits; NULL: whichever it is at.';
COMMENT ON COLUMN @SCHEMA@.tokens.hash IS 'SHA-256 of the secret, which is kept nowhere.';
COMMENT ON COLUMN @SCHEMA@.tokens.state IS '1 active, 2 used, 3 revoked. An active token ends nothing once it has expired or its execution has ended.';
COMMENT ON COLUMN @SCHEMA@.tokens.closed_by IS 'The operation that used it: a repeated request is recognised.';
CREATE INDEX tokens_execution ON @SCHEMA@.tokens (execution_id, id);
CREATE INDEX tokens_expiry ON @SCHEMA@.tokens (expires_at);

COMMENT ON COLUMN @SCHEMA@.inbox.kind IS '1 signal, 2 resume, 3 the use of a token, 4 a note for the log';

-- Puts something into the inbox of an execution that lives and wakes it. Returns its number; NULL: it was there, or nobody lives.
CREATE FUNCTION @SCHEMA@.post(id uuid, op uuid, kind smallint, name text, payload bytea, now timestamptz) RETURNS bigint
LANGUAGE sql
AS $$
    WITH r AS (
        UPDATE @SCHEMA@.ready SET wake_gen = wake_gen + 1,
            next_at = CASE WHEN claim_id IS NULL AND NOT paused THEN LEAST(next_at, COALESCE($6, clock_timestamp())) ELSE next_at END
        WHERE execution_id = $1 AND NOT EXISTS (SELECT FROM @SCHEMA@.inbox i WHERE i.execution_id = $1 AND i.op_id = $2)
        RETURNING execution_id, wake_gen
    )
    INSERT INTO @SCHEMA@.inbox (execution_id, gen, op_id, kind, name, payload, at)
    SELECT execution_id, wake_gen, $2, $3, $4, $5, COALESCE($6, clock_timestamp()) FROM r
    ON CONFLICT (op_id, execution_id) DO NOTHING
    RETURNING gen;
$$;
COMMENT ON FUNCTION @SCHEMA@.post IS 'Puts something into the inbox of an execution and wakes it.';

-- Keeps a token; with note_op its execution is told. False: the execution has ended or never was.
CREATE FUNCTION @SCHEMA@.create_token(
    token_id uuid, execution uuid, step text, step_visit integer, wait_key text, token_hash bytea, created timestamptz, expires timestamptz,
    data jsonb, note_op uuid, note bytea, now timestamptz) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM FROM @SCHEMA@.tokens t WHERE t.id = token_id;
    IF FOUND THEN
        RETURN true;
    END IF;
    IF note_op IS NOT NULL THEN
        PERFORM @SCHEMA@.post(execution, note_op, 4::smallint, 'token', note, now);
    END IF;
    PERFORM FROM @SCHEMA@.ready r WHERE r.execution_id = execution;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO @SCHEMA@.tokens (id, execution_id, step_id, visit, key, hash, created_at, expires_at, metadata)
    VALUES (token_id, execution, step, step_visit, wait_key, token_hash, created, expires, data)
    ON CONFLICT (id) DO NOTHING;
    RETURN true;
END
$$;
COMMENT ON FUNCTION @SCHEMA@.create_token IS 'Keeps a resume token.';

-- Uses a token up. No row: unknown. Outcome 1 accepted, 2 used, 3 revoked or its execution has ended, 4 expired.
CREATE FUNCTION @SCHEMA@.redeem_token(token_hash bytea, op uuid, payload bytea, now timestamptz) RETURNS TABLE (outcome smallint, token_id uuid)
LANGUAGE plpgsql
AS $$
DECLARE
    t @SCHEMA@.tokens%ROWTYPE;
    lives boolean;
    moment timestamptz;
BEGIN
    SELECT * INTO t FROM @SCHEMA@.tokens k WHERE k.hash = token_hash;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM FROM @SCHEMA@.ready r WHERE r.execution_id = t.execution_id FOR UPDATE;
    lives := FOUND;
    SELECT * INTO t FROM @SCHEMA@.tokens k WHERE k.hash = token_hash FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    moment := COALESCE(now, clock_timestamp());
    token_id := t.id;
    outcome := CASE
        WHEN t.state = 2 AND t.closed_by = op THEN 1
        WHEN t.state = 2 THEN 2
        WHEN t.state = 3 OR NOT lives THEN 3
        WHEN t.expires_at <= moment THEN 4
    END;
    IF outcome IS NULL THEN
        UPDATE @SCHEMA@.tokens k SET state = 2, closed_at = moment, closed_by = op WHERE k.id = t.id;
        PERFORM @SCHEMA@.post(
            t.execution_id, t.id, 3::smallint, t.id || ' ' || t.visit || '/' || t.step_id || COALESCE('/' || t.key, ''), payload, now);
        outcome := 1;
    END IF;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION @SCHEMA@.redeem_token IS 'Uses a resume token up and puts its data into the execution''s inbox.';

-- Makes a token useless and tells its execution. NULL: unknown. 2 it was used, 3 it is revoked.
CREATE FUNCTION @SCHEMA@.revoke_token(token_id uuid, op uuid, note bytea, now timestamptz) RETURNS smallint
LANGUAGE plpgsql
AS $$
DECLARE
    execution uuid;
    now_state smallint;
BEGIN
    SELECT k.execution_id INTO execution FROM @SCHEMA@.tokens k WHERE k.id = token_id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM FROM @SCHEMA@.ready r WHERE r.execution_id = execution FOR UPDATE;
    SELECT k.state INTO now_state FROM @SCHEMA@.tokens k WHERE k.id = token_id FOR UPDATE;
    IF now_state = 1 THEN
        UPDATE @SCHEMA@.tokens k SET state = 3, closed_at = COALESCE(now, clock_timestamp()) WHERE k.id = token_id;
        PERFORM @SCHEMA@.post(execution, op, 4::smallint, 'token', note, now);
        RETURN 3;
    END IF;
    RETURN now_state;
END
$$;
COMMENT ON FUNCTION @SCHEMA@.revoke_token IS 'Makes a resume token useless.';

-- What was recorded stays as it was: rows of the log are only ever appended, and each has a hash over itself and the hash of the row
-- before it, so that whoever goes around the rules is found out.

ALTER TABLE @SCHEMA@.log ADD COLUMN hash bytea;
COMMENT ON COLUMN @SCHEMA@.log.hash IS 'SHA-256 over the row and the hash of the row before it, see row_hash; NULL: written by a version that made none.';
COMMENT ON COLUMN @SCHEMA@.log.at IS 'The writer''s clock, as the body has it.';

CREATE FUNCTION @SCHEMA@.row_hash(before bytea, execution_id uuid, seq bigint, n smallint, kind smallint, op_id uuid, body bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sha256(
    '\x736b65696e2e6c6f672e31'::bytea || COALESCE(before, '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea)
    || uuid_send(execution_id) || int8send(seq) || int2send(n) || int2send(kind) || uuid_send(op_id) || body);
COMMENT ON FUNCTION @SCHEMA@.row_hash IS 'The hash of a row of the log behind a row with the hash `before` (NULL: none).';

-- Deletions are for the functions of retention alone, which set this for themselves.
CREATE FUNCTION @SCHEMA@.refuse_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP <> 'UPDATE' AND current_setting('skein.retention', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed, and leave only by retention', TG_TABLE_NAME
        USING ERRCODE = 'SK005', HINT = 'See `skein prune`.';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON @SCHEMA@.log FOR EACH ROW EXECUTE FUNCTION @SCHEMA@.refuse_change();
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON @SCHEMA@.log FOR EACH STATEMENT EXECUTE FUNCTION @SCHEMA@.refuse_change();
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = '@SCHEMA@.log'::regclass LOOP
        EXECUTE format(
            'CREATE TRIGGER never_truncated BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION @SCHEMA@.refuse_change()', part);
    END LOOP;
END
$$;

-- What people did that is in no execution's log.
CREATE TABLE @SCHEMA@.audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    action text NOT NULL,
    target text NOT NULL,
    tenant text COLLATE "C" NOT NULL DEFAULT '',
    actor text,
    reason text,
    request_id text,
    details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_target ON @SCHEMA@.audit (target, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON @SCHEMA@.audit FOR EACH STATEMENT EXECUTE FUNCTION @SCHEMA@.refuse_change();
COMMENT ON TABLE @SCHEMA@.audit IS 'Who did what to flows, schedules, limits and stored executions: appended in the transaction that did it. What was done to one execution is in its log.';
COMMENT ON COLUMN @SCHEMA@.audit.action IS 'flow.register, schedule.create, schedule.update, schedule.delete, limit.close, limit.open, retention.prune, ...';
COMMENT ON COLUMN @SCHEMA@.audit.target IS 'What it was done to: a flow''s id and version, a schedule''s id, a limit''s name.';
COMMENT ON COLUMN @SCHEMA@.audit.actor IS 'Who, as the caller said; of SQL the session''s user.';
COMMENT ON COLUMN @SCHEMA@.audit.request_id IS 'The id of the request, which the caller was told.';

ALTER TABLE @SCHEMA@.inbox ADD COLUMN actor text, ADD COLUMN request_id text;
COMMENT ON COLUMN @SCHEMA@.inbox.actor IS 'Who sent it, as the caller said.';

-- Rows that do not fit: of each execution in ids, what is wrong and where first.
CREATE FUNCTION @SCHEMA@.verify_logs(ids uuid[]) RETURNS TABLE (execution_id uuid, seq bigint, problem text)
LANGUAGE sql STABLE
AS $$
    WITH x AS MATERIALIZED (SELECT u.id FROM unnest(ids) u(id)),
    l AS (
        SELECT l.execution_id, l.seq, l.n, l.kind, l.op_id, l.at, l.body, l.hash,
            lag(l.seq + l.n) OVER w AS expected, lag(l.hash) OVER w AS before,
            bool_or(l.hash IS NOT NULL) OVER (PARTITION BY l.execution_id ORDER BY l.seq ROWS UNBOUNDED PRECEDING) AS is_hashed
        FROM x JOIN @SCHEMA@.log l ON l.execution_id = x.id
        WINDOW w AS (PARTITION BY l.execution_id ORDER BY l.seq)
    ),
    rows_ AS (
        SELECT l.execution_id, l.seq, CASE
            WHEN l.seq <> COALESCE(l.expected, 1) THEN format('a row is missing: position %s follows, %s was to come', l.seq, COALESCE(l.expected, 1))
            WHEN l.hash IS NULL AND l.is_hashed THEN 'its hash is gone'
            WHEN l.hash IS DISTINCT FROM @SCHEMA@.row_hash(l.before, l.execution_id, l.seq, l.n, l.kind, l.op_id, l.body) AND l.hash IS NOT NULL
                THEN 'the hash does not fit: the row was changed, or its hash, or that of the row before'
            WHEN l.hash IS NOT NULL AND l.at <> @SCHEMA@.from_microseconds((@SCHEMA@.body_json(l.body) ->> 'at')::bigint) THEN 'its time was changed'
            END AS problem
        FROM l
    ),
    ends AS (
        SELECT x.id AS execution_id, COALESCE(t.seq + t.n, 1) AS seq, CASE
            WHEN e.id IS NULL AND t.seq IS NOT NULL THEN 'it has a log and is not among the executions'
            WHEN e.id IS NULL THEN NULL
            WHEN t.seq IS NULL THEN 'it has no log'
            WHEN e.seq >= t.seq + t.n THEN format('rows are missing at the end: there were events up to %s', e.seq)
            WHEN e.ended_at IS NOT NULL AND t.kind NOT IN (4, 6) THEN 'rows are missing at the end: it has ended'
            WHEN e.ended_at IS NULL AND t.kind = 4 THEN 'it has ended, and its row says otherwise'
            END AS problem
        FROM x LEFT JOIN @SCHEMA@.executions e ON e.id = x.id
            LEFT JOIN LATERAL (SELECT l.seq, l.n, l.kind FROM @SCHEMA@.log l WHERE l.execution_id = x.id ORDER BY l.seq DESC LIMIT 1) t ON true
    )
    SELECT p.execution_id, p.seq, p.problem
    FROM (SELECT * FROM rows_ UNION ALL SELECT * FROM ends) p
    WHERE p.problem IS NOT NULL
    ORDER BY p.execution_id, p.seq;
$$;
COMMENT ON FUNCTION @SCHEMA@.verify_logs IS 'What does not fit in the logs of these executions; no row: all does.';

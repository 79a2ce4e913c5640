// Creation under idempotency keys: first the keys, then, with a snapshot of its own, the executions that got theirs.

import PostgresClient

enum CreationQueries {
    /// $1 tenants, $2 flows, $3 keys, $4 ids, $5 fingerprints, $6 lifetimes in microseconds, $7 time
    static let keys = PostgresStatement(
        "create_keys",
        """
        INSERT INTO idempotency_keys (tenant, flow, key, execution_id, fingerprint, expires_at)
        SELECT DISTINCT ON (u.tenant, u.flow, u.key) u.tenant, u.flow, u.key, u.id, u.fingerprint,
            COALESCE($7::timestamptz, statement_timestamp()) + u.ttl * INTERVAL '1 microsecond'
        FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::bytea[], $6::bigint[])
            u(tenant, flow, key, id, fingerprint, ttl)
        ORDER BY u.tenant, u.flow, u.key, u.id
        ON CONFLICT DO NOTHING
        """)

    /// $1 ids, $2 tenants, $3 flows, $4 keys, $5 versions, $6 tags, $7 parents, $8 roots, $9 priorities, $10 creation
    /// times, $11 ready times, $12 needs, $13 owners, $14 claims, $15 leases in microseconds, $16 operations, $17
    /// bodies, $18 counts, $19 time, $20 times of the rows, $21 hashes
    static let keyed = PostgresStatement(
        "create_keyed",
        """
        WITH u AS MATERIALIZED (
            SELECT * FROM unnest(
                $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::uuid[], $9::smallint[],
                $10::timestamptz[], $11::timestamptz[], $12::text[], $13::uuid[], $14::uuid[], $15::bigint[], $16::uuid[], $17::bytea[],
                $18::smallint[], $20::timestamptz[], $21::bytea[])
                u(id, tenant, flow, key, version, tag, parent, root, priority, created_at, ready_at, needs, owner, claim, lease, op,
                body, n, at, hash)
        ),
        k AS MATERIALIZED (
            SELECT u.*, k.execution_id AS holder, k.fingerprint, k.expires_at,
                k.expires_at <= COALESCE($19::timestamptz, statement_timestamp()) AS expired
            FROM u LEFT JOIN idempotency_keys k ON k.tenant = u.tenant AND k.flow = u.flow AND k.key = u.key
        ),
        l AS (
            INSERT INTO log (execution_id, seq, n, kind, op_id, body, at, hash)
            SELECT id, 1, n, 1, op, body, at, hash FROM k WHERE holder = id ORDER BY id
            ON CONFLICT (execution_id, seq) DO NOTHING
            RETURNING execution_id
        ),
        r AS (
            INSERT INTO ready (execution_id, next_at, priority, needs, tenant, flow, owner, claim_id)
            SELECT k.id,
                CASE WHEN k.claim IS NULL THEN k.ready_at
                    ELSE COALESCE($19::timestamptz, clock_timestamp()) + k.lease * INTERVAL '1 microsecond' END,
                k.priority, k.needs, k.tenant, k.flow, k.owner, k.claim
            FROM l JOIN k ON k.id = l.execution_id
        ),
        e AS (
            INSERT INTO executions (id, tenant, flow, flow_version, tag, parent_id, root_id, priority, created_at)
            SELECT k.id, k.tenant, k.flow, k.version, k.tag, k.parent, k.root, k.priority, k.created_at
            FROM l JOIN k ON k.id = l.execution_id
        )
        SELECT id, holder, fingerprint, expires_at, expired FROM k
        """)

    /// $1 tenants, $2 flows, $3 keys, $4 time
    static let dropExpired = PostgresStatement(
        "drop_expired_keys",
        """
        DELETE FROM idempotency_keys k
        WHERE (k.tenant, k.flow, k.key) IN (
                SELECT d.tenant, d.flow, d.key
                FROM unnest($1::text[], $2::text[], $3::text[]) u(tenant, flow, key)
                    JOIN idempotency_keys d ON d.tenant = u.tenant AND d.flow = u.flow AND d.key = u.key
                ORDER BY d.tenant, d.flow, d.key FOR UPDATE OF d)
            AND k.expires_at <= COALESCE($4::timestamptz, statement_timestamp())
        """)
}

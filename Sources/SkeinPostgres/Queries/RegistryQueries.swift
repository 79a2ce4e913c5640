// Workers and chores.

import PostgresClient

enum RegistryQueries {
    /// Other lives of the same place; a worker that is dead itself supersedes nobody. $1 worker, $2 pod
    static let supersede = PostgresStatement(
        "supersede_workers",
        """
        UPDATE workers SET live = false
        WHERE pod_id = $2 AND live AND worker_id <> $1 AND NOT EXISTS (SELECT FROM workers w WHERE w.worker_id = $1 AND NOT w.live)
        RETURNING worker_id
        """)

    /// A repeated registration changes the handlers and never revives. $1 worker, $2 pod, $3 handlers, $4 time
    static let register = PostgresStatement(
        "register_worker",
        """
        INSERT INTO workers AS w (worker_id, pod_id, handlers, started_at, heartbeat_at)
        VALUES ($1, $2, $3, COALESCE($4::timestamptz, clock_timestamp()), COALESCE($4::timestamptz, clock_timestamp()))
        ON CONFLICT (worker_id) DO UPDATE SET handlers = EXCLUDED.handlers, heartbeat_at = EXCLUDED.heartbeat_at WHERE w.live
        """)

    /// $1 worker, $2 time
    static let heartbeat = PostgresStatement(
        "heartbeat",
        """
        UPDATE workers SET heartbeat_at = COALESCE($2::timestamptz, clock_timestamp()) WHERE worker_id = $1 AND live
        RETURNING (SELECT last_value + is_called::integer FROM limit_closings)
        """)

    /// $1 silence in microseconds, $2 time
    static let reap = PostgresStatement(
        "reap_workers",
        """
        UPDATE workers SET live = false
        WHERE worker_id IN (
            SELECT worker_id FROM workers
            WHERE live AND heartbeat_at < COALESCE($2::timestamptz, clock_timestamp()) - $1::bigint * INTERVAL '1 microsecond'
            FOR UPDATE SKIP LOCKED)
        RETURNING worker_id
        """)

    /// $1 worker
    static let unregister = PostgresStatement(
        "unregister_worker", "UPDATE workers SET live = false WHERE worker_id = $1 AND live")

    static let workers = PostgresStatement(
        "workers", "SELECT worker_id, pod_id, handlers, started_at, heartbeat_at, live FROM workers ORDER BY worker_id")

    /// True for one instance at a time, until the end of the transaction.
    static let tryMaintenance = PostgresStatement(
        "try_maintenance",
        "SELECT pg_try_advisory_xact_lock(hashtextextended('skein maintenance of ' || current_schema(), 0))")

    /// $1 time
    static let dropExpiredKeys = PostgresStatement(
        "drop_all_expired_keys",
        """
        DELETE FROM idempotency_keys k
        WHERE (k.tenant, k.flow, k.key) IN (
            SELECT tenant, flow, key FROM idempotency_keys
            WHERE expires_at <= COALESCE($1::timestamptz, statement_timestamp())
            ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED)
        """)

    /// $1 time
    static let dropOldFences = PostgresStatement(
        "drop_old_fences",
        "DELETE FROM fences WHERE expires_at <= COALESCE($1::timestamptz, statement_timestamp()) - INTERVAL '1 day'")

    /// $1 time
    static let dropOldWorkers = PostgresStatement(
        "drop_old_workers",
        """
        DELETE FROM workers
        WHERE NOT live AND heartbeat_at <= COALESCE($1::timestamptz, statement_timestamp()) - INTERVAL '1 day'
        """)

    static let ensurePartitions = PostgresStatement("ensure_partitions", "SELECT ensure_partitions(2)")
}

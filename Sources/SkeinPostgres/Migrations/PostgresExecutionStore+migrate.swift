import Logging
import PostgresClient
import Skein

extension PostgresExecutionStore {
    public func migrate() async throws -> [String] {
        try await migrate(Migration.all)
    }

    /// Applies what is missing, each script in a transaction, under a lock that makes instances take turns.
    func migrate(_ migrations: [Migration]) async throws -> [String] {
        let schema = try validSchema()
        return try await once {
            let connection = try await connections.script(logger: logger)
            do {
                let applied = try await migrate(migrations, schema, on: connection)
                await connection.close()
                return applied
            } catch {
                // The lock goes with the connection.
                await connection.close()
                throw error
            }
        }
    }

    func validSchema() throws -> SchemaName {
        guard let schema else {
            throw StoreError(
                .schema,
                "'\(configuration.schema)' cannot be a schema: use lower-case letters, digits and _, at most 63, not beginning with pg_"
            )
        }
        return schema
    }

    private func migrate(
        _ migrations: [Migration], _ schema: SchemaName, on connection: PostgresConnection
    ) async throws -> [String] {
        let lock = PostgresParameter.text("skein migrations of \(schema.text)")
        _ = try await connection.query(PostgresQuery(MigrationQueries.lock, [lock]))
        if try await connection.query(PostgresQuery(MigrationQueries.exists)).rowCount == 0 {
            try await connection.simple(MigrationQueries.table(schema))
        }
        let plan = MigrationPlan(migrations, applied: try await applied(on: connection))
        if let objection = plan.objections.first { throw StoreError(.schema, objection) }
        for migration in plan.pending {
            try await connection.simple(MigrationQueries.apply(migration, schema))
            logger.info("applied a migration", metadata: ["migration": "\(migration.version) \(migration.name)"])
        }
        try await ensurePartitions(on: connection)
        _ = try await connection.query(PostgresQuery(MigrationQueries.unlock, [lock]))
        return plan.pending.map(\.name)
    }

    /// Partitions can wait for the next chores when somebody's transaction is in the way.
    private func ensurePartitions(on connection: PostgresConnection) async throws {
        do {
            _ = try await connection.query(PostgresQuery(RegistryQueries.ensurePartitions))
        } catch let error as PostgresError where [.locked, .again].contains(FailureKind(error)) {
            logger.info("partitions are put off", metadata: ["postgres.error": "\(error)"])
        }
    }

    func applied(on connection: PostgresConnection) async throws -> [AppliedMigration] {
        try await connection.query(PostgresQuery(MigrationQueries.applied)).rows.map { row in
            AppliedMigration(version: Int(try row.int32(0)), name: try row.string(1), checksum: try row.bytes(2))
        }
    }
}

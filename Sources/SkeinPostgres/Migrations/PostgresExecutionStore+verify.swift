import PostgresClient
public import Skein
import SkeinCore

extension PostgresExecutionStore {
    public func verify() async throws -> StoreHealth {
        _ = try validSchema()
        return try await once {
            // A writer's connection: its settings are those that commits run under.
            try await connections.writers.withConnection { connection in
                var findings = try await settings(on: connection).findings
                findings.append(try await schemaFinding(on: connection))
                let offset = try await clockOffset(on: connection)
                if let system = clock as? SystemClock { system.correct(by: offset) }
                return StoreHealth(findings: findings, clockOffset: offset)
            }
        }
    }

    private func settings(on connection: PostgresConnection) async throws -> ServerSettings {
        guard let row = try await connection.query(PostgresQuery(MigrationQueries.settings)).first else {
            throw StoreError(.corrupt, "the server does not say how it is set")
        }
        return ServerSettings(
            version: Int(try row.int32(0)), fsync: try row.string(1), fullPageWrites: try row.string(2),
            synchronousCommit: try row.string(3), isInRecovery: try row.bool(4), encoding: try row.string(5),
            isSuperuser: try row.boolIfPresent(6) ?? false)
    }

    private func schemaFinding(on connection: PostgresConnection) async throws -> StoreHealth.Finding {
        guard try await connection.query(PostgresQuery(MigrationQueries.exists)).rowCount > 0 else {
            return .init(
                "schema", isFine: false, "there is no schema '\(configuration.schema)' with migrations: run migrate")
        }
        return MigrationPlan(applied: try await applied(on: connection)).finding
    }

    /// Of a few questions the one with the shortest round trip: the server answered in the middle of it, give or take
    /// half.
    private func clockOffset(on connection: PostgresConnection) async throws -> Duration {
        let machine = SystemClock()
        var best: (trip: Duration, offset: Duration)?
        for _ in 0..<5 {
            let (sentAt, started) = (machine.now, machine.monotonic)
            guard let row = try await connection.query(PostgresQuery(MigrationQueries.clock)).first else { continue }
            let trip = machine.monotonic - started
            if let best, best.trip <= trip { continue }
            best = (trip, try row.time(0) - (sentAt + trip / 2))
        }
        return best?.offset ?? .zero
    }
}

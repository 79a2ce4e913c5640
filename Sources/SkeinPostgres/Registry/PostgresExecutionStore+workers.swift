import PostgresClient
public import Skein
public import SkeinCore

extension PostgresExecutionStore {
    public func register(_ worker: WorkerRecord) async throws {
        let id = PostgresParameter.uuid(worker.id.postgres)
        let supersede = PostgresQuery(RegistryQueries.supersede, [id, .text(worker.podID)])
        let register = PostgresQuery(
            RegistryQueries.register, [id, .text(worker.podID), .array(.texts(worker.handlers)), queryTime])
        let superseded = try await insist {
            let results = try await connections.pool.withConnection { try await $0.batch([supersede, register]) }
            return try results[0].rows.map { try $0.id(0, as: WorkerID.self) }
        }
        for worker in superseded { try await bringForward(worker, within: configuration.longestLease) }
    }

    public func heartbeat(_ worker: WorkerID) async throws -> Int64? {
        let query = PostgresQuery(RegistryQueries.heartbeat, [.uuid(worker.postgres), queryTime])
        return try await insist { try await connections.renewals.query(query).first?.int64(0) }
    }

    public func reap(silence: Duration, lease: Duration) async throws -> [WorkerID] {
        let query = PostgresQuery(RegistryQueries.reap, [.microseconds(silence), queryTime])
        let dead = try await insist {
            try await connections.pool.query(query).rows.map { try $0.id(0, as: WorkerID.self) }
        }
        for worker in dead { try await bringForward(worker, within: lease * 2) }
        return dead
    }

    public func unregister(_ worker: WorkerID) async throws {
        try await insist {
            _ = try await connections.pool.query(PostgresQuery(RegistryQueries.unregister, [.uuid(worker.postgres)]))
        }
    }

    public func workers() async throws -> [WorkerRecord] {
        try await insist {
            try await connections.pool.query(PostgresQuery(RegistryQueries.workers)).rows.map { row in
                WorkerRecord(
                    id: try row.id(0), podID: try row.stringIfPresent(1), handlers: try row.strings(2),
                    startedAt: try row.time(3),
                    heartbeatAt: try row.time(4), isLive: try row.bool(5))
            }
        }
    }

    /// Makes a dead worker's executions due, some hundreds at a time.
    private func bringForward(_ worker: WorkerID, within lease: Duration) async throws {
        let query = PostgresQuery(ClaimQueries.bringForward, [.uuid(worker.postgres), .microseconds(lease), queryTime])
        while try await insist({ try await connections.claims.query(query).rowCount }) > 0 {
            try Task.checkCancellation()
        }
    }
}

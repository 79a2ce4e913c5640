import PostgresClient
public import Skein
public import SkeinCore

extension PostgresExecutionStore {
    public func children(of parent: ExecutionID, round: Int64, wakeAt: Int?, failsFast: Bool) async throws
        -> ChildCount
    {
        let query =
            if let wakeAt {
                PostgresQuery(
                    ChildQueries.await,
                    [.uuid(parent.postgres), .int8(round), .int4(Int32(clamping: wakeAt)), .bool(failsFast)])
            } else {
                PostgresQuery(ChildQueries.look, [.uuid(parent.postgres), .int8(round)])
            }
        let result = try await insist { try await connections.commands.query(query) }
        guard let row = result.first else { return ChildCount(started: 0, ended: 0) }
        return try await once {
            ChildCount(started: Int(try row.int32(0)), ended: Int(try row.int32(1)), failed: Int(try row.int32(2)))
        }
    }

    public func children(of parent: ExecutionID, round: Int64?, from ordinal: Int, limit: Int) async throws
        -> [ExecutionID]
    {
        let (first, most) = (
            PostgresParameter.int4(Int32(clamping: ordinal)), PostgresParameter.int4(Int32(clamping: limit))
        )
        let query =
            if let round {
                PostgresQuery(ChildQueries.round, [.uuid(parent.postgres), .int8(round), first, most])
            } else {
                PostgresQuery(ChildQueries.all, [.uuid(parent.postgres), first, most])
            }
        return try await ids(query)
    }

    public func countEndedChildren() async throws -> [ExecutionID] {
        try await ids(PostgresQuery(ChildQueries.count, [queryTime]))
    }

    public func cascades(limit: Int) async throws -> [ExecutionID] {
        try await ids(PostgresQuery(ChildQueries.cascades, [.int4(Int32(clamping: limit))]))
    }

    public func endCascade(of id: ExecutionID) async throws {
        let query = PostgresQuery(ChildQueries.endCascade, [.uuid(id.postgres)])
        try await insist { _ = try await connections.commands.query(query) }
    }

    private func ids(_ query: PostgresQuery) async throws -> [ExecutionID] {
        let result = try await insist { try await connections.commands.query(query) }
        return try await once { try result.rows.map { try $0.id(0, as: ExecutionID.self) } }
    }
}

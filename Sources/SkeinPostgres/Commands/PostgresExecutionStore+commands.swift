import PostgresClient
public import Skein
public import SkeinCore

extension PostgresExecutionStore {
    public func send(_ message: InboxMessage) async throws -> SendOutcome {
        if let code = message.payload?.exceeds(.stored) {
            throw StoreError(.invalid, "a payload that could not be read back: \(code)")
        }
        let id = PostgresParameter.uuid(message.executionID.postgres)
        let operation = PostgresParameter.uuid(message.operationID.postgres)
        let send = PostgresQuery(
            CommandQueries.send,
            [
                id, operation, .int2(message.kind.rawValue), .text(message.name), .bytea(message.payload?.serialized()),
                queryTime, .text(message.by.actor), .text(message.by.requestID),
            ])
        return try await insist {
            let results = try await connections.commands.batch([
                send, PostgresQuery(CommandQueries.sent, [id, operation]), PostgresQuery(CommandQueries.isAlive, [id]),
            ])
            #if SKEIN_FAILPOINTS
            await Failpoint.reach("signal.afterCommit")
            #endif
            if let generation = try results[0].first?.int64(0) ?? results[1].first?.int64(0) {
                return .accepted(generation: generation)
            }
            return message.kind == .resume && results[2].first != nil ? .taken : .notAlive
        }
    }

    public func cancel(_ id: ExecutionID, operationID: OperationID, at: Timestamp, body: [UInt8]) async throws
        -> CancelOutcome
    {
        let key = PostgresParameter.uuid(id.postgres)
        let operation = PostgresParameter.uuid(operationID.postgres)
        let queries = [
            PostgresQuery(
                CommandQueries.cancel, [key, operation, .bytea(body), queryTime, .timestamptz(at.microseconds)]),
            PostgresQuery(CommandQueries.appended, [key, operation]), PostgresQuery(CommandQueries.isAlive, [key]),
        ]
        while true {
            let (position, tokens, isAlive) = try await insist {
                let results = try await connections.pool.withConnection { try await $0.batch(queries) }
                let mine = results[0].first
                return (
                    try mine?.int64(0) ?? results[1].first?.int64(0), Int(try mine?.int32(1) ?? 0),
                    results[2].rowCount > 0
                )
            }
            if let position { return .cancelled(position: position, tokens: tokens) }
            guard isAlive else { return .notAlive }
            // An append came first; the next try begins behind it.
            try Task.checkCancellation()
        }
    }

    public func fence(_ name: String, holder: String, ttl: Duration) async throws -> Int64? {
        let query = PostgresQuery(CommandQueries.fence, [.text(name), .text(holder), .microseconds(ttl), queryTime])
        return try await insist { try await connections.commands.query(query).first?.int64(0) }
    }

    public func extendFence(_ name: String, token: Int64, holder: String, ttl: Duration) async throws -> Bool {
        let query = PostgresQuery(
            CommandQueries.extendFence, [.text(name), .int8(token), .text(holder), .microseconds(ttl), queryTime])
        return try await insist { try await connections.commands.query(query).rowCount > 0 }
    }

    public func releaseFence(_ name: String, token: Int64, holder: String) async throws {
        let query = PostgresQuery(CommandQueries.releaseFence, [.text(name), .int8(token), .text(holder)])
        try await insist { _ = try await connections.commands.query(query) }
    }
}

import PostgresClient
public import Skein
public import SkeinCore

extension PostgresExecutionStore {
    public func createToken(_ token: NewToken, note: InboxMessage?) async throws -> Bool {
        let metadata = JSONValue.object(token.metadata)
        if let code = metadata.exceeds(.stored) {
            throw StoreError(.invalid, "metadata that could not be read back: \(code)")
        }
        let query = PostgresQuery(
            TokenQueries.create,
            [
                .uuid(token.id.postgres), .uuid(token.executionID.postgres), .text(token.target.stepID.rawValue),
                .int4(Int32(clamping: token.target.visit)), .text(token.target.key), .bytea(token.hash),
                .timestamptz(token.createdAt.microseconds), .timestamptz(token.expiresAt.microseconds),
                .jsonb(metadata.serialized()), .uuid(note?.operationID.postgres), .bytea(note?.payload?.serialized()),
                queryTime,
            ])
        return try await insist { try await connections.commands.query(query).first?.bool(0) } ?? false
    }

    public func redeemToken(hash: [UInt8], operationID: OperationID, data: JSONValue?) async throws -> TokenRedemption {
        if let code = data?.exceeds(.stored) {
            throw StoreError(.invalid, "data that could not be read back: \(code)")
        }
        let query = PostgresQuery(
            TokenQueries.redeem,
            [.bytea(hash), .uuid(operationID.postgres), .bytea(data?.serialized()), queryTime])
        let found = try await insist {
            try await connections.commands.query(query).first.map { row in
                (outcome: try row.int16(0), id: try row.id(1, as: TokenID.self))
            }
        }
        guard let found else { return .unknown }
        switch found.outcome {
        case 1: return try await token(found.id).map { .accepted($0) } ?? .unknown
        case 2: return .used
        case 3: return .revoked
        case 4: return .expired
        default: throw StoreError(.corrupt, "a redemption ended in an unknown way: \(found.outcome)")
        }
    }

    public func revokeToken(_ id: TokenID, operationID: OperationID, note: JSONValue) async throws -> TokenRevocation {
        let query = PostgresQuery(
            TokenQueries.revoke,
            [.uuid(id.postgres), .uuid(operationID.postgres), .bytea(note.serialized()), queryTime])
        let state = try await insist { try await connections.commands.query(query).first?.int16IfPresent(0) }
        switch state {
        case nil: return .unknown
        case 2?: return .used
        case _?: return try await token(id).map { .revoked($0) } ?? .unknown
        }
    }

    public func token(_ id: TokenID) async throws -> TokenRecord? {
        let query = PostgresQuery(TokenQueries.token, [.uuid(id.postgres), queryTime])
        let result = try await insist { try await connections.reads.query(query) }
        return try await once { try result.first.map { try TokenRecord($0) } }
    }

    public func tokens(of id: ExecutionID, limit: Int) async throws -> [TokenRecord] {
        let query = PostgresQuery(
            TokenQueries.tokens, [.uuid(id.postgres), queryTime, .int4(Int32(clamping: limit))])
        let result = try await insist { try await connections.reads.query(query) }
        return try await once { try result.rows.map { try TokenRecord($0) } }
    }
}

extension TokenRecord {
    /// Reads the columns of `TokenQueries`.
    fileprivate init(_ row: PostgresRow) throws {
        let number = try row.int16(5)
        let status: TokenStatus
        switch number {
        case 1: status = .active
        case 2: status = .used
        case 3: status = .revoked
        case 4: status = .expired
        default: throw StoreError(.corrupt, "a token in the unknown state \(number)")
        }
        let metadata = try JSONValue(parsing: try row.bytes(9), limits: .stored)
        self.init(
            id: try row.id(0), executionID: try row.id(1),
            target: TokenTarget(
                StepID(try row.string(2)), visit: Int(try row.int32(3)), key: try row.stringIfPresent(4)),
            status: status, createdAt: try row.time(6), expiresAt: try row.time(7), closedAt: try row.timeIfPresent(8),
            metadata: metadata.object ?? [:])
    }
}

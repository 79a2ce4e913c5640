public import SkeinCore

/// Where a resume token stands.
public enum TokenStatus: String, Sendable, Hashable, CaseIterable {
    case active, used, expired
    /// By somebody, or because its wait or its execution is over.
    case revoked
}

/// A resume token that is about to exist. What redeems it is not here: the store never learns the secret.
public struct NewToken: Sendable {
    public var id: TokenID
    public var executionID: ExecutionID
    public var target: TokenTarget
    /// SHA-256 of the secret's text.
    public var hash: [UInt8]
    public var createdAt: Timestamp
    public var expiresAt: Timestamp
    public var metadata: JSONObject

    public init(
        id: TokenID, executionID: ExecutionID, target: TokenTarget, hash: [UInt8], createdAt: Timestamp,
        expiresAt: Timestamp, metadata: JSONObject = [:]
    ) {
        self.id = id
        self.executionID = executionID
        self.target = target
        self.hash = hash
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.metadata = metadata
    }
}

/// A resume token, as far as the store knows it.
public struct TokenRecord: Sendable, Hashable {
    public var id: TokenID
    public var executionID: ExecutionID
    public var target: TokenTarget
    public var status: TokenStatus
    public var createdAt: Timestamp
    public var expiresAt: Timestamp
    /// When it was used or revoked; nil for what only the end of its execution revoked.
    public var closedAt: Timestamp?
    public var metadata: JSONObject

    public init(
        id: TokenID, executionID: ExecutionID, target: TokenTarget, status: TokenStatus, createdAt: Timestamp,
        expiresAt: Timestamp, closedAt: Timestamp? = nil, metadata: JSONObject = [:]
    ) {
        self.id = id
        self.executionID = executionID
        self.target = target
        self.status = status
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.closedAt = closedAt
        self.metadata = metadata
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id.description), "executionId": .string(executionID.description),
            "stepId": .string(target.stepID.rawValue), "status": .string(status.rawValue),
            "createdAt": .string(createdAt.description), "expiresAt": .string(expiresAt.description),
        ]
        if status == .used { object["usedAt"] = closedAt.map { .string($0.description) } }
        if status == .revoked { object["revokedAt"] = closedAt.map { .string($0.description) } }
        if !metadata.isEmpty { object["metadata"] = .object(metadata) }
        return .object(object)
    }
}

/// How the redemption of a token ended.
public enum TokenRedemption: Sendable, Hashable {
    /// It is used up, and its data is in the execution's inbox.
    case accepted(TokenRecord)
    case used, revoked, expired, unknown
}

/// How the revocation of a token ended.
public enum TokenRevocation: Sendable, Hashable {
    /// It is revoked, now or before.
    case revoked(TokenRecord)
    case used, unknown
}

/// Tokens that end waits of executions.
public protocol TokenStore: Sendable {
    /// Keeps a token.
    ///
    /// - Parameter note: what its execution is told in the same transaction, where the token is made from outside.
    /// - Returns: false when the execution has ended or never was.
    func createToken(_ token: NewToken, note: InboxMessage?) async throws -> Bool
    /// Uses a token up and puts a message into its execution's inbox, in one transaction: of any number of callers at
    /// once one is accepted. The same operation twice is accepted twice.
    ///
    /// - Parameter hash: SHA-256 of the token's text.
    func redeemToken(hash: [UInt8], operationID: OperationID, data: JSONValue?) async throws -> TokenRedemption
    /// Makes a token useless. Its execution is told in the same transaction when it was active.
    func revokeToken(_ id: TokenID, operationID: OperationID, note: JSONValue) async throws -> TokenRevocation
    func token(_ id: TokenID) async throws -> TokenRecord?
    /// In the order of their creation.
    func tokens(of id: ExecutionID, limit: Int) async throws -> [TokenRecord]
}

// Resume tokens, by the digest of their secret.

public import SkeinCore

extension InMemoryExecutionStore {
    struct Token {
        var record: TokenRecord
        /// Who used it: the same operation is accepted again.
        var operationID: OperationID?
    }

    public func createToken(_ token: NewToken, note: InboxMessage?) async throws -> Bool {
        transaction { state, now in
            if state.tokens[token.id] != nil { return true }
            guard state.ready[token.executionID] != nil else { return false }
            if let note, case .notAlive = state.send(note, at: now) { return false }
            let record = TokenRecord(
                id: token.id, executionID: token.executionID, target: token.target, status: .active,
                createdAt: token.createdAt, expiresAt: token.expiresAt, metadata: token.metadata)
            state.tokens[token.id] = Token(record: record)
            state.tokenIDs[token.hash] = token.id
            state.executions[token.executionID]?.tokens.append(token.id)
            return true
        }
    }

    public func redeemToken(hash: [UInt8], operationID: OperationID, data: JSONValue?) async throws -> TokenRedemption {
        transaction { state, now in
            guard let id = state.tokenIDs[hash], let token = state.tokens[id] else { return .unknown }
            if token.record.status == .used, token.operationID == operationID { return .accepted(token.record) }
            switch state.status(of: token.record, at: now) {
            case .used: return .used
            case .revoked: return .revoked
            case .expired: return .expired
            case .active: break
            }
            let message = InboxMessage(
                executionID: token.record.executionID, operationID: OperationID(raw: id.raw), kind: .token,
                name: TokenUse.name(id, token.record.target), payload: data)
            guard case .accepted = state.send(message, at: now) else { return .revoked }
            state.tokens[id]?.operationID = operationID
            return .accepted(state.close(id, as: .used, at: now) ?? token.record)
        }
    }

    public func revokeToken(_ id: TokenID, operationID: OperationID, note: JSONValue) async throws -> TokenRevocation {
        transaction { state, now in
            guard var record = state.tokens[id]?.record else { return .unknown }
            if record.status == .used { return .used }
            if record.status == .active {
                let message = InboxMessage(
                    executionID: record.executionID, operationID: operationID, kind: .note, name: "token", payload: note
                )
                _ = state.send(message, at: now)
                record = state.close(id, as: .revoked, at: now) ?? record
            }
            return .revoked(record)
        }
    }

    public func token(_ id: TokenID) async throws -> TokenRecord? {
        transaction { state, now in state.record(of: id, at: now) }
    }

    public func tokens(of id: ExecutionID, limit: Int) async throws -> [TokenRecord] {
        transaction { state, now in
            (state.executions[id]?.tokens ?? []).prefix(limit).compactMap { state.record(of: $0, at: now) }
        }
    }
}

extension InMemoryExecutionStore.State {
    /// Revokes the active tokens of a scope. Returns how many.
    @discardableResult
    mutating func close(_ scope: TokenScope, of id: ExecutionID, at now: Timestamp) -> Int {
        var count = 0
        for token in executions[id]?.tokens ?? [] {
            guard let record = tokens[token]?.record, record.status == .active, scope.holds(record.target) else {
                continue
            }
            close(token, as: .revoked, at: now)
            count += 1
        }
        return count
    }

    /// Forgets tokens that expired a while ago.
    mutating func dropTokens(at now: Timestamp) {
        let old = tokens.filter { $0.value.record.expiresAt + TokenRecord.memory <= now }
        guard !old.isEmpty else { return }
        for (id, token) in old {
            tokens[id] = nil
            executions[token.record.executionID]?.tokens.removeAll { $0 == id }
        }
        tokenIDs = tokenIDs.filter { tokens[$0.value] != nil }
    }

    @discardableResult
    fileprivate mutating func close(_ id: TokenID, as status: TokenStatus, at now: Timestamp) -> TokenRecord? {
        tokens[id]?.record.status = status
        tokens[id]?.record.closedAt = now
        return tokens[id]?.record
    }

    fileprivate func record(of id: TokenID, at now: Timestamp) -> TokenRecord? {
        guard var record = tokens[id]?.record else { return nil }
        record.status = status(of: record, at: now)
        return record
    }

    /// What is active only as long as its time and its execution last.
    fileprivate func status(of record: TokenRecord, at now: Timestamp) -> TokenStatus {
        guard record.status == .active else { return record.status }
        if ready[record.executionID] == nil { return .revoked }
        return record.expiresAt <= now ? .expired : .active
    }
}

extension TokenScope {
    fileprivate func holds(_ target: TokenTarget) -> Bool {
        switch self {
        case .all: true
        case .wait(let visit, let key): target.visit == visit && (target.key == nil || target.key == key)
        }
    }
}

extension TokenRecord {
    /// How long a token is remembered after it expired, so that whoever comes late learns why it does nothing.
    package static let memory = Duration.seconds(7 * 86_400)
}

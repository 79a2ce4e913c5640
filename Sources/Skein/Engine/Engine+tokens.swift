// Resume tokens from outside: made, listed, revoked and redeemed.

public import SkeinCore

extension Engine {
    /// Makes a token that ends the wait of a step, for one that waits for a token or is about to. A token that is
    /// redeemed before the wait begins is kept and ends it at once.
    ///
    /// - Parameters:
    ///   - step: nil: the step that waits for a token, or the only one the execution is at.
    ///   - expiresIn: 7 days unless said otherwise, and never longer than the wait.
    ///   - metadata: for people; at most 16 KiB.
    /// - Throws: `executionNotWaiting` when the execution is not at the step, or waits there for something else.
    public func createToken(
        for id: ExecutionID, step: StepID? = nil, expiresIn: Duration? = nil, metadata: JSONObject? = nil
    ) async throws -> ResumeToken {
        let problems = TokenMaker.problems(expiresIn: expiresIn, metadata: metadata)
        guard problems.isEmpty else {
            throw EngineError(.invalidRequest, "the request is not valid", problems: problems)
        }
        let (state, execution) = try await current(id)
        guard let branch = branch(of: state, at: step) else { throw noWait(execution, step) }
        let target = TokenTarget(branch.stepID, visit: branch.visit, key: branch.wait?.reentry)
        let maker = TokenMaker(store: store, clock: clock)
        let made = try await maker.make(
            for: id, target, expiresIn: expiresIn, latest: branch.wait?.timeoutAt, metadata: metadata, isTold: true)
        guard let made else { throw noWait(try await self.execution(id), step) }
        wakeUp(id, "token")
        return made
    }

    private func branch(of state: ExecutionState, at step: StepID?) -> Branch? {
        guard !state.status.isEnded, state.rollback == nil, state.startedAt != nil else { return nil }
        let open = state.branches.filter { $0.wait.map { $0.kind == .token || $0.kind == .retry } ?? true }
        if let step { return open.first { $0.stepID == step } }
        return open.first { $0.wait?.kind == .token } ?? (open.count == 1 ? open.first : nil)
    }

    /// The tokens of an execution in the order of their creation, at most 1,000. Never their secrets.
    public func tokens(of id: ExecutionID) async throws -> [TokenRecord] {
        guard try await store.record(id) != nil else { throw notFound(id) }
        return try await store.tokens(of: id, limit: 1_000)
    }

    /// Makes a token useless. Revoking it again changes nothing.
    ///
    /// - Throws: `tokenNotFound`, `tokenUsed`.
    @discardableResult
    public func revokeToken(_ id: TokenID, by intervention: Intervention = Intervention()) async throws -> TokenRecord {
        guard let token = try await store.token(id) else { throw EngineError(.tokenNotFound, "token not found") }
        var note = TokenNote(.revoked, id, stepID: token.target.stepID)
        note.by = intervention.told
        switch try await store.revokeToken(id, operationID: .new(), note: note.json) {
        case .unknown: throw EngineError(.tokenNotFound, "token not found")
        case .used: throw EngineError(.tokenUsed, "token already used")
        case .revoked(let record):
            wakeUp(record.executionID, "token")
            return record
        }
    }

    /// Ends the wait that a token was made for, once. The data is found under `resumeData` and at the step's output key.
    ///
    /// - Throws: `tokenNotFound`, `tokenUsed`, `tokenExpired`, or `tokenRevoked`, also when its wait or its execution is
    ///   over.
    public func resume(token: String, data: JSONValue? = nil) async throws -> Execution {
        try await redeem(token, data: data).execution
    }

    /// The same, with the token as it is now.
    package func redeem(_ token: String, data: JSONValue?) async throws -> (execution: Execution, token: TokenRecord) {
        guard data?.isStorable ?? true else { throw nulProblem("data") }
        guard token.utf8.count == TokenMaker.textLength else { throw EngineError(.tokenNotFound, "token not found") }
        switch try await store.redeemToken(hash: TokenMaker.hash(token), operationID: .new(), data: data) {
        case .unknown: throw EngineError(.tokenNotFound, "token not found")
        case .used: throw EngineError(.tokenUsed, "token already used")
        case .revoked: throw EngineError(.tokenRevoked, "token revoked")
        case .expired: throw EngineError(.tokenExpired, "token expired")
        case .accepted(let record):
            wakeUp(record.executionID, "token")
            return (try await execution(record.executionID), record)
        }
    }
}

private func noWait(_ execution: Execution, _ step: StepID?) -> EngineError {
    EngineError(
        .executionNotWaiting,
        "the execution \(execution.id) is \(execution.status.rawValue), it does not wait for a token"
            + (step.map { " at the step '\($0)'" } ?? ""))
}

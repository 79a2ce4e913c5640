// Tokens that a step makes for its own wait.

public import SkeinCore

extension StepContext {
    /// Makes a token that ends the wait of this visit of the step, for a handler that then returns
    /// `.wait(WaitRequest(until: .token))`. Give it to whoever is to decide before you return; nobody can ask for it again.
    ///
    /// An attempt that is repeated makes another one; any of them ends the wait, and the others end with it.
    ///
    /// - Parameters:
    ///   - expiresIn: 7 days unless said otherwise, and never longer than the execution's own limit for waits.
    ///   - metadata: for people who list tokens; at most 16 KiB.
    /// - Throws: `StepFailure` when it cannot be made, `CancellationError` when the execution has ended.
    public func token(expiresIn: Duration? = nil, metadata: JSONObject? = nil) async throws -> ResumeToken {
        try await token(expiresIn: expiresIn, metadata: metadata, within: creation.waitTimeout, key: nil)
    }

    /// Leaves the handler until a token is redeemed, and returns what came with it. Nil: nothing came within the
    /// timeout, or no data did.
    ///
    /// - Parameters:
    ///   - name: tells the waits of one step apart.
    ///   - deliver: gives the token to whoever is to decide. Done once and not again after the wait; after a crash in
    ///     the middle it is done again, with another token.
    public func waitForToken(
        _ name: String = "token", expiresIn: Duration? = nil, metadata: JSONObject? = nil, timeout: Duration? = nil,
        deliver: @escaping @concurrent @Sendable (ResumeToken) async throws -> Void
    ) async throws -> JSONValue? {
        let limit = timeout ?? creation.waitTimeout
        try await piece("token-sent:\(name)") { key in
            let token = try await self.token(
                expiresIn: expiresIn, metadata: metadata, within: limit,
                key: "token:" + key.dropFirst("token-sent:".count))
            try await deliver(token)
            return ["tokenId": .string(token.id.description), "expiresAt": .string(token.expiresAt.description)]
        }
        let value = try leave("token:\(name)") {
            WaitRequest(until: .token, timeout: timeout, reason: "waits for a token")
        }
        return value.isNull ? JSONValue?.none : value
    }

    func token(expiresIn: Duration?, metadata: JSONObject?, within limit: Duration?, key: String?) async throws
        -> ResumeToken
    {
        guard !isCompensation else {
            throw StepFailure("INVALID_TRANSITION", "a compensation cannot wait for a token", isRetryable: false)
        }
        guard let store = environment.tokens else {
            throw StepFailure("NOT_SUPPORTED", "there is no store that keeps tokens", isRetryable: false)
        }
        if let problem = TokenMaker.problems(expiresIn: expiresIn, metadata: metadata).first {
            throw StepFailure("INPUT_ERROR", "\(problem.pointer): \(problem.message)", isRetryable: false)
        }
        let made = try await TokenMaker(store: store, clock: clock).make(
            for: executionID, TokenTarget(stepID, visit: visit, key: key), expiresIn: expiresIn,
            latest: limit.map { clock.now + $0 }, metadata: metadata, isTold: false)
        guard let made else { throw CancellationError() }
        note(made.note)
        return made
    }
}

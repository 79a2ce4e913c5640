import SkeinCore
import Synchronization

extension StepContext {
    /// Runs SQL of the service's own and records its result in one transaction of the store's PostgreSQL: exactly once,
    /// whatever happens. Like ``run(_:retries:timeout:_:)`` otherwise.
    ///
    ///     let balance = try await step.transaction { sql in
    ///         try await sql.query("UPDATE accounts SET balance = balance - $1 WHERE id = $2 RETURNING balance", 50, "a-1")
    ///     }
    ///
    /// The transaction is READ COMMITTED, with the search path of the connection's user. `body` must do nothing that the
    /// transaction does not undo: it runs again after a serialization failure or a deadlock. Nothing else of the step
    /// can be recorded inside it.
    ///
    /// - Throws: what `body` throws; `StepFailure` with SQL_ERROR, INVALID_TRANSITION for a checkpoint, a child, a wait or
    ///   progress inside it, NOT_SUPPORTED on a store without SQL.
    public func transaction<Value: Codable & Sendable>(
        _ name: String = "transaction",
        _ body: @escaping @concurrent @Sendable (any SQLTransaction) async throws -> Value
    ) async throws -> Value {
        try Task.checkCancellation()
        let replay = replaying()
        switch try replay.ask(name) {
        case .recorded(let value, _):
            return try recordedValue(value, of: name)
        case .new(let key):
            defer { replay.done(name) }
            guard let store = environment.transactions, let keeper else {
                throw StepFailure("NOT_SUPPORTED", "there is no transaction to be had here", isRetryable: false)
            }
            let began = clock.now
            let piece = Replay.Piece(replay: replay, isTransaction: true)
            let value = Mutex<Value?>(nil)
            let failure = Mutex<(any Error)?>(nil)
            do {
                try await keeper.commit(of: self) { end, workerID in
                    let row = Mutex<WrittenRow?>(nil)
                    do {
                        let outcome = try await store.commit { sql in
                            let result: Value
                            do {
                                result = try await Replay.$piece.withValue(piece) { try await body(sql) }
                                let body = try self.row(key, try JSONValueEncoder().encode(result), began, workerID)
                                let append = Append.beside(self.executionID, end, body)
                                row.withLock { $0 = WrittenRow(body: body, hash: append.hash) }
                                value.withLock { $0 = result }
                                return append
                            } catch {
                                failure.withLock { $0 = error }
                                throw error
                            }
                        }
                        if case .refused(let error) = outcome { failure.withLock { $0 = error.asStepFailure } }
                        return SideRow(outcome: outcome, row: row.withLock { $0 })
                    } catch {
                        // Undone, unless the store does not know.
                        if let error = error as? StoreError, error.code == .unavailable {
                            failure.withLock { $0 = StepFailure("UNAVAILABLE", error.message) }
                        }
                        if failure.withLock({ $0 }) == nil { throw error }
                        return SideRow(outcome: .refused(StoreError(.invalid, "\(error)")))
                    }
                }
            } catch {
                throw failure.withLock { $0 } ?? error
            }
            replay.done(key, at: clock.now)
            guard let value = value.withLock({ $0 }) else { throw CancellationError() }
            return value
        }
    }

    private func row(_ key: String, _ value: JSONValue, _ began: Timestamp, _ workerID: WorkerID) throws -> LogBody {
        let encoded = EncodedValue(encoding: value)
        guard !value.isDeeper(than: JSONLimits.stored.maxDepth), !encoded.mayHoldNul || value.isStorable else {
            throw StepFailure.notStorable
        }
        return LogBody(
            workerID: workerID, at: clock.now,
            events: [.checkpoint(stepID, name: key, value: encoded, startedAt: began)])
    }
}

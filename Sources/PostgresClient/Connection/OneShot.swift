internal import Synchronization

/// One value for one waiting task: settled once, by the connection's thread or by the task's cancellation.
final class OneShot<Value: Sendable>: Sendable {
    private struct State {
        var waiter: UnsafeContinuation<Value, any Error>?
        var outcome: Result<Value, any Error>?
        var isSent = false
    }

    private let state = Mutex(State())

    /// Suspends until settled. `begin` runs once the waiter is in place, unless the outcome is there already.
    func value(begin: () -> Void) async throws -> Value {
        try await withUnsafeThrowingContinuation { continuation in
            let outcome = state.withLock { state in
                if state.outcome == nil { state.waiter = continuation }
                return state.outcome
            }
            if let outcome { continuation.resume(with: outcome) } else { begin() }
        }
    }

    /// Gives the outcome; later ones are dropped, which `false` tells.
    @discardableResult
    func settle(_ outcome: Result<Value, any Error>) -> Bool {
        let (isFirst, waiter) = state.withLock { state -> (Bool, UnsafeContinuation<Value, any Error>?) in
            guard state.outcome == nil else { return (false, nil) }
            state.outcome = outcome
            defer { state.waiter = nil }
            return (true, state.waiter)
        }
        waiter?.resume(with: outcome)
        return isFirst
    }

    /// Notes that the server may act on the command from now on; false when nobody waits for it any more.
    func markSent() -> Bool {
        state.withLock { state in
            guard state.outcome == nil else { return false }
            state.isSent = true
            return true
        }
    }

    /// Notes that the command is certain to have had no effect and goes back to the queue.
    func markUnsent() {
        state.withLock { $0.isSent = false }
    }

    /// Withdraws what has not been sent: the waiter gets `CancellationError`. False when it was sent before.
    func withdraw() -> Bool {
        let (isSent, waiter) = state.withLock { state -> (Bool, UnsafeContinuation<Value, any Error>?) in
            guard !state.isSent, state.outcome == nil else { return (state.isSent, nil) }
            state.outcome = .failure(CancellationError())
            defer { state.waiter = nil }
            return (false, state.waiter)
        }
        waiter?.resume(throwing: CancellationError())
        return !isSent
    }
}

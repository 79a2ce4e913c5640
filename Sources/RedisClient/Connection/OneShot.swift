import Synchronization

/// One outcome that one task waits for. The first to settle it wins; whatever comes later is ignored.
final class OneShot<Value: Sendable>: Sendable {
    /// What the waiter gets.
    typealias Outcome = Result<Value, RedisError>

    private enum State {
        case open(CheckedContinuation<Outcome, Never>?)
        case settled(Outcome)
    }

    private let state = Mutex(State.open(nil))

    /// Whether there is an outcome, so that nobody waits any more.
    var isSettled: Bool {
        state.withLock { state in
            if case .settled = state { true } else { false }
        }
    }

    /// Waits for the outcome; to be called once. Cancellation settles it as cancelled.
    func outcome() async -> Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let settled = state.withLock { state -> Outcome? in
                    if case .settled(let outcome) = state { return outcome }
                    state = .open(continuation)
                    return nil
                }
                if let settled {
                    continuation.resume(returning: settled)
                }
            }
        } onCancel: {
            settle(.failure(RedisError(.cancelled, "the waiting task was cancelled")))
        }
    }

    /// Gives the outcome; true if it was the first.
    @discardableResult
    func settle(_ outcome: Outcome) -> Bool {
        let (isFirst, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Outcome, Never>?) in
            guard case .open(let waiter) = state else { return (false, nil) }
            state = .settled(outcome)
            return (true, waiter)
        }
        waiter?.resume(returning: outcome)
        return isFirst
    }
}

import Synchronization

/// One waiter that is woken by a poke or by a deadline, whichever is first. A poke while nobody waits is remembered.
final class Alarm: Sendable {
    private struct State {
        var isPoked = false
        var turn = 0
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func poke() {
        let waiter = state.withLock { state in
            guard let waiter = state.waiter else {
                state.isPoked = true
                return nil as CheckedContinuation<Void, Never>?
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume()
    }

    /// Returns at a poke, at `deadline`, or when the task is cancelled.
    func wait(until deadline: Duration?, clock: any EngineClock) async {
        let turn: Int? = state.withLock { state in
            if state.isPoked {
                state.isPoked = false
                return nil
            }
            state.turn += 1
            return state.turn
        }
        guard let turn, !Task.isCancelled else { return }
        await withTaskGroup(of: Void.self) { group in
            if let deadline {
                group.addTask {
                    try? await clock.sleep(until: deadline)
                    self.wake(turn)
                }
            }
            await withTaskCancellationHandler {
                await withCheckedContinuation { waiter in
                    let isDone = state.withLock { state in
                        if state.isPoked || state.turn != turn || Task.isCancelled {
                            state.isPoked = false
                            return true
                        }
                        state.waiter = waiter
                        return false
                    }
                    if isDone { waiter.resume() }
                }
            } onCancel: {
                wake(turn)
            }
            group.cancelAll()
        }
    }

    /// Ends the wait of that turn and no later one.
    private func wake(_ turn: Int) {
        let waiter = state.withLock { state in
            guard state.turn == turn else { return nil as CheckedContinuation<Void, Never>? }
            state.turn += 1
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}

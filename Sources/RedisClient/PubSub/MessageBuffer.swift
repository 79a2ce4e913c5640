import NIOCore
import Synchronization

/// The bounded mailbox of one subscription. When it is full the oldest entry goes and a gap is reported in its place.
final class MessageBuffer: Sendable {
    private struct State {
        var entries = CircularBuffer<RedisMessage>()
        var dropped = false
        var finished = false
        var waiters: [OneShot<RedisMessage?>] = []
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// Adds an entry; true when an older one had to go.
    func append(_ message: RedisMessage) -> Bool {
        state.withLock { state in
            guard !state.finished else { return false }
            while !state.waiters.isEmpty {
                // A cancelled waiter refuses, so that the message is not lost with it.
                if state.waiters.removeFirst().settle(.success(message)) { return false }
            }
            state.entries.append(message)
            guard state.entries.count > capacity else { return false }
            state.entries.removeFirst()
            state.dropped = true
            return true
        }
    }

    /// Lets the reader have what is there and then end.
    func finish() {
        let waiters = state.withLock { state in
            state.finished = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters {
            waiter.settle(.success(nil))
        }
    }

    /// The next entry; nil when the subscription has ended or the task is cancelled.
    func next() async -> RedisMessage? {
        let waiter = OneShot<RedisMessage?>()
        state.withLock { state in
            if state.dropped {
                state.dropped = false
                waiter.settle(.success(.gap))
            } else if !state.entries.isEmpty {
                waiter.settle(.success(state.entries.removeFirst()))
            } else if state.finished {
                waiter.settle(.success(nil))
            } else {
                state.waiters.removeAll(where: \.isSettled)
                state.waiters.append(waiter)
            }
        }
        return (try? await waiter.outcome().get()) ?? nil
    }
}

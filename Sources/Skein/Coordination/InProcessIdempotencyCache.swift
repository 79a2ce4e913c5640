import SkeinCore
import Synchronization

/// Remembers answers in this process. When it is full it forgets the older half.
public final class InProcessIdempotencyCache: IdempotencyCache {
    private struct Entry {
        var answer: IdempotencyAnswer
        var until: Duration
    }

    private struct State {
        var young: [IdempotencyScope: Entry] = [:]
        var old: [IdempotencyScope: Entry] = [:]
    }

    private let clock: any EngineClock
    private let capacity: Int
    private let state = Mutex(State())

    /// Makes an empty cache.
    ///
    /// - Parameters:
    ///   - clock: entries expire by its monotonic time.
    ///   - capacity: answers kept at most. Default: 100,000.
    public init(clock: any EngineClock, capacity: Int = 100_000) {
        self.clock = clock
        self.capacity = max(2, capacity)
    }

    public func lookUp(_ scope: IdempotencyScope) async throws -> IdempotencyAnswer? {
        let present = clock.monotonic
        return state.withLock { state in
            guard let entry = state.young[scope] ?? state.old[scope], entry.until > present else { return nil }
            return entry.answer
        }
    }

    public func remember(_ answer: IdempotencyAnswer, for scope: IdempotencyScope, ttl: Duration) async throws {
        let present = clock.monotonic
        state.withLock { state in
            if state.young[scope] == nil, state.young.count >= capacity / 2 {
                state.old = state.young
                state.young = [:]
            }
            state.young[scope] = Entry(answer: answer, until: present + ttl)
        }
    }
}

// The store without a database: the same verbs over the same tables as PostgreSQL's, in one process. The tables are a
// value behind one lock; each call is one transaction. Roles live in the `+` files: the protocol on top, what it does
// to the tables below.

import SkeinCore
import Synchronization

/// Keeps everything in memory, for tests, tools and engines that need not outlive their process.
///
/// Several engines of one process may share a store: they meet in it as instances meet in PostgreSQL, with the same
/// guarantees while the process lives. Nothing is ever forgotten but expired idempotency keys and tokens, and dead
/// workers, so memory grows with the executions.
public final class InMemoryExecutionStore: ExecutionStore {
    private let clock: any EngineClock
    private let state = Mutex(State())

    /// - Parameter clock: what "now" is for leases, timers and keys. Default: the machine's clock.
    public init(clock: any EngineClock = SystemClock()) {
        self.clock = clock
    }

    /// One: every call holds the only lock, more writers would only wait for each other.
    public var writers: Int { 1 }

    /// Runs one transaction: nobody sees what it leaves half done.
    func transaction<T: Sendable>(_ body: (inout State, _ now: Timestamp) throws -> sending T) rethrows -> T {
        try state.withLock { state in
            try body(&state, clock.now)
        }
    }
}

extension InMemoryExecutionStore {
    /// There is no schema: applies nothing.
    public func migrate() async throws -> [String] { [] }

    public func verify() async throws -> StoreHealth {
        StoreHealth(
            findings: [.init("store", isFine: true, "in memory: work lasts as long as this process")],
            clockOffset: .zero)
    }

    /// Forgets expired idempotency keys and tokens, and workers that have been dead for a day.
    public func maintain() async throws {
        transaction { state, now in
            state.keys = state.keys.filter { $0.value.expiresAt > now }
            state.dropTokens(at: now)
            state.workers = state.workers.filter {
                $0.value.isLive || ($0.value.heartbeatAt ?? now) + .seconds(86_400) > now
            }
        }
    }

    /// Does nothing: other engines may share the store.
    public func close() async {}
}

extension ExecutionStore where Self == InMemoryExecutionStore {
    /// A new store in memory, by the machine's clock.
    public static var inMemory: InMemoryExecutionStore { InMemoryExecutionStore() }
}

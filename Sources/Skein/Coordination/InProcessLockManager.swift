import SkeinCore
import Synchronization

/// Locks among the engines of one process. Grants expire by the clock's monotonic time.
public final class InProcessLockManager: LockManager {
    private struct Held {
        var value: String
        var holder: String
        var since: Timestamp
        var until: Duration
    }

    private struct State {
        var held: [String: Held] = [:]
        /// Expired entries are cleared out when there are this many.
        var clearOutAt = 1_024
    }

    private let clock: any EngineClock
    private let state = Mutex(State())

    public init(clock: any EngineClock) {
        self.clock = clock
    }

    public func acquire(_ name: String, holder: String, ttl: Duration) async throws -> LockGrant? {
        let (since, present) = (clock.now, clock.monotonic)
        let random = UInt64.random(in: .min ... .max)
        return state.withLock { state in
            if let held = state.held[name], held.until > present { return nil }
            let value = "\(holder)|\(since.microseconds)|\(random)"
            state.held[name] = Held(value: value, holder: holder, since: since, until: present + ttl)
            if state.held.count >= state.clearOutAt {
                state.held = state.held.filter { $0.value.until > present }
                state.clearOutAt = max(1_024, state.held.count * 2)
            }
            return LockGrant(name: name, value: value)
        }
    }

    public func extend(_ grant: LockGrant, ttl: Duration) async throws -> Bool {
        let present = clock.monotonic
        return state.withLock { state in
            guard let held = state.held[grant.name], held.until > present, held.value == grant.value else {
                return false
            }
            state.held[grant.name]?.until = present + ttl
            return true
        }
    }

    public func release(_ grant: LockGrant) async throws {
        state.withLock { state in
            if state.held[grant.name]?.value == grant.value { state.held[grant.name] = nil }
        }
    }

    public func holder(of name: String) async throws -> LockInfo? {
        let present = clock.monotonic
        return state.withLock { state in state.held[name].flatMap { Self.info(name, $0, at: present) } }
    }

    public func list(limit: Int) async throws -> [LockInfo] {
        let present = clock.monotonic
        let all = state.withLock { state in state.held.compactMap { Self.info($0.key, $0.value, at: present) } }
        return Array(all.prefix(max(0, limit)))
    }

    private static func info(_ name: String, _ held: Held, at present: Duration) -> LockInfo? {
        guard held.until > present else { return nil }
        return LockInfo(name: name, holder: held.holder, since: held.since, ttl: held.until - present)
    }
}

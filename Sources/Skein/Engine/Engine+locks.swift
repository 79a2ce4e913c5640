// Locks for users: the store says who holds one and numbers every holder; the coordination service only saves the
// others the asking.

import Metrics
import SkeinCore

/// A held lock, as its holder sees it.
public struct Fence: Sendable, Hashable {
    public let name: String
    /// Larger than every holder's before: a resource that remembers the largest it saw refuses a holder whose time is
    /// over.
    public let token: Int64
}

extension Engine {
    /// Runs `body` while holding a lock that one caller on all instances can hold.
    ///
    /// The lock is renewed while `body` runs. When it can no longer be trusted, `body` is cancelled and `lockLost` is
    /// thrown. A holder that dies is followed by the next within `ttl`.
    ///
    /// - Parameters:
    ///   - ttl: how long a silent holder keeps it; at least 100 ms.
    ///   - wait: how long to wait for it. Default: not at all.
    /// - Throws: `lockUnavailable` with the holder when it was not free in time.
    public func withLock<Result: Sendable>(
        _ name: String, ttl: Duration = .seconds(30), wait: Duration = .zero,
        _ body: @escaping @concurrent @Sendable (Fence) async throws -> Result
    ) async throws -> Result {
        let ttl = max(ttl, .milliseconds(100))
        let holder = "\(identity.id)/\(UniqueID.random())"
        let deadline = clock.monotonic + wait
        var pause = Duration.milliseconds(10)
        while true {
            try Task.checkCancellation()
            if let lease = try await take(name, holder: holder, ttl: ttl) {
                return try await hold(lease, ttl: ttl, body)
            }
            guard clock.monotonic + pause <= deadline else {
                let other = try? await coordination.locks.holder(of: name)
                throw EngineError(
                    .lockUnavailable, "the lock '\(name)' is held by \(other?.holder ?? "another")",
                    holder: other?.holder)
            }
            try await clock.sleep(for: pause * Double.random(in: 0.5...1))
            pause = min(pause * 2, .milliseconds(100))
        }
    }

    private struct Lease: Sendable {
        var fence: Fence
        var holder: String
        var grant: LockGrant?
    }

    private func take(_ name: String, holder: String, ttl: Duration) async throws -> Lease? {
        var grant: LockGrant?
        do {
            grant = try await coordination.locks.acquire(name, holder: holder, ttl: ttl)
            if grant == nil { return nil }
        } catch {
            // Without the service the store alone decides.
        }
        do {
            if let token = try await store.fence(name, holder: holder, ttl: ttl) {
                return Lease(fence: Fence(name: name, token: token), holder: holder, grant: grant)
            }
        } catch {
            if let grant { try? await coordination.locks.release(grant) }
            throw error
        }
        // The service forgot a holder that the store still knows.
        if let grant { try? await coordination.locks.release(grant) }
        return nil
    }

    private func hold<Result: Sendable>(
        _ lease: Lease, ttl: Duration, _ body: @escaping @concurrent @Sendable (Fence) async throws -> Result
    ) async throws -> Result {
        metrics.locksHeld.record(locksHeld.add(1))
        defer { metrics.locksHeld.record(locksHeld.add(-1)) }
        let outcome = await withTaskGroup(of: LimitedOutcome<Result>?.self) { group in
            group.addTask {
                do {
                    return .finished(.success(try await body(lease.fence)))
                } catch {
                    return .finished(.failure(error))
                }
            }
            group.addTask { await self.renewUntilLost(lease, ttl: ttl) ? nil : .timedOut }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        await shielded { [store, coordination] in
            try? await store.releaseFence(lease.fence.name, token: lease.fence.token, holder: lease.holder)
            if let grant = lease.grant { try? await coordination.locks.release(grant) }
        }
        if case .finished(let result)? = outcome { return try result.get() }
        try Task.checkCancellation()
        throw EngineError(.lockLost, "the lock '\(lease.fence.name)' could not be renewed in time")
    }

    /// True when cancelled, false when the lock is not to be trusted any more.
    private func renewUntilLost(_ lease: Lease, ttl: Duration) async -> Bool {
        var trustedUntil = clock.monotonic + ttl
        while true {
            guard (try? await clock.sleep(for: ttl / 3)) != nil else { return true }
            let began = clock.monotonic
            if let grant = lease.grant { _ = try? await coordination.locks.extend(grant, ttl: ttl) }
            switch try? await store.extendFence(
                lease.fence.name, token: lease.fence.token, holder: lease.holder, ttl: ttl)
            {
            case true?: trustedUntil = began + ttl
            case false?: return Task.isCancelled
            case nil:
                if Task.isCancelled { return true }
                if clock.monotonic + ttl / 3 >= trustedUntil { return false }
            }
        }
    }
}

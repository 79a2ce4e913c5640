// Driving one execution here and now, on the caller's task: for callers who want to see it, and for tests.

import Metrics
public import SkeinCore

extension Engine {
    /// Drives an execution until it waits or ends. Takes the execution's lock, so that two callers do not do it at
    /// once.
    ///
    /// An engine that is not running as a service also sleeps until timers and retries are due; with `simulateTime`, on
    /// a `VirtualClock`, it moves the clock to whatever ends the wait instead, its timeout too.
    ///
    /// - Throws: `executionBusy` with the holder when another owns it, `executionNotFound`.
    public func run(_ id: ExecutionID, simulateTime: Bool = false) async throws -> Execution {
        while true {
            let execution = try await drive(id)
            guard !isRunning, let wait = execution.wait else { return execution }
            if wait.kind == .children || wait.kind == .job, try await runChildren(of: id, simulateTime: simulateTime) {
                continue
            }
            if simulateTime, let virtual = clock as? VirtualClock, wait.due != .distantFuture {
                virtual.advance(to: wait.due)
            } else if !simulateTime, let wakeAt = wait.wakeAt {
                try await clock.sleep(for: max(.zero, wakeAt - clock.now))
            } else {
                return execution
            }
        }
    }

    /// Drives an execution once, until it waits, for whatever it is, or ends. What ends the wait is the caller's.
    package func drive(_ id: ExecutionID) async throws -> Execution {
        try await exclusively(id, purpose: "run") { try await self.driveHere(id, budget: nil) }
    }

    /// Runs one attempt of one step, and lets go.
    public func step(_ id: ExecutionID) async throws -> Execution {
        try await exclusively(id, purpose: "step") { try await self.driveHere(id, budget: 1) }
    }

    /// Claims what is due and drives it on the caller's task, as a running engine does by itself.
    ///
    /// - Parameter ids: those that somebody pointed at; nil: whatever the store finds due.
    /// - Returns: how many it claimed, and when something else becomes due.
    @concurrent package func driveDue(_ ids: [ExecutionID]? = nil, limit: Int) async throws
        -> (claimed: Int, next: Timestamp?)
    {
        try await ensureRegistered()
        let claimID = ClaimID(raw: .random())
        let ownership = Ownership(workerID: identity.id, claimID: claimID, lease: configuration.lease)
        var found = ClaimResult(claims: [], nextDue: nil)
        if let ids {
            found.claims = try await store.claim(ids, for: ownership, reach: .due)
        } else {
            found = try await store.claim(
                ClaimRequest(
                    ownership: ownership, handlers: claimable, handlerWait: configuration.handlerWait,
                    limit: limit))
        }
        let loaded = try await store.load(found.claims.map(\.executionID))
        for claim in found.claims {
            let slot = Slot(claim.executionID, claimID)
            guard let execution = loaded[claim.executionID], execution.claimID == claimID else { continue }
            guard slots.add(slot) else {
                try await store.release([slot.held], worker: identity.id)
                continue
            }
            let end = await driveClaimed(slot, claim, execution, budget: nil, from: claim.dueAt).end
            finish(slot, end)
            if end == .ended { await ended() }
        }
        return (found.claims.count, [found.nextDue, limits.next].compactMap { $0 }.min())
    }

    /// The types of steps that this instance would begin now.
    private var claimable: [String] {
        handlers.types.filter { !taskRoom.isPaused || !$0.hasPrefix(TaskDefinition.prefix) } + [""]
    }

    /// An execution has ended here: its parent, and who waits for its place, are looked after by a running engine's loops.
    func ended() async {
        await fanIn.countHere()
        await limits.admitHere()
    }

    /// What a running engine does now and then: counts children whose end nobody counted, goes on with cascades, lets
    /// in who waits for a limit.
    package func lookAfterFamilies() async throws {
        await fanIn.countHere()
        try await cancelOrphans()
        await limits.lookHere()
    }

    /// Runs the children that an execution waits for, where nobody else does. Returns whether it can
    /// go on.
    private func runChildren(of id: ExecutionID, simulateTime: Bool) async throws -> Bool {
        var hasEnded = false
        for child in try await store.children(of: id, round: nil, from: 0, limit: .max) {
            guard try await !execution(child).status.isEnded else { continue }
            if try await run(child, simulateTime: simulateTime).status.isEnded { hasEnded = true }
        }
        if hasEnded { return true }
        // Children of an engine that died before it counted their ends.
        return await fanIn.countHere().contains(id)
    }

    /// Off the caller's actor: handlers run here.
    @concurrent private func driveHere(_ id: ExecutionID, budget: Int?) async throws -> Execution {
        try await ensureRegistered()
        while true {
            let before = try await execution(id)
            guard !before.status.isEnded, before.status != .paused else { return before }
            if let slot = slots[id], slot.stopped == nil { throw busy(id, holder: identity.id.description) }
            let claimID = ClaimID(raw: .random())
            let ownership = Ownership(workerID: identity.id, claimID: claimID, lease: configuration.lease)
            guard let claim = try await store.claim([id], for: ownership, reach: .any).first else {
                let now = try await execution(id)
                if now.status.isEnded { return now }
                throw busy(id, holder: now.workerID?.description)
            }
            let slot = Slot(id, claimID)
            guard let loaded = try await store.load([id])[id], loaded.claimID == claimID, slots.add(slot) else {
                continue
            }
            let (end, _) = await withTaskCancellationHandler {
                await driveClaimed(slot, claim, loaded, budget: budget)
            } onCancel: {
                slot.stop(.shutdown)
            }
            finish(slot, end)
            if end == .ended { await ended() }
            try Task.checkCancellation()
            if case .parked(_, woken: true) = end, budget == nil, !isRunning { continue }
            return try await execution(id)
        }
    }

    private func busy(_ id: ExecutionID, holder: String?) -> EngineError {
        EngineError(
            .executionBusy, "the execution \(id) is being run by \(holder ?? "another instance")", holder: holder)
    }

    /// Runs `body` under the execution's lock. Without a coordination service there is no lock; the log decides as
    /// always.
    func exclusively<Result: Sendable>(
        _ id: ExecutionID, purpose: String, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        let name = "exec:\(id)"
        var grant: LockGrant?
        do {
            grant = try await coordination.locks.acquire(
                name, holder: "\(identity.id) \(purpose)", ttl: configuration.lease)
            if grant == nil {
                let holder = try await coordination.locks.holder(of: name)?.holder
                // A cancel must reach an execution whose driver holds the lock for as long as it drives.
                let isDriver = holder.map { $0.hasSuffix(" run") || $0.hasSuffix(" step") } ?? false
                if !(purpose == "cancel" && isDriver) {
                    throw EngineError(
                        .executionBusy, "the execution \(id) is locked by \(holder ?? "another")", holder: holder)
                }
            }
        } catch let error as EngineError {
            throw error
        } catch {
            // Without the service there is no lock to take.
        }
        guard let grant else { return try await body() }
        metrics.locksHeld.record(locksHeld.add(1))
        defer { metrics.locksHeld.record(locksHeld.add(-1)) }
        return try await keeping(grant, body)
    }

    /// Extends the grant while `body` runs and releases it after.
    private func keeping<Result: Sendable>(_ grant: LockGrant, _ body: @Sendable () async throws -> Result) async throws
        -> Result
    {
        let (locks, clock, ttl) = (coordination.locks, clock, configuration.lease)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while (try? await clock.sleep(for: ttl / 3)) != nil { _ = try? await locks.extend(grant, ttl: ttl) }
            }
            defer { group.cancelAll() }
            do {
                let result = try await body()
                await shielded { try? await locks.release(grant) }
                return result
            } catch {
                await shielded { try? await locks.release(grant) }
                throw error
            }
        }
    }
}

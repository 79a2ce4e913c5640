// Where workers outside get attempts and tell how they ended. Everything that is needed for that is in the store, so that
// any instance can take back what another gave away.

import Metrics
import SkeinCore

extension Engine {
    /// Attempts for workers that are no instances.
    public var work: WorkDesk { WorkDesk(engine: self) }
}

/// Gives attempts away and takes their ends back: leases and fencing as for handlers in process.
public struct WorkDesk: Sendable {
    let engine: Engine

    /// A look that found nothing is not repeated sooner.
    private static let pause = Duration.milliseconds(50)
    /// Nor later, where nothing says so.
    private static let interval = Duration.milliseconds(2_500)
    /// Nor later than that while nobody is told anything.
    private static let degradedInterval = Duration.milliseconds(1_000)
    /// Whatever waits for a worker is for workers only: nobody else's work is taken.
    private static let never = Duration.seconds(36_500 * 86_400)

    /// Attempts of steps whose handlers the worker has. Each begins with this call: it is the worker's for its lease, and
    /// for as long as ``heartbeat(_:)`` renews that.
    ///
    /// Waits for the first as long as the request says. A caller that is cancelled gets nothing, and what was taken for
    /// it is given back.
    ///
    /// - Throws: `invalidRequest` with all that is wrong.
    public func claim(_ request: WorkRequest) async throws -> WorkBatch {
        let problems = request.problems()
        guard problems.isEmpty else {
            throw EngineError(.invalidRequest, "the request is not valid", problems: problems)
        }
        guard !engine.isDraining else { throw Self.goingAway }
        try await engine.ensureRegistered()
        let types = Set(request.handlers)
        let handlers = types.sorted()
        try await engine.publishTasks(of: handlers)
        let clock = engine.clock
        let deadline = clock.monotonic + request.wait
        let alarm = Alarm()
        let hints = engine.coordination.wakes.hints()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await hint in hints
                where hint.executionID == nil && hint.at == nil && hint.needs.map(types.contains) ?? true {
                    alarm.poke()
                }
            }
            defer { group.cancelAll() }
            var worker = request.workerID
            while true {
                let id = try await engine.remoteWorkers.register(
                    worker, handlers, in: engine.store, lease: engine.configuration.lease, at: clock.monotonic)
                worker = id
                let (items, next) = try await look(for: id, types, limit: request.limit)
                if Task.isCancelled {
                    await giveBack(items)
                    throw CancellationError()
                }
                let now = clock.monotonic
                if !items.isEmpty || now >= deadline { return WorkBatch(workerID: id, items: items) }
                if engine.isDraining { throw Self.goingAway }
                let interval = engine.coordination.health.isUp ? Self.interval : Self.degradedInterval
                let due = next.map { min(interval, max(Self.pause, $0 - clock.now)) } ?? interval
                try await clock.sleep(until: min(deadline, now + Self.pause))
                await alarm.wait(until: min(deadline, now + due), clock: clock)
                try Task.checkCancellation()
            }
        }
    }

    /// Gives attempts back that the worker will not run: others get them at once, after an `execution.recovered`.
    public func giveBack(_ items: [WorkItem]) async {
        guard !items.isEmpty else { return }
        let ids = Set(items.map(\.handle.executionID))
        await shielded { [engine] in
            guard let loaded = try? await engine.store.load(Array(ids)) else { return }
            for (worker, items) in Dictionary(grouping: items, by: \.handle.workerID) {
                guard let worker else { continue }
                let held = Set(items.map(\.handle.executionID)).compactMap { id in
                    loaded[id]?.claimID.map { HeldClaim(id, $0) }
                }
                try? await engine.store.release(held, worker: worker)
            }
            engine.coordination.wakes.signal([WakeHint(executionID: nil, reason: "look")])
        }
    }

    private static let goingAway = EngineError(.unavailable, "this instance is going away; ask another one")

    /// Takes what is due now. `next`: when something becomes due.
    private func look(for worker: WorkerID, _ types: Set<String>, limit: Int) async throws
        -> (items: [WorkItem], next: Timestamp?)
    {
        // What is found may come to nothing: a condition passes over the step. Then there may be more behind it.
        for _ in 0..<10 {
            guard engine.identity.mayClaim, !engine.isDraining else { break }
            let claimID = ClaimID(raw: .random())
            let ownership = Ownership(
                workerID: engine.identity.id, claimID: claimID, lease: engine.configuration.lease)
            let found = try await engine.store.claim(
                ClaimRequest(
                    ownership: ownership, handlers: types.sorted(), handlerWait: Self.never, limit: limit))
            guard !found.claims.isEmpty else { return ([], found.nextDue) }
            engine.metrics.claims.increment(by: found.claims.count)
            let offer = WorkOffer(worker, types, extra: limit - found.claims.count)
            try await drive(found.claims, claimID, offer)
            let items = try await take(offer)
            if !items.isEmpty || found.claims.count < limit { return (items, found.nextDue) }
        }
        return ([], nil)
    }

    /// Drives executions up to the steps that are the worker's.
    private func drive(_ claims: [Claim], _ claimID: ClaimID, _ offer: WorkOffer) async throws {
        let loaded = try await engine.store.load(claims.map(\.executionID))
        await withDiscardingTaskGroup { group in
            for claim in claims {
                guard let execution = loaded[claim.executionID], execution.claimID == claimID else { continue }
                group.addTask { await drive(claim, execution, claimID, offer) }
            }
        }
    }

    private func drive(_ claim: Claim, _ execution: LoadedExecution, _ claimID: ClaimID, _ offer: WorkOffer) async {
        let slot = Slot(claim.executionID, claimID)
        while !engine.slots.add(slot) {
            // The last drive here has let go in the store but not yet of its slot.
            if let other = engine.slots[claim.executionID], await !other.ends() {
                try? await engine.store.release([slot.held], worker: engine.identity.id)
                return
            }
        }
        let end = await engine.driveClaimed(slot, claim, execution, budget: 0, offer: offer).end
        engine.finish(slot, end)
        if case .parked(_, woken: true) = end { wake(claim.executionID) }
        if end == .ended { await engine.ended() }
    }

    /// Somebody goes on with it at once: this instance, if it runs executions.
    func wake(_ id: ExecutionID) {
        if engine.isRunning, engine.configuration.claims, let dispatcher = engine.dispatcher {
            dispatcher.wake(id)
        } else {
            engine.coordination.wakes.signal([WakeHint(executionID: id, reason: "released")])
        }
    }

    /// Makes the worker the owner of the executions whose attempts it gets. One that somebody else has taken meanwhile is
    /// theirs; its attempt has not begun for anybody.
    private func take(_ offer: WorkOffer) async throws -> [WorkItem] {
        var items: [WorkItem] = []
        for (lease, found) in Dictionary(grouping: offer.found, by: \.lease) {
            let ownership = Ownership(workerID: offer.workerID, claimID: ClaimID(raw: .random()), lease: lease)
            let all = found.flatMap(\.items)
            let claims = try await engine.store.claim(
                Array(Set(all.map(\.handle.executionID))), for: ownership, reach: .any)
            let taken = Set(claims.filter { !$0.isTakeover }.map(\.executionID))
            let others = claims.filter(\.isTakeover).map { HeldClaim($0.executionID, ownership.claimID) }
            if !others.isEmpty { try await engine.store.release(others, worker: offer.workerID) }
            items += all.filter { taken.contains($0.handle.executionID) }
        }
        return items.sorted { $0.handle.executionID < $1.handle.executionID }
    }
}

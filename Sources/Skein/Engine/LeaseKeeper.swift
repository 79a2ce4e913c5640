// Keeps what this instance holds, and lets go of what it cannot keep: renewal by the list of claims it really has, a
// heartbeat, and a window of trust measured by the monotonic clock.

import Logging
import Metrics
import SkeinCore

struct LeaseKeeper: Sendable {
    let store: any ExecutionStore
    let slots: SlotTable
    let identity: WorkerIdentity
    let clock: any EngineClock
    /// Where this runs, and by whose timer; nil: as other tasks do.
    let pulse: PulseThread?
    let lease: Duration
    let podID: String?
    let handlers: HandlerRegistry
    let limits: LimitKeeper
    let logger: Logger
    let metrics: EngineMetrics
    /// The share of stuck slots at which `recycle` is called.
    let recycleAt: Double?
    let recycle: @Sendable () -> Void

    /// Runs until cancelled.
    func run() async {
        var trustedUntil = clock.monotonic + lease
        var round = 0
        var stopped: Set<ExecutionID> = []
        while !Task.isCancelled {
            guard (try? await pause(lease / 3)) != nil else { return }
            let began = clock.monotonic
            stopped = lookForStuck(stopped)
            #if SKEIN_FAILPOINTS
            await Failpoint.reach("heartbeat.beforeSend")
            #endif
            // A call whose outcome is not known goes on asking for as long as it takes; trust does not.
            let distrustAt = trustedUntil - lease / 5
            let outcome = await within(max(lease / 3, distrustAt - began)) {
                try await renew()
                return try await store.heartbeat(identity.id)
            } whenLate: {
                // Not after the call has returned, which nobody can say when it does.
                if clock.monotonic >= distrustAt { distrust() }
            }
            guard !Task.isCancelled else { return }
            switch outcome {
            case .answered(let closings?):
                trustedUntil = began + lease
                identity.allowClaims(true)
                await limits.observe(closings)
                round += 1
                if round.isMultiple(of: 3) {
                    _ = await within(lease / 3) {
                        await reap()
                        return nil
                    }
                }
            case .answered(nil):
                do { try await endLife() } catch { note(error) }
            case .failed(let error):
                note(error)
                if clock.monotonic >= distrustAt { distrust() }
            case .late:
                break
            }
        }
    }

    private enum Outcome: Sendable {
        case answered(Int64?)
        case failed(any Error)
        case late
    }

    /// Asks the store, for so long at most, on the thread that nobody hogs.
    private func within(
        _ limit: Duration, _ ask: @escaping @Sendable () async throws -> Int64?,
        whenLate: @escaping @Sendable () -> Void = {}
    ) async -> Outcome {
        await withTaskGroup(of: Outcome.self) { group in
            group.addTask(executorPreference: pulse) {
                do { return .answered(try await ask()) } catch { return .failed(error) }
            }
            group.addTask(executorPreference: pulse) {
                do {
                    try await pause(limit)
                    whenLate()
                } catch {}
                return .late
            }
            defer { group.cancelAll() }
            return await group.next() ?? .late
        }
    }

    private func note(_ error: any Error) {
        logger.debug("leases could not be renewed", metadata: ["error": "\(error)"])
    }

    private func reap() async {
        do {
            let dead = try await store.reap(silence: lease * 3, lease: lease)
            if !dead.isEmpty { logger.info("workers were silent", metadata: ["workers": "\(dead)"]) }
        } catch {
            note(error)
        }
    }

    /// Handlers that go on although they have to stop. Returns the executions whose handlers are to stop now: those that
    /// are still here the next time are stuck.
    private func lookForStuck(_ before: Set<ExecutionID>) -> Set<ExecutionID> {
        let stopped = Set(slots.all.filter { $0.stopped != nil }.map(\.executionID))
        let stuck = max(0, slots.stragglers.sum) + stopped.intersection(before).count
        metrics.handlersStuck.record(stuck)
        guard stuck > 0 else { return stopped }
        logger.warning(
            "handlers ignore that they have to stop",
            metadata: ["handlers.stuck": "\(stuck)", "slots": "\(slots.capacity)"])
        if let recycleAt, slots.capacity > 0, Double(stuck) >= recycleAt * Double(slots.capacity) { recycle() }
        return stopped
    }

    private func pause(_ span: Duration) async throws {
        let deadline = clock.monotonic + span
        if let pulse { return try await pulse.sleep(until: deadline) }
        try await clock.sleep(until: deadline)
    }

    private func renew() async throws {
        let held = slots.held
        guard !held.isEmpty else { return }
        let kept = try await store.renew(held, worker: identity.id, lease: lease)
        for claim in held where !kept.contains(claim.executionID) {
            guard let slot = slots[claim.executionID], slot.claimID == claim.claimID else { continue }
            slot.stop(.lost)
        }
    }

    /// Asks for one execution whether it is still ours, because somebody said otherwise.
    func check(_ id: ExecutionID) async {
        guard let slot = slots[id] else { return }
        guard let kept = try? await store.renew([slot.held], worker: identity.id, lease: lease) else { return }
        if !kept.contains(id), slots[id] === slot { slot.stop(.lost) }
    }

    /// This life is over: another worker took the pod's place, or nothing was heard of this one for too long, as after a
    /// freeze. Without a successor it begins a new life.
    private func endLife() async throws {
        // First, lest something is born into a life that is over.
        let mayClaim = identity.mayClaim
        identity.allowClaims(false)
        for slot in slots.all { slot.stop(.lost) }
        let dead = identity.id
        let successor = try await store.workers().first {
            podID != nil && $0.podID == podID && $0.isLive && $0.id != dead
        }
        if let successor {
            if mayClaim {
                logger.warning(
                    "another worker took this instance's place; it claims nothing more",
                    metadata: ["worker.id": "\(dead)", "worker.successor": "\(successor.id)"])
            }
            identity.allowClaims(false)
            return
        }
        identity.allowClaims(false)
        let id = WorkerID(raw: .random())
        try await store.register(WorkerRecord(id: id, podID: podID, handlers: handlers.types))
        identity.begin(id)
        logger.warning(
            "this instance was declared dead while it was silent; it goes on as another worker",
            metadata: ["worker.id": "\(id)", "worker.before": "\(dead)"])
    }

    /// The leases may be over by now: whoever holds them next must not be met by handlers of ours.
    private func distrust() {
        guard identity.mayClaim else { return }
        logger.warning(
            "the store has not answered for most of a lease; handlers are cancelled",
            metadata: ["worker.id": "\(identity.id)"])
        identity.allowClaims(false)
        for slot in slots.all { slot.stop(.lost) }
    }
}

// Finds work and starts it. Three reasons to look, one way to claim: somebody hinted, a time has come, or it has been
// long enough.

import Logging
import Metrics
import SkeinCore
import Synchronization

final class Dispatcher: Sendable {
    /// Executions that were due a moment too early for the store, or that somebody pointed at.
    private struct Later {
        var at: Duration
        var ids: [ExecutionID]
        var tries: Int
    }

    private struct State {
        var woken: [ExecutionID] = []
        var pointed: [ExecutionID] = []
        var later: [Later] = []
        /// Claimed ahead of their time and not yet in a slot; true: something came for it since.
        var early: [ExecutionID: Bool] = [:]
        var looksForDue = false
        var sweeps = true
        var hasBacklog = false
        /// More was due than there was room for: whose turn it was last. Nil: there was room for all.
        var tenant: String?
        /// Until then the backlog is left alone, for the sake of others.
        var restsUntil: Duration = .zero
        /// When the next timer is to be taken.
        var nextLook: Timestamp = .distantFuture
        var nextSweep: Duration = .zero

        func rests(at now: Duration) -> Bool { now < restsUntil }
    }

    /// Executions claimed at once at most.
    private static let claimLimit = 256

    private let store: any ExecutionStore
    private let coordination: Coordination
    private let slots: SlotTable
    private let courtesy: Courtesy
    private let handlers: HandlerRegistry
    private let taskRoom: TaskRoom
    private let limits: LimitKeeper
    private let fanIn: FanIn
    private let requests: RequestDesk
    private let clock: any EngineClock
    private let configuration: EngineConfiguration
    private let identity: WorkerIdentity
    private let metrics: EngineMetrics
    private let logger: Logger
    private let start: @Sendable ([Claim], ClaimID) async -> Void
    private var ahead: Duration { configuration.lookahead }
    private let alarm = Alarm()
    private let state = Mutex(State())

    /// - Parameter start: loads and drives what was claimed; owes each claim a slot or a cancelled reservation.
    init(
        store: any ExecutionStore, coordination: Coordination, slots: SlotTable, courtesy: Courtesy,
        handlers: HandlerRegistry, taskRoom: TaskRoom, limits: LimitKeeper, fanIn: FanIn, requests: RequestDesk,
        clock: any EngineClock,
        configuration: EngineConfiguration, identity: WorkerIdentity, metrics: EngineMetrics, logger: Logger,
        start: @escaping @Sendable ([Claim], ClaimID) async -> Void
    ) {
        self.store = store
        self.coordination = coordination
        self.slots = slots
        self.courtesy = courtesy
        self.fanIn = fanIn
        self.requests = requests
        self.handlers = handlers
        self.taskRoom = taskRoom
        self.limits = limits
        self.clock = clock
        self.configuration = configuration
        self.identity = identity
        self.metrics = metrics
        self.logger = logger
        self.start = start
    }

    // MARK: - Reasons to look

    /// Claim this one at once: it parked with something for it already there.
    func wake(_ id: ExecutionID) {
        state.withLock { $0.woken.append(id) }
        alarm.poke()
    }

    /// A hint from the coordination service.
    func hear(_ hint: WakeHint) {
        if hint.reason == WakeHint.yield { return courtesy.heard(hint.lane, at: clock.monotonic) }
        if let needs = hint.needs {
            guard let handler = handlers[ofType: needs] else { return }
            guard !handler.isTask || taskRoom.hasRoom(for: needs) else { return taskRoom.looked(isOver: false) }
        }
        let mustLook = state.withLock { state in
            if let at = hint.at, at > clock.now + ahead { return expect(at, in: &state) }
            if hint.at == nil, let id = hint.executionID, state.early[id] != nil { state.early[id] = true }
            if let id = hint.executionID, !hint.isQueued {
                if state.pointed.count < 10_000 { state.pointed.append(id) }
            } else if hint.executionID == nil, !hint.isQueued {
                state.sweeps = true
            }
            state.looksForDue = true
            return true
        }
        if mustLook { alarm.poke() }
    }

    /// What was claimed is in a slot, or will not be. True: something came for it meanwhile, which its slot could not
    /// hear.
    func arrived(_ id: ExecutionID) -> Bool {
        state.withLock { $0.early.removeValue(forKey: id) ?? false }
    }

    /// Something of ours becomes due then.
    func expect(_ due: Timestamp) {
        if state.withLock({ expect(due, in: &$0) }) { alarm.poke() }
    }

    /// Returns whether that is sooner than anything else.
    private func expect(_ due: Timestamp, in state: inout State) -> Bool {
        let look = due == .distantFuture ? due : due + (.zero - ahead)
        guard look < state.nextLook else { return false }
        state.nextLook = look
        return true
    }

    /// A task has ended, and others may be due.
    func taskRoomMade() {
        state.withLock { $0.sweeps = true }
        alarm.poke()
    }

    /// A slot became free: worth waking for only when there is more to take.
    func roomMade() {
        if state.withLock({ $0.hasBacklog }) { alarm.poke() }
    }

    // MARK: - The loop

    /// Runs until cancelled. Room is taken only while there is a reason to look: creations want it, too.
    func run() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                guard identity.mayClaim else {
                    await alarm.wait(until: clock.monotonic + .milliseconds(500), clock: clock)
                    continue
                }
                guard hasReason else {
                    await alarm.wait(until: nextReason, clock: clock)
                    continue
                }
                // Never all of it, lest an execution that is created meanwhile has to be claimed and loaded first, behind
                // a backlog of whoever has one.
                let rest = courtesy.pause(at: clock.monotonic)
                let limit = rest > .zero ? Courtesy.helping : Self.claimLimit
                let room = slots.reserve(
                    upTo: min(limit, max(1, slots.capacity / 2)), keeping: slots.capacity / 16)
                let taken = room > 0 ? await look(room: room, in: &group) : 0
                slots.cancelReservation(room - taken)
                state.withLock { state in
                    let now = clock.monotonic
                    if room > 0, taken == room, !state.rests(at: now) {
                        if rest > .zero { metrics.rests.increment() }
                        state.restsUntil = now + rest * (Double(taken) / Double(Courtesy.helping))
                    }
                    state.hasBacklog = taken == room && rest == .zero
                }
                // Claims come in batches: with little room the next look waits a moment for more of it.
                let pause: Duration =
                    slots.free >= max(1, slots.capacity / 4) ? .zero : room == 0 ? .milliseconds(50) : .milliseconds(2)
                if taken == room, pause > .zero { await alarm.wait(until: clock.monotonic + pause, clock: clock) }
            }
        }
    }

    /// Whether anything asks to be looked at now.
    private var hasReason: Bool {
        let (now, time) = (clock.monotonic, clock.now)
        let isUp = coordination.health.isUp
        return state.withLock { state in
            if !isUp { state.nextSweep = min(state.nextSweep, now + configuration.degradedSweep * 1.2) }
            if !state.woken.isEmpty || !state.pointed.isEmpty || state.later.contains(where: { $0.at <= now }) {
                return true
            }
            guard !state.rests(at: now) else { return false }
            return state.sweeps || state.looksForDue || state.nextSweep <= now || state.nextLook <= time
        }
    }

    /// When there is a reason by itself.
    private var nextReason: Duration {
        let (now, time) = (clock.monotonic, clock.now)
        return state.withLock { state in
            var deadline = state.nextSweep
            if state.nextLook != .distantFuture { deadline = min(deadline, now + max(.zero, state.nextLook - time)) }
            if state.rests(at: now) { deadline = state.restsUntil }
            for later in state.later { deadline = min(deadline, later.at) }
            return deadline
        }
    }

    private func look(room: Int, in group: inout DiscardingTaskGroup) async -> Int {
        var left = room
        left -= await claimNamed(left, in: &group)
        guard !state.withLock({ $0.rests(at: clock.monotonic) }) else { return room - left }
        if left > 0 { left -= await claimDue(left, in: &group) }
        if left > 0 { left -= await sweep(left, in: &group) }
        return room - left
    }

    /// What was named: by a park that met a wake, by a person's hint, or by an earlier try.
    private func claimNamed(_ room: Int, in group: inout DiscardingTaskGroup) async -> Int {
        let now = clock.monotonic
        let (local, pointed, retries): ([ExecutionID], [ExecutionID], [Later]) = state.withLock { state in
            let local = Array(state.woken.prefix(room))
            state.woken.removeFirst(local.count)
            let pointed = Array(state.pointed.prefix(room - local.count))
            state.pointed.removeFirst(pointed.count)
            let due = state.later.filter { $0.at <= now }
            state.later.removeAll { $0.at <= now }
            return (local, pointed, due)
        }
        var taken = 0
        if !local.isEmpty { taken += await claim(local, tries: 1, counting: metrics.wakesLocal, in: &group) }
        if !pointed.isEmpty { taken += await claim(pointed, tries: 3, counting: metrics.wakesRedis, in: &group) }
        for retry in retries {
            guard taken < room else {
                state.withLock { $0.later.append(retry) }
                continue
            }
            let ids = Array(retry.ids.prefix(room - taken))
            if ids.count < retry.ids.count {
                let rest = Later(at: retry.at, ids: Array(retry.ids.dropFirst(ids.count)), tries: retry.tries)
                state.withLock { $0.later.append(rest) }
            }
            taken += await claim(ids, tries: retry.tries, counting: metrics.wakesRedis, in: &group)
        }
        return taken
    }

    private func claimDue(_ room: Int, in group: inout DiscardingTaskGroup) async -> Int {
        let now = clock.now
        let isTime = state.withLock { state in
            let isTime = state.looksForDue || state.nextLook <= now
            state.looksForDue = false
            if state.nextLook <= now {
                state.nextLook = .distantFuture
                if !coordination.health.isUp { state.sweeps = true }
            }
            return isTime
        }
        guard isTime, coordination.health.isUp else { return 0 }
        do {
            let due = try await coordination.wakes.takeDue(at: now, limit: room)
            if due.ids.count >= room { state.withLock { $0.looksForDue = true } }
            let taken = due.ids.isEmpty ? 0 : await claim(due.ids, tries: 3, counting: metrics.wakesRedis, in: &group)
            guard let next = due.next else { return taken }
            return taken + (try await claimEarly(next, room - taken, in: &group))
        } catch {
            state.withLock { $0.sweeps = true }
            return 0
        }
    }

    /// Timers that are almost due, with half of the slots at most. Others are taken at their time.
    private func claimEarly(_ next: Timestamp, _ room: Int, in group: inout DiscardingTaskGroup) async throws -> Int {
        let now = clock.now
        let room = min(room, slots.free + room - slots.capacity / 2)
        guard next <= now + ahead, room > 0 else {
            // Without room the look is for the time itself.
            let look = room > 0 ? next + (.zero - ahead) : next
            state.withLock { $0.nextLook = min($0.nextLook, look) }
            return 0
        }
        let due = try await coordination.wakes.takeDue(at: now + ahead, limit: room)
        if let next = due.next { state.withLock { _ = expect(next, in: &$0) } }
        guard !due.ids.isEmpty else { return 0 }
        state.withLock { state in for id in due.ids { state.early[id] = false } }
        return await claim(due.ids, tries: 3, reach: .within(ahead), counting: metrics.wakesRedis, in: &group)
    }

    private func sweep(_ room: Int, in group: inout DiscardingTaskGroup) async -> Int {
        let now = clock.monotonic
        guard state.withLock({ $0.sweeps || $0.nextSweep <= now }) else { return 0 }
        let types = handlers.types
        let tasks = types.filter { $0.hasPrefix(TaskDefinition.prefix) }
        var taken = 0
        do {
            // First tasks, of which there is room for fewer.
            var due: Timestamp?
            if !tasks.isEmpty {
                let open = taskRoom.open(tasks)
                let limit = min(open.room, room)
                if limit == 0 {
                    taskRoom.looked(isOver: false)
                } else {
                    let result = try await sweep(open.types, limit, in: &group)
                    taskRoom.looked(isOver: result.claims.count < limit)
                    taken = result.claims.count
                    due = result.nextDue
                }
            }
            guard taken < room else {
                state.withLock { $0.sweeps = true }
                return taken
            }
            // Besides, what needs none: a wait in the last step, a parent whose children have ended.
            let others = tasks.isEmpty ? types : types.filter { !$0.hasPrefix(TaskDefinition.prefix) }
            let result = try await sweep(others + [""], room - taken, in: &group)
            state.withLock { state in
                state.sweeps = result.claims.count >= room - taken
                state.tenant = state.sweeps && result.hasTenants ? result.lastTenant ?? "" : nil
                state.nextSweep = clock.monotonic + interval(until: [due, result.nextDue].compactMap(\.self).min())
            }
            return taken + result.claims.count
        } catch {
            logger.debug("a claim failed", metadata: ["error": "\(error)"])
            state.withLock { state in
                state.sweeps = false
                state.nextSweep = clock.monotonic + .milliseconds(250)
            }
            return taken
        }
    }

    /// - Throws: `StoreError`.
    private func sweep(_ types: [String], _ limit: Int, in group: inout DiscardingTaskGroup) async throws -> ClaimResult
    {
        let claimID = ClaimID(raw: .random())
        var request = ClaimRequest(
            ownership: Ownership(workerID: identity.id, claimID: claimID, lease: configuration.lease),
            handlers: types, handlerWait: configuration.handlerWait, limit: limit,
            takesOver: configuration.recoversRunning)
        request.tenantsAfter = state.withLock { $0.tenant }
        let result = try await store.claim(request)
        if result.hasQueues { limits.look() }
        if result.hasCascades { fanIn.cascadeSeen() }
        if result.hasRequests { requests.look() }
        begin(result.claims, claimID, counting: metrics.wakesSweep, in: &group)
        return result
    }

    private func claim(
        _ ids: [ExecutionID], tries: Int, reach: ClaimReach = .due, counting counter: Counter,
        in group: inout DiscardingTaskGroup
    ) async -> Int {
        let claimID = ClaimID(raw: .random())
        let ownership = Ownership(workerID: identity.id, claimID: claimID, lease: configuration.lease)
        do {
            let claims = try await store.claim(ids, for: ownership, reach: reach)
            if reach != .due { forget(Set(ids).subtracting(claims.map(\.executionID))) }
            if claims.count < ids.count, tries > 1 { retry(ids, without: claims, tries: tries - 1) }
            begin(claims, claimID, counting: counter, in: &group)
            return claims.count
        } catch {
            logger.debug("a claim failed", metadata: ["error": "\(error)"])
            forget(Set(ids))
            retry(ids, without: [], tries: tries)
            return 0
        }
    }

    private func forget(_ ids: Set<ExecutionID>) {
        state.withLock { state in for id in ids { state.early[id] = nil } }
    }

    /// The hint may have come a moment before the store's clock agrees, or while the row was locked.
    private func retry(_ ids: [ExecutionID], without claims: [Claim], tries: Int) {
        let claimed = Set(claims.map(\.executionID))
        let rest = ids.filter { !claimed.contains($0) && slots[$0] == nil }
        guard !rest.isEmpty else { return }
        let delay: Duration = tries >= 2 ? .milliseconds(15) : .milliseconds(150)
        state.withLock { $0.later.append(Later(at: clock.monotonic + delay, ids: rest, tries: tries)) }
    }

    private func begin(
        _ claims: [Claim], _ claimID: ClaimID, counting counter: Counter, in group: inout DiscardingTaskGroup
    ) {
        guard !claims.isEmpty else { return }
        counter.increment(by: claims.count)
        metrics.claims.increment(by: claims.count)
        let now = clock.now
        for claim in claims { metrics.lateness.record(max(0, Double((now - claim.dueAt).microseconds) / 1e6)) }
        group.addTask { [start] in await start(claims, claimID) }
    }

    // MARK: - When to look again

    private func interval(until due: Timestamp?) -> Duration {
        let base =
            coordination.health.isUp ? configuration.sweep : min(configuration.sweep, configuration.degradedSweep)
        let jittered = base * Double.random(in: 0.8...1.2)
        guard let due else { return jittered }
        return min(jittered, max(.milliseconds(1), due - clock.now))
    }
}

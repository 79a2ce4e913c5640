// Drives one execution from commit to commit: plan, act, decide, append. The only writer of owner rows.

import Logging
import Metrics
import SkeinCore

/// A transition on its way to the log.
private struct Pending {
    var append: Append
    var events: [ExecutionEvent]
    var then: Transition.Continuation
    var at: Timestamp
}

final class Driver: Sendable {
    /// A large state is written more rarely, so that snapshots cost each event about as many bytes as the log does.
    private static let bytesPerEvent: Int64 = 256

    let store: any ExecutionStore
    let journal: Journal
    let coordination: Coordination
    let handlers: HandlerRegistry
    let clock: any EngineClock
    let runner: StepRunner
    let identity: WorkerIdentity
    let configuration: EngineConfiguration
    let isClustered: Bool
    let remoteWorkers: RemoteWorkers
    let taskRoom: TaskRoom
    let taskRoomMade: @Sendable () -> Void
    let metrics: EngineMetrics
    let logger: Logger
    let dozer: Dozer
    let flows: FlowCache
    let fanIn: FanIn
    let children: ChildMaker
    let limits: LimitKeeper
    let hasEnded: Flag
    let pauseSchedule: @Sendable (ExecutionCreation) async -> Void
    let tracer: Tracer
    /// Raised when the instance is stopping: owners then let go at the next boundary.
    let draining: Flag

    init(_ engine: Engine, draining: Flag) {
        store = engine.store
        journal = engine.journal
        coordination = engine.coordination
        handlers = engine.handlers
        clock = engine.clock
        children = ChildMaker(
            store: engine.store, flows: engine.flows, coordination: engine.coordination, identity: engine.identity)
        runner = StepRunner(
            clock: engine.clock, logger: engine.logger, handlers: engine.handlers, children: children,
            transactions: engine.store as? any TransactionalStore, tokens: engine.store,
            defaultTimeout: engine.configuration.defaultTimeout, stragglers: engine.slots.stragglers,
            publish: { [weak engine] in
                guard let engine else { throw CancellationError() }
                try await engine.publish($0)
            })
        identity = engine.identity
        configuration = engine.configuration
        isClustered = engine.isClustered
        remoteWorkers = engine.remoteWorkers
        taskRoom = engine.taskRoom
        taskRoomMade = { [weak engine] in engine?.dispatcher?.taskRoomMade() }
        metrics = engine.metrics
        logger = engine.logger
        dozer = engine.dozer
        flows = engine.flows
        fanIn = engine.fanIn
        limits = engine.limits
        hasEnded = engine.hasEnded
        pauseSchedule = { [weak engine] in await engine?.pauseSchedule(behind: $0) }
        tracer = engine.tracer
        self.draining = draining
    }

    func drive(_ drive: inout Drive) async -> DriveEnd {
        if drive.state.creation.isUnchecked, drive.state.startedAt == nil, !drive.state.status.isEnded,
            let objection = drive.flow.objection(to: drive.state.creation.context)
        {
            if let end = await commit(&drive, .cannotRun(objection)) { return end }
        }
        while true {
            if drive.slot.stopped != nil || Task.isCancelled { return await giveBack(drive.slot) }
            let now = clock.now
            switch drive.flow.decision.plan(drive.state, inbox: drive.inbox, at: now) {
            case .ended:
                return .ended
            case .park(let due):
                if let facts = await attend(&drive) {
                    if let end = await commit(&drive, facts[0], facts.dropFirst()) { return end }
                    continue
                }
                if drive.slot.stopped != nil || Task.isCancelled { return await giveBack(drive.slot) }
                let next = min(due, drive.lookAgain ?? due)
                return await repark(&drive, due: next, needs: drive.flow.needs(drive.state))
            case .record(let fact):
                if let end = await commit(&drive, fact) { return end }
            case .run(let node):
                if drive.budget == 0 {
                    if drive.offer == nil { return await repark(&drive, due: rest(drive.state), needs: node.type) }
                    if let end = await handOut(&drive, [node]) { return end }
                    continue
                }
                if draining.isRaised, drive.budget == nil {
                    return await repark(&drive, due: now, needs: node.type)
                }
                guard let handler = handlers[ofType: node.type] else {
                    if let end = await handOver(&drive, node) { return end }
                    continue
                }
                if handler.isTask, !taskRoom.enter(node.type) { return await leaveToOthers(&drive, node) }
                if isLimited(drive, handler) {
                    let entry = await enter(&drive, node.id, handler)
                    guard case .open = entry else {
                        if handler.isTask { leaveRoom(node) }
                        if let end = await turnAway(&drive, node, entry) { return end }
                        continue
                    }
                }
                let ended = await attempt(&drive, node, handler, at: now)
                if handler.isTask { leaveRoom(node) }
                guard let fact = ended else { return await giveBack(drive.slot) }
                if case .stepFailed(_, let failure) = fact, failure.closesLimits {
                    await closeLimits(drive, handler, after: failure)
                }
                let tokens = drive.takeTokens()
                let end =
                    tokens.isEmpty
                    ? await commit(&drive, fact)
                    : await commit(&drive, .tokensChanged(tokens, consumed: []), [fact])
                if !drive.permits.attempts.isEmpty { await giveBack(&drive, of: node.id, end) }
                if let end { return end }
            case .compensate(let node, let compensation, let undo):
                if let end = await compensate(&drive, node, compensation, undo, at: now) { return end }
            case .branches:
                if let end = await driveBranches(&drive) { return end }
            }
        }
    }

    func keeper(_ drive: inout Drive) -> SlotKeeper {
        if let keeper = drive.keeper { return keeper }
        let keeper = SlotKeeper(drive.slot, journal, identity, clock)
        drive.keeper = keeper
        return keeper
    }

    /// Drives what was claimed a moment before it is due: from that time on, unless something comes for it before.
    func drive(_ drive: inout Drive, from due: Timestamp) async -> DriveEnd {
        // A stop wakes the slots that it finds; later ones see that it has begun.
        if due > clock.now, !draining.isRaised { await dozer.doze(drive.slot, until: due) }
        guard clock.now >= due || drive.slot.stopped != nil else {
            return await repark(&drive, due: due, needs: drive.flow.needs(drive.state))
        }
        return await self.drive(&drive)
    }

    // MARK: - One step

    /// Runs the step's next attempt. What the attempt knew is gone when this returns: the context then has one owner,
    /// who changes it in place. Nil: it was cut off.
    ///
    /// Inlined, as all between the drive and the handler: a frame of its own would cost every step.
    @inline(__always) private func attempt(
        _ drive: inout Drive, _ node: FlowGraph.Node, _ handler: AnyHandler, at now: Timestamp
    ) async -> Fact? {
        let keeper = keeper(&drive)
        var expanded: StepContext.Expanded?
        if drive.state.hasChildren {
            do { expanded = try await children.expanded(drive.state, &drive.read) } catch {
                return unread(error, node, drive.state, at: now)
            }
        }
        return await run(
            &drive, runner.attempt(node, of: drive.state, at: now, keeper: keeper, expanded: expanded), handler)
    }

    @inline(__always) func run(
        _ drive: inout Drive, _ step: consuming StepContext, _ handler: AnyHandler
    ) async -> Fact? {
        drive.slot.begin(step, after: drive.state.chain)
        if tracer.isActive { traceStart(step) }
        var fact = await runner.run(step, by: handler)
        drive.tokens = step.tokenNotes
        if drive.slot.end() {
            for row in await drive.slot.sideRows() {
                drive.state.apply(row.body.events, position: drive.state.position, at: row.body.at)
                drive.state.chain = row.hash
            }
        }
        if case .childrenRequested? = fact { fact = await resolved(fact) }
        if let budget = drive.budget { drive.budget = budget - 1 }
        guard fact != nil, drive.slot.stopped != .lost else { return nil }
        metrics.steps.increment()
        return fact
    }

    /// This instance lacks the handler: another may have it, or nobody has. How long it has been due for is kept, so that
    /// the wait for a worker comes to its end.
    func handOver(_ drive: inout Drive, _ node: FlowGraph.Node) async -> DriveEnd? {
        let missing = Fact.cannotRun(
            Failure("HANDLER_NOT_FOUND", "no handler has the type '\(node.type)'", stepID: node.id))
        if let end = await passOn(&drive, needs: node.type) { return end }
        return await commit(&drive, missing)
    }

    /// Leaves the execution to those who have the handler, or may have it yet. Nil: it has waited for long enough.
    func passOn(_ drive: inout Drive, needs type: String) async -> DriveEnd? {
        guard isClustered || remoteWorkers.hasAny else { return nil }
        let isServed = await isServed(type)
        let wait = drive.flow.spec.handlerWait ?? configuration.handlerWait
        if clock.now - drive.dueAt >= wait, !isServed { return nil }
        let end = await repark(&drive, due: min(drive.dueAt, clock.now), needs: type, announced: false)
        // Claims by others leave it alone unless they have the handler: they only have to look.
        if isServed { coordination.wakes.signal([WakeHint(executionID: nil, reason: "look", needs: type)]) }
        return end == .lost ? .lost : .parked(due: .distantFuture, woken: false)
    }

    private func isServed(_ type: String) async -> Bool {
        guard let workers = try? await store.workers() else { return true }
        return workers.contains { $0.isLive && $0.handlers.contains(type) }
    }

    /// When an execution that was driven a limited way is looked at next.
    func rest(_ execution: ExecutionState) -> Timestamp {
        execution.creation.autoRun ? clock.now : .distantFuture
    }

    // MARK: - Commits

    /// Makes the transition that `fact` causes durable. Nil: go on driving.
    ///
    /// - Parameter more: what else happened to branches meanwhile; all of it becomes one row.
    func commit(_ drive: inout Drive, _ fact: Fact, _ more: ArraySlice<Fact> = []) async -> DriveEnd? {
        let pending = pending(&drive, fact, more)
        #if SKEIN_FAILPOINTS
        if case .park = pending.append.effect { await Failpoint.reach("sleep.beforeCommit") }
        #endif
        let outcome: AppendOutcome
        do {
            outcome = try await journal.commit(pending.append)
        } catch {
            guard let known = await insist(pending.append, drive.slot, after: error) else { return .lost }
            outcome = known
        }
        #if SKEIN_FAILPOINTS
        if case .park = pending.append.effect { await Failpoint.reach("sleep.afterCommit") }
        if case .fenced = outcome { Failpoint.note("fenced") }
        #endif
        switch outcome {
        case .fenced:
            metrics.fenced.increment()
            logger.debug(
                "fenced",
                metadata: [
                    "execution.id": "\(drive.slot.executionID)", "log.position": "\(pending.append.position)",
                ])
            return .lost
        case .refused(let error):
            return await refuse(&drive, fact, more, error)
        case .committed(let woken):
            let end = settle(&drive, pending, woken: woken)
            if end == .ended, drive.state.status != .completed { await pauseSchedule(drive.state.creation) }
            return end
        }
    }

    private func pending(_ drive: inout Drive, _ fact: Fact, _ more: ArraySlice<Fact>) -> Pending {
        let now = clock.now
        var transition =
            more.isEmpty
            ? drive.flow.decision.decide(drive.state, fact, at: now, random: Mixer.fraction())
            : drive.flow.decision.decide(drive.state, [fact] + more, at: now, random: Mixer.fraction)
        let spawns =
            switch fact {
            case .childrenRequested, .childSpawned: true
            default: !more.isEmpty
            }
        let isDue =
            drive.state.position + Int64(transition.events.count) - drive.snapshotPosition
            >= max(Int64(configuration.snapshotEvery), drive.snapshotBytes / Self.bytesPerEvent)
        var effect = Append.Effect.none
        var after: ExecutionState?
        switch transition.then {
        case .proceed where !isDue && drive.handoff == nil: break
        case .end(let status) where !isDue: effect = .end(status)
        case .proceed, .end, .park:
            // The state after the row, where the row itself needs it.
            var next = drive.state
            next.apply(transition.events, position: next.position, at: now)
            after = next
            switch transition.then {
            case .proceed where drive.handoff != nil, .park where drive.handoff != nil:
                (transition.then, effect) = leave(drive, next, at: now)
            case .proceed: break
            case .end(let status): effect = .end(status)
            case .park
            where next.branches.contains(where: { $0.awaitedRound.map { !drive.attended.contains($0) } ?? false }):
                // Children have yet to be looked after.
                transition.then = .proceed
            case .park(let due):
                let due = min(due, drive.lookAgain ?? due)
                effect = .park(due: due, seenGeneration: drive.seenGeneration, needs: drive.flow.needs(next))
                let inbox = drive.inbox.filter { !transition.consumed.contains($0.generation) }
                if !inbox.isEmpty, drive.flow.decision.hasNews(next, inbox: inbox, at: now) {
                    // What it would wait for is here already, and no wake will come for what this owner has seen.
                    (transition.then, effect) = (.proceed, .none)
                }
            }
        }
        let end: ExecutionStatus? = if case .end(let status) = transition.then { status } else { nil }
        let (operationID, count) = (OperationID.new(), Int16(clamping: transition.events.count))
        let body = LogBody.encoded(workerID: drive.handoff?.writer ?? identity.id, at: now, events: transition.events)
        let hash = RowHash.of(
            drive.slot.executionID, position: drive.state.position, count: count, kind: transition.kind,
            operationID: operationID, body: body, after: drive.state.chain)
        after?.chain = hash
        let snapshot = after.map { Snapshot(status: $0.status, bytes: isDue ? $0.snapshot() : nil) }
        let append = Append(
            executionID: drive.slot.executionID, position: drive.state.position, kind: transition.kind,
            count: count, operationID: operationID, at: now, body: body, hash: hash, effect: effect, snapshot: snapshot,
            consumed: transition.consumed,
            family: drive.state.family(after: transition.events, end: end, spawns: spawns),
            cascades: drive.state.cascades(after: transition.events),
            closedTokens: drive.state.closedTokens(by: transition.events))
        return Pending(append: append, events: transition.events, then: transition.then, at: now)
    }

    /// After the commit. Nil: go on driving.
    private func settle(_ drive: inout Drive, _ pending: Pending, woken: Bool) -> DriveEnd? {
        let append = pending.append
        drive.state.apply(pending.events, position: append.position, at: pending.at)
        drive.state.chain = append.hash
        if tracer.isActive { trace(pending.events, of: drive, at: append.position, pending.at) }
        drive.dueAt = pending.at
        if append.kind == .pause { warnOfQuarantine(drive) }
        if append.cascades { fanIn.cascadeBegun() }
        if let bytes = append.snapshot?.bytes {
            drive.snapshotPosition = drive.state.position
            drive.snapshotBytes = Int64(bytes.count)
        }
        if !append.consumed.isEmpty { drive.inbox.removeAll { append.consumed.contains($0.generation) } }
        coordination.events.publish(
            EventNotice(
                executionID: append.executionID, rootID: drive.state.creation.rootID,
                position: drive.state.position - 1, isEnd: drive.state.status.isEnded))
        switch pending.then {
        case .proceed: return nil
        case .end:
            metrics.ended.increment()
            hasEnded.raise()
            if case .reports = append.family { fanIn.childEnded() }
            return .ended
        case .park(let due):
            announce(drive, due, woken: woken, "timer")
            return .parked(due: due, woken: woken && !draining.isRaised)
        }
    }

    /// Tells the others when to look. What something has come for already is this instance's own to claim again, unless
    /// it is stopping.
    func announce(_ drive: borrowing Drive, _ due: Timestamp?, woken: Bool, _ reason: String) {
        if woken, due != nil, !draining.isRaised { return }
        if due == .distantFuture, !woken { return }
        coordination.wakes.signal([
            WakeHint(
                executionID: drive.slot.executionID, at: woken ? nil : due, reason: reason,
                lane: WakeHint.lane(of: drive.state.creation.tenantID))
        ])
    }

    /// Tries again while the store says that nothing was written, for as long as the slot may write. Nil: nothing is
    /// known.
    private func insist(_ append: Append, _ slot: Slot, after first: any Error) async -> AppendOutcome? {
        var error = first
        while true {
            guard let failure = error as? StoreError, failure.code == .unavailable, slot.stopped == nil else {
                return nil
            }
            logger.debug("the store is unavailable", metadata: ["error": "\(failure)"])
            do {
                try await clock.sleep(for: .milliseconds(100))
                return try await journal.commit(append)
            } catch let next {
                error = next
            }
        }
    }

    /// The row cannot be stored: the step that made it fails, and if even that cannot be written the execution is left
    /// to its lease.
    private func refuse(_ drive: inout Drive, _ fact: Fact, _ more: ArraySlice<Fact>, _ error: StoreError) async
        -> DriveEnd?
    {
        logger.warning(
            "a row was refused", metadata: ["execution.id": "\(drive.slot.executionID)", "error": "\(error)"])
        guard more.isEmpty else {
            // One of them is to blame: each alone finds out which.
            for fact in [fact] + more { if let end = await commit(&drive, fact) { return end } }
            return nil
        }
        switch fact {
        case .stepSucceeded(let attempt, _, _), .waitRequested(let attempt, _):
            return await commit(
                &drive,
                .stepFailed(
                    attempt,
                    StepFailure("INVALID_OUTPUT", "the result cannot be stored: \(error.message)", isRetryable: false)))
        default:
            return .lost
        }
    }
}

/// Finishes a terminal write although the caller is being cancelled.
func shielded<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) async -> Value {
    await Task { await body() }.value
}

// Steps that workers outside run. An instance drives up to them, gives the attempt away by a row of its own and lets go;
// whoever hears how it ended goes on from there.

import Metrics
import SkeinCore

/// What a row has to do with a worker outside.
enum Handoff: Sendable {
    /// It gives attempts away; unless the worker takes the execution, somebody looks at it then.
    case out(until: Timestamp)
    /// It says how an attempt of this worker ended.
    case back(WorkerID)

    /// Whose row it is; nil: the instance's.
    var writer: WorkerID? {
        if case .back(let worker) = self { worker } else { nil }
    }
}

extension Driver {
    /// Gives the attempts of these steps to the worker that asks, as far as it has their handlers. Nil: go on driving.
    func handOut(_ drive: inout Drive, _ nodes: [FlowGraph.Node]) async -> DriveEnd? {
        guard let offer = drive.offer else { return nil }
        var nodes = nodes.filter { offer.types.contains($0.type) }[...]
        guard let first = nodes.first else { return await handBack(&drive) }
        if isLimited(drive, nil) {
            let entry = await enter(&drive, first.id, type: first.type)
            guard case .open = entry else { return await turnAway(&drive, first, entry) }
        }
        let room = offer.take(upTo: nodes.count)
        nodes = nodes.prefix(room)
        var facts: [Fact] = []
        var taken: [(step: StepContext, input: JSONValue)] = []
        let now = clock.now
        for node in nodes {
            var expanded: StepContext.Expanded?
            if drive.state.hasChildren {
                do { expanded = try await children.expanded(drive.state, &drive.read) } catch {
                    facts += [unread(error, node, drive.state, at: now)].compactMap(\.self)
                    continue
                }
            }
            let step = StepContext(
                node, of: drive.state, startedAt: now, environment: runner.environment, expanded: expanded)
            switch await runner.begin(step) {
            case .over(let fact): facts.append(fact)
            case .input(let input): taken.append((step, input))
            case .cut: break
            }
        }
        if !facts.isEmpty {
            offer.giveBack(room)
            return await commit(&drive, facts[0], facts.dropFirst())
        }
        guard !taken.isEmpty else {
            offer.giveBack(room)
            return await repark(&drive, due: min(drive.dueAt, now), needs: first.type)
        }
        return await handOut(&drive, taken, by: offer, at: now)
    }

    /// The same with a step's compensation.
    func handOut(
        _ drive: inout Drive, _ node: FlowGraph.Node, _ compensation: Compensation, _ undo: Undo
    ) async -> DriveEnd? {
        // Code is undone where it is.
        guard let offer = drive.offer, node.compensate != nil, offer.types.contains(compensation.type) else {
            return await handBack(&drive)
        }
        let now = clock.now
        var expanded: StepContext.Expanded?
        if drive.state.hasChildren {
            expanded = try? await children.expanded(drive.state, undoing: undo.output, &drive.read)
            if expanded == nil { return await repark(&drive, due: now + .seconds(1), needs: compensation.type) }
        }
        let step = StepContext(
            node, compensation, of: undo, in: drive.state, startedAt: now, environment: runner.environment,
            expanded: expanded)
        switch await runner.begin(step) {
        case .over(let fact): return await commit(&drive, fact)
        case .cut: return await repark(&drive, due: now, needs: compensation.type)
        case .input(let input): return await handOut(&drive, [(step, input)], by: offer, at: now)
        }
    }

    private func handOut(
        _ drive: inout Drive, _ taken: [(step: StepContext, input: JSONValue)], by offer: WorkOffer, at now: Timestamp
    ) async -> DriveEnd {
        let lease = taken.map { runner.lease(of: $0.step, at: now, atMost: configuration.lease) }.min() ?? .zero
        let facts = taken.map {
            Fact.handedOut($0.step.stepID, attempt: $0.step.attempt, startedAt: now, to: offer.workerID)
        }
        drive.handoff = .out(until: now + lease)
        let end = await commit(&drive, facts[0], facts.dropFirst())
        drive.handoff = nil
        guard case .parked? = end else { return end ?? .lost }
        let items = taken.compactMap { step, input in
            drive.state.handOut(of: step.stepID).map {
                WorkItem(step, input: input, $0, lease: lease, limit: runner.limit(of: step))
            }
        }
        offer.put(items, lease: lease)
        return .parked(due: .distantFuture, woken: false)
    }

    /// The worker that asks is not the one for it: whoever is finds it.
    private func handBack(_ drive: inout Drive) async -> DriveEnd {
        let due = drive.state.creation.autoRun ? min(drive.dueAt, clock.now) : .distantFuture
        // Needs no handler: an instance finds out what is next.
        return await repark(&drive, due: due, needs: "")
    }

    /// What follows a row that has to do with a worker outside: nobody has the execution, unless other attempts of it
    /// are outside still. It needs no handler then: any instance goes on with it, or finds out that a worker is gone.
    func leave(_ drive: borrowing Drive, _ next: ExecutionState, at now: Timestamp) -> (
        Transition.Continuation, Append.Effect
    ) {
        var due = now
        switch drive.handoff {
        case .out(let until)?: due = until
        case .back?, nil: if !next.handedOut.isEmpty { return (.proceed, .none) }
        }
        // The worker takes it, or this instance: nobody is told.
        return (.park(due: .distantFuture), .park(due: due, seenGeneration: drive.seenGeneration, needs: ""))
    }

    /// Appends `recovered` for an execution that was taken over. Nil: go on.
    func takeOver(_ drive: inout Drive, from previous: WorkerID?) async -> DriveEnd? {
        metrics.recovered.increment()
        let recovered = Fact.ownerLost(previous, reason: previous == nil ? "released" : "worker unavailable")
        let late = previous == nil ? [] : overdue(drive)
        if late.isEmpty { return await commit(&drive, recovered) }
        // That they are out of time ends them; what else was given away is cut off.
        let facts = late.count < drive.state.handedOut.count ? late + [recovered] : late
        return await commit(&drive, facts[0], facts.dropFirst())
    }

    /// The attempt of this step that a worker outside has.
    func remote(_ stepID: StepID, _ state: ExecutionState, _ flow: CompiledFlow, keeper: (any CheckpointKeeper)? = nil)
        -> (step: StepContext, handOut: HandOut)?
    {
        guard let handOut = state.handOut(of: stepID), let node = flow.decision.graph.node(of: stepID) else {
            return nil
        }
        guard state.rollback != nil else {
            let step = StepContext(
                node, of: state, startedAt: handOut.startedAt, environment: runner.environment, keeper: keeper)
            return (step, handOut)
        }
        guard let undo = state.undo.last, let compensation = node.compensate else { return nil }
        let step = StepContext(
            node, compensation, of: undo, in: state, startedAt: handOut.startedAt, environment: runner.environment)
        return (step, handOut)
    }

    /// Attempts of workers outside that were out of time as their lease ended.
    private func overdue(_ drive: borrowing Drive) -> [Fact] {
        // The lease has ended by the store's clock, which may be ahead of this one.
        let (now, state, flow) = (max(clock.now, drive.dueAt), drive.state, drive.flow)
        return state.handedOut.compactMap { stepID in
            guard let (step, _) = remote(stepID, state, flow) else { return nil }
            return runner.outOfTime(step, at: now, silentFor: configuration.lease)
        }
    }
}

// What an execution needs next, before anything happens: the question the shell asks after every commit and every
// claim.

/// What an owner does with an execution now.
public enum Plan: Sendable {
    /// Run this step's current attempt.
    case run(FlowGraph.Node)
    /// Run the compensation of this step.
    indirect case compensate(FlowGraph.Node, Compensation, Undo)
    /// It has several branches: see ``Decision/plans(_:inbox:at:busy:)``.
    case branches
    /// Something is already so: record it first.
    indirect case record(Fact)
    /// Nothing to do before this time.
    case park(due: Timestamp)
    case ended
}

/// Something that was sent to an execution and waits in its inbox.
public struct InboxItem: Sendable, Hashable {
    public enum Kind: Int16, Sendable, Hashable { case signal = 1, resume, token, note }

    public var generation: Int64
    public var kind: Kind
    /// The signal's name; for `resume` the position of the wait it is addressed to, for `token` a ``TokenUse``. A `note`
    /// is for the log only.
    public var name: String
    public var payload: JSONValue?

    public init(generation: Int64, kind: Kind, name: String, payload: JSONValue?) {
        self.generation = generation
        self.kind = kind
        self.name = name
        self.payload = payload
    }
}

extension Decision {
    /// - Parameter inbox: what was sent and not consumed, in accept order.
    public func plan(_ execution: ExecutionState, inbox: [InboxItem] = [], at now: Timestamp) -> Plan {
        if execution.status.isEnded { return .ended }
        if execution.isPaused { return .park(due: .distantFuture) }
        if execution.crashes >= policy.crashLimit { return .record(.crashLimitReached) }
        if let rollback = execution.rollback { return compensate(execution, rollback, at: now) }
        if let deadline = execution.creation.deadline, deadline <= now { return .record(.deadlineReached) }
        if let news = news(inbox) { return .record(news) }
        guard let branch = execution.main else { return execution.isBranched ? .branches : .ended }
        return plan(execution, branch, inbox, at: now)
    }

    /// What the branches of an execution need, besides those whose step runs already (`busy`).
    ///
    /// - Returns: what to record, which steps to run, and when to look again by itself.
    public func plans(_ execution: ExecutionState, inbox: [InboxItem], at now: Timestamp, busy: Set<StepID> = [])
        -> (facts: [Fact], steps: [FlowGraph.Node], due: Timestamp)
    {
        var facts: [Fact] = []
        var steps: [FlowGraph.Node] = []
        var due = Timestamp.distantFuture
        var inbox = inbox
        if let news = news(inbox) { facts.append(news) }
        for branch in execution.branches where !busy.contains(branch.stepID) {
            switch plan(execution, branch, inbox, at: now) {
            case .run(let node): steps.append(node)
            case .park(let time): due = min(due, time)
            case .record(let fact):
                if case .signalArrived(_, _, _, let generation) = fact {
                    inbox.removeAll { $0.generation == generation }
                }
                facts.append(fact)
            case .compensate, .branches, .ended: break
            }
        }
        return (facts, steps, due)
    }

    /// Whether there is something to record.
    public func hasNews(_ execution: ExecutionState, inbox: [InboxItem], at now: Timestamp) -> Bool {
        switch plan(execution, inbox: inbox, at: now) {
        case .record: true
        case .branches: !plans(execution, inbox: inbox, at: now).facts.isEmpty
        case .run, .compensate, .park, .ended: false
        }
    }

    private func plan(_ execution: ExecutionState, _ branch: Branch, _ inbox: [InboxItem], at now: Timestamp) -> Plan {
        guard let wait = branch.wait else { return run(execution, branch.stepID) }
        for item in inbox {
            switch (item.kind, wait.kind) {
            case (.resume, .manual), (.resume, .timer), (.resume, .token):
                guard item.name == String(branch.waitPosition) else { continue }
                return .record(.resumed(wait.stepID, data: item.payload, cause: .resume))
            case (.signal, .signal):
                guard item.name == wait.signal else { continue }
                return .record(
                    .signalArrived(
                        wait.stepID, name: item.name, payload: item.payload, generation: item.generation))
            case (.token, .token):
                guard let use = TokenUse(item.name, at: wait.stepID), use.fits(branch, wait) else { continue }
                return .record(.tokenArrived(wait.stepID, use.id, data: item.payload, generation: item.generation))
            default: continue
            }
        }
        if let wakeAt = wait.wakeAt, wakeAt <= now {
            return wait.kind == .retry ? run(execution, wait.stepID) : .record(.timerDue(wait.stepID))
        }
        if let timeoutAt = wait.timeoutAt, timeoutAt <= now { return .record(.waitTimedOut(wait.stepID)) }
        return .park(due: min(wait.due, execution.creation.deadline ?? .distantFuture))
    }

    /// What was done to tokens from outside, for the log.
    private func news(_ inbox: [InboxItem]) -> Fact? {
        guard !inbox.isEmpty else { return nil }
        let items = inbox.filter { $0.kind == .note }
        let notes = items.compactMap { TokenNote($0.payload) }
        return notes.isEmpty ? nil : .tokensChanged(notes, consumed: items.map(\.generation))
    }

    private func compensate(_ execution: ExecutionState, _ rollback: Rollback, at now: Timestamp) -> Plan {
        guard let undo = execution.undo.last, let node = graph.node(of: undo.stepID) else { return .ended }
        // The code undoes its pieces by itself, unless the step as a whole has a compensation.
        guard let compensate = node.compensate ?? (undo.checkpoints.isEmpty ? nil : .byCode(of: node)) else {
            return .ended
        }
        if let retryAt = rollback.retryAt, retryAt > now { return .park(due: retryAt) }
        guard rollback.isCompensating else { return .record(.compensationDue(undo.stepID)) }
        return .compensate(node, compensate, undo)
    }

    private func run(_ execution: ExecutionState, _ stepID: StepID) -> Plan {
        guard let node = graph.node(of: stepID) else {
            return .record(.cannotRun(Failure("STEP_NOT_FOUND", "the flow has no step '\(stepID)'", stepID: stepID)))
        }
        let limit = graph.spec.maxSteps ?? policy.maxSteps
        if node.isCommit, execution.settled.contains(stepID) { return .record(.stepSkipped(stepID, .committed)) }
        guard execution.stepCount < limit else {
            return .record(.cannotRun(Failure("MAX_STEPS", "the execution exceeded \(limit) steps", stepID: stepID)))
        }
        if let problem = graph.spec.growth.problem(at: execution.position) {
            return .record(.cannotRun(Failure("LOG_LIMIT", problem, stepID: stepID)))
        }
        return .run(node)
    }
}

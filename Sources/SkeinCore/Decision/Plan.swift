// What an execution needs next, before anything happens: the question the shell asks after every commit and every
// claim.

/// What an owner does with an execution now.
public enum Plan: Sendable {
    /// Run this step's current attempt.
    case run(FlowGraph.Node)
    /// Something is already so: record it first.
    indirect case record(Fact)
    /// Nothing to do before this time.
    case park(due: Timestamp)
    case ended
}

/// Something that was sent to an execution and waits in its inbox.
public struct InboxItem: Sendable, Hashable {
    public enum Kind: Int16, Sendable, Hashable { case signal = 1, resume }

    public var generation: Int64
    public var kind: Kind
    /// The signal's name; for `resume` the position of the wait it is addressed to.
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
        if case .ended = execution.phase { return .ended }
        if let deadline = execution.creation.deadline, deadline <= now { return .record(.deadlineReached) }
        switch execution.phase {
        case .ended: return .ended
        case .step(let stepID): return run(execution, stepID)
        case .waiting(let wait): return wake(execution, wait, inbox, at: now)
        }
    }

    private func wake(_ execution: ExecutionState, _ wait: Wait, _ inbox: [InboxItem], at now: Timestamp) -> Plan {
        for item in inbox {
            switch (item.kind, wait.kind) {
            case (.resume, .manual), (.resume, .timer):
                guard item.name == String(execution.waitPosition) else { continue }
                return .record(.resumed(data: item.payload, cause: .resume))
            case (.signal, .signal):
                guard item.name == wait.signal else { continue }
                return .record(.signalArrived(name: item.name, payload: item.payload, generation: item.generation))
            default: continue
            }
        }
        if let wakeAt = wait.wakeAt, wakeAt <= now {
            return wait.kind == .retry ? run(execution, wait.stepID) : .record(.timerDue)
        }
        if let timeoutAt = wait.timeoutAt, timeoutAt <= now { return .record(.waitTimedOut) }
        return .park(due: min(wait.due, execution.creation.deadline ?? .distantFuture))
    }

    private func run(_ execution: ExecutionState, _ stepID: StepID) -> Plan {
        guard let node = graph.node(of: stepID) else {
            return .record(.cannotRun(Failure("STEP_NOT_FOUND", "the flow has no step '\(stepID)'", stepID: stepID)))
        }
        let limit = graph.spec.maxSteps ?? policy.maxSteps
        guard execution.stepCount < limit else {
            return .record(.cannotRun(Failure("MAX_STEPS", "the execution exceeded \(limit) steps", stepID: stepID)))
        }
        return .run(node)
    }
}

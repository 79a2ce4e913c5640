// Where branches go, meet and end.

extension Decision {
    /// Where a branch goes on from a step: to the step its handler chose, or to the declared ones. A join is entered by
    /// the last of its steps; when no other branch is left that could arrive, joins start with what has.
    func onward(_ execution: ExecutionState, from node: FlowGraph.Node, _ choice: StepID?, else declared: [Int])
        -> Result<Onward, Failure>
    {
        var targets = declared
        if let choice {
            guard let chosen = graph.index(of: choice) else {
                return .failure(
                    Failure(
                        "INVALID_TRANSITION", "the handler chose the step '\(choice)', which the flow does not have"))
            }
            targets = [chosen]
        }
        guard graph.traits.isParallel else {
            // A list with more than one would make the flow parallel.
            return .success(targets.first.map { .step(graph.nodes[$0].id) } ?? .end)
        }
        var entered: [StepID] = []
        var joining: [StepID] = []
        for target in targets {
            let next = graph.nodes[target]
            guard next.join.count < 2 || !next.join.contains(node.id) || isLast(node.id, at: next, execution) else {
                joining.append(next.id)
                continue
            }
            if next.id != node.id, execution.branch(at: next.id) != nil {
                return .failure(
                    Failure(
                        "INVALID_TRANSITION",
                        "the step '\(next.id)' was entered by two branches at once; it needs a join"))
            }
            if !entered.contains(next.id) { entered.append(next.id) }
        }
        if entered.isEmpty, execution.branchFailure == nil, isAlone(execution) {
            let pending = Set(execution.joins.keys).union(joining)
            if !pending.isEmpty {
                let joins = pending.sorted { (graph.index(of: $0) ?? 0) < (graph.index(of: $1) ?? 0) }
                return .success(.fork(joins, joining: []))
            }
        }
        return .success(Onward(entered, joining: joining))
    }

    private func isLast(_ stepID: StepID, at join: FlowGraph.Node, _ execution: ExecutionState) -> Bool {
        let arrived = execution.joins[join.id] ?? []
        return arrived.count + (arrived.contains(stepID) ? 0 : 1) == join.join.count
    }

    /// Whether no branch is left beside the one that ends.
    private func isAlone(_ execution: ExecutionState) -> Bool { execution.others.count <= 1 }

    /// The transition of a step that ended and goes on to `next`.
    func close(
        _ execution: ExecutionState, _ stepID: StepID, _ next: Onward, _ event: ExecutionEvent,
        isUndoable: Bool = false
    ) -> Transition {
        guard !next.entersSteps else { return Transition([event], then: .proceed) }
        guard isAlone(execution) else { return Transition([event], then: rest(execution, without: stepID)) }
        if let failure = execution.branchFailure {
            return finish(execution, [event], failed: failure, isUndoable: isUndoable)
        }
        return Transition([event, .completed], then: .end(.completed))
    }

    /// The execution fails: what was completed is compensated, if anything can be.
    func finish(
        _ execution: ExecutionState, _ events: [ExecutionEvent], failed failure: Failure, isUndoable: Bool = false
    ) -> Transition {
        guard isUndoable || execution.canRollBack else {
            return Transition(events + [.failed(failure)], then: .end(.failed))
        }
        return Transition(events + [.rollbackStarted(failure, nil)], then: .proceed)
    }

    /// What cannot go on at all.
    func giveUp(_ execution: ExecutionState, _ failure: Failure) -> Transition {
        finish(execution, [], failed: failure)
    }

    // MARK: - Letting go

    /// What an execution does when one branch waits: nothing, when all others do, too.
    func parking(_ execution: ExecutionState, _ stepID: StepID, _ due: Timestamp?) -> Transition.Continuation {
        guard let due else { return .proceed }
        guard execution.isBranched else { return .park(due: earlier(due, execution)) }
        guard case .park(let others) = rest(execution, without: stepID) else { return .proceed }
        return .park(due: min(due, others))
    }

    /// What the branches besides this one do.
    func rest(_ execution: ExecutionState, without stepID: StepID) -> Transition.Continuation {
        var due = Timestamp.distantFuture
        for (id, branch) in execution.others where id != stepID {
            guard let wait = branch.wait else { return .proceed }
            due = min(due, wait.due)
        }
        return .park(due: earlier(due, execution))
    }

    /// A parked execution is looked at when it is out of time, too.
    func earlier(_ due: Timestamp, _ execution: ExecutionState) -> Timestamp {
        min(due, execution.creation.executionTimeout == nil ? due : execution.creation.deadline ?? due)
    }
}

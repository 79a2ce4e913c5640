// Children: a step starts them, lets go, and ends with what became of them.

extension Decision {
    func start(
        _ execution: ExecutionState, _ attempt: StepAttempt, _ spawn: Spawn, at now: Timestamp, random: Double
    ) -> Transition {
        let limits = graph.spec.growth
        let problem: String? =
            if spawn.contexts.count > limits.children {
                "the step asks for \(spawn.contexts.count) children, the limit is \(limits.children)"
            } else if execution.creation.depth >= limits.childDepth {
                "the execution has \(execution.creation.depth) ancestors, the limit is \(limits.childDepth)"
            } else {
                nil
            }
        if let problem {
            return fail(
                execution, attempt, StepFailure("CHILDREN_LIMIT", problem, isRetryable: false), timedOut: false,
                at: now,
                random: random)
        }
        var wait = Wait(kind: .children, stepID: attempt.stepID, reason: spawn.purpose, startedAt: now)
        wait.enter(spawn.stage)
        // It goes on: the children have yet to be made.
        return Transition(
            [.stepSuspended(attempt, output: nil), .childrenCreated(attempt.stepID, spawn), .waiting(wait)],
            then: .proceed)
    }

    func gather(
        _ execution: ExecutionState, _ stepID: StepID, _ outcomes: [ChildOutcome], at now: Timestamp, random: Double
    ) -> Transition {
        guard let branch = execution.branch(at: stepID), let spawn = branch.spawn, let wait = branch.wait else {
            return Transition([], then: .proceed)
        }
        let attempt = StepAttempt(
            stepID: stepID, attempt: branch.attempt, startedAt: wait.startedAt, endedAt: now)
        if wait.stage != nil {
            return goOn(execution, stepID, Resumption(.children, data: spawn.report(of: outcomes)), at: now)
        }
        if spawn.awaits, !spawn.collects, let failed = outcomes.first(where: { $0.status != .completed }) {
            var details: JSONObject = [
                "childExecutionId": .string(failed.id.description), "status": .string(failed.status.rawValue),
            ]
            details["error"] = failed.error?.json
            let message = failed.error.map { "\($0)" } ?? failed.status.rawValue
            return fail(
                execution, attempt,
                StepFailure(
                    "CHILD_FAILED", "the child \(failed.id) did not complete: \(message)", details: .object(details)),
                timedOut: false, at: now, random: random)
        }
        return succeed(
            execution, attempt, output(spawn, outcomes, of: stepID), choice: nil, at: now, random: random)
    }

    private func output(_ spawn: Spawn, _ outcomes: [ChildOutcome], of stepID: StepID) -> EncodedValue {
        guard spawn.awaits else { return EncodedValue(encoding: started(spawn, outcomes)) }
        let reference = ChildReference(spawn)
        let encoded = EncodedValue(encoding: reference.value(of: outcomes))
        // What is merged into the context has to be there.
        let isMerged = graph.node(of: stepID)?.outputKeyText == StepOutput.root
        return encoded.count > ChildReference.threshold && !isMerged ? EncodedValue(encoding: reference.json) : encoded
    }

    /// Children that nobody waits for.
    private func started(_ spawn: Spawn, _ outcomes: [ChildOutcome]) -> JSONValue {
        guard !spawn.isMap else { return .array(outcomes.map { .string($0.id.description) }) }
        guard let child = outcomes.first else { return .null }
        return [
            "childExecutionId": .string(child.id.description), "flowId": .string(spawn.flowID),
            "mode": "fire-and-forget",
        ]
    }
}

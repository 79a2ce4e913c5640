// The heart: (flow, execution, fact) -> transition. No clock, no I/O, no randomness: times and one random number come
// in.

/// Decides what a fact does to an execution. Immutable, and shared by all executions of a flow.
public final class Decision: Sendable {
    public let graph: FlowGraph
    public let policy: DecisionPolicy

    public init(_ graph: FlowGraph, policy: DecisionPolicy = DecisionPolicy()) {
        self.graph = graph
        self.policy = policy
    }

    /// The transition that `fact` causes.
    ///
    /// - Parameters:
    ///   - execution: its state, exact up to its last row.
    ///   - now: the present by the engine's clock.
    ///   - random: 0 ..< 1, for the jitter of a retry.
    public func decide(_ execution: ExecutionState, _ fact: Fact, at now: Timestamp, random: Double = 0) -> Transition {
        var transition = transition(execution, fact, at: now, random: random)
        if execution.startedAt == nil, !transition.beginsNothing { transition.events.insert(.started, at: 0) }
        return transition
    }

    /// The one transition that several facts cause: what happened to branches while the last row was on its way.
    ///
    /// Facts after the one that ends the execution are dropped.
    public func decide(_ execution: ExecutionState, _ facts: [Fact], at now: Timestamp, random: () -> Double)
        -> Transition
    {
        var state = execution
        var merged = Transition([], then: .proceed)
        for fact in facts {
            let next = decide(state, fact, at: now, random: random())
            state.apply(next.events, position: state.position, at: now)
            merged.events += next.events
            merged.consumed += next.consumed
            merged.then = next.then
            if case .end = next.then { break }
            // A branch that fails may have ended the others.
            if !state.isBranched, state.main == nil { break }
        }
        return merged
    }

    private func transition(_ execution: ExecutionState, _ fact: Fact, at now: Timestamp, random: Double) -> Transition
    {
        switch fact {
        case .stepSucceeded(let attempt, let output, let next):
            succeed(execution, attempt, output, choice: next, at: now, random: random)
        case .stepFailed(let attempt, let failure):
            fail(execution, attempt, failure, timedOut: false, at: now, random: random)
        case .stepTimedOut(let attempt, let limit, let isSilent):
            fail(
                execution, attempt,
                StepFailure(
                    "TIMEOUT",
                    isSilent
                        ? "the step gave no sign of life for \(limit.wholeMilliseconds) ms"
                        : "the step did not end within \(limit.wholeMilliseconds) ms"),
                timedOut: true, at: now, random: random)
        case .stepSkipped(let stepID, let cause):
            skip(execution, stepID, cause)
        case .waitRequested(let attempt, let request):
            suspend(execution, attempt, request, at: now, random: random)
        case .timerDue(let stepID):
            goOn(
                execution, stepID, Resumption(.timer, dueAt: execution.branch(at: stepID)?.wait?.wakeAt),
                at: now)
        case .resumed(let stepID, let data, let cause):
            goOn(execution, stepID, Resumption(cause, data: data), at: now)
        case .signalArrived(let stepID, let name, let payload, let generation):
            goOn(
                execution, stepID, Resumption(.signal, data: payload),
                by: .signalConsumed(name: name, generation: generation), consuming: [generation], at: now)
        case .tokenArrived(let stepID, let id, let data, let generation):
            goOn(
                execution, stepID, Resumption(.token, data: data), by: .token(TokenNote(.used, id, stepID: stepID)),
                consuming: [generation], at: now)
        case .tokensChanged(let notes, let consumed):
            Transition(notes.map { .token($0) }, then: .proceed, consumed: consumed)
        case .waitTimedOut(let stepID):
            timeOut(execution, stepID, at: now)
        case .deadlineReached:
            deadline(execution)
        case .cannotRun(let failure):
            giveUp(execution, failure)
        case .stepRunning, .checkpointReached, .childSpawned, .progressed, .noted:
            Transition(fact.eventBeside.map { [$0] } ?? [], then: .proceed)
        case .handedOut(let stepID, let attempt, let startedAt, let worker):
            handOut(execution, stepID, attempt, startedAt, to: worker)
        case .childrenRequested(let attempt, let spawn):
            start(execution, attempt, spawn, at: now, random: random)
        case .childrenFinished(let stepID, let outcomes):
            gather(execution, stepID, outcomes, at: now, random: random)
        case .ownerLost(let worker, let reason):
            Transition([.recovered(from: worker, reason: reason)], then: .proceed)
        case .crashLimitReached: quarantine(execution)
        case .compensationDue(let stepID):
            Transition([.stepCompensating(stepID, attempt: execution.rollback?.attempt ?? 1)], then: .proceed)
        case .compensated(let attempt):
            compensated(execution, [.stepCompensated(attempt)], failed: nil)
        case .compensationFailed(let attempt, let failure):
            compensationFailed(execution, attempt, failure, at: now, random: random)
        }
    }

    // MARK: - Steps

    func succeed(
        _ execution: ExecutionState, _ ended: StepAttempt, _ output: EncodedValue?, choice: StepID?,
        at now: Timestamp, random: Double
    ) -> Transition {
        guard let node = graph.node(of: ended.stepID) else { return unknown(ended.stepID) }
        let stored = output.map { self.stored($0, of: node) }
        if let objection = objection(to: stored, of: node, in: execution) {
            return fail(execution, ended, objection, timedOut: false, at: now, random: random)
        }
        var attempt = ended
        attempt.isUndoable = node.compensate != nil || execution.hasUndoableCode(at: node.id)
        attempt.isCommit = node.isCommit
        switch onward(execution, from: node, choice, else: node.onSuccess) {
        case .failure(let failure):
            return finish(execution, [.stepFailed(ended, failure, next: .end)], failed: failure.at(ended.stepID))
        case .success(let next):
            return close(
                execution, node.id, next, .stepCompleted(attempt, output: stored, next: next),
                isUndoable: attempt.isUndoable)
        }
    }

    /// What a step's output does to the context.
    func stored(_ output: EncodedValue, of node: FlowGraph.Node) -> StepOutput {
        guard !node.outputs.isEmpty else { return StepOutput(output, key: node.outputKeyText) }
        if node.outputs.count == 1, node.outputs[0].path.text == "$.result", !node.outputs[0].name.contains(".") {
            return StepOutput(output, key: node.outputs[0].name)
        }
        var document: JSONObject = ["result": output.value]
        if let fields = output.value.object { document = document.merging(fields) }
        var stored = StepOutput(output)
        var patch = JSONObject()
        for named in node.outputs {
            patch[named.name] = (try? named.path.value(in: document, roots: [:])) ?? .null
        }
        stored.patch = patch
        return stored
    }

    /// Why an output must not be stored.
    func objection(to output: StepOutput?, of node: FlowGraph.Node, in execution: ExecutionState)
        -> StepFailure?
    {
        guard let output else { return nil }
        if let problem = problem(storing: output, of: node, in: execution) {
            return StepFailure("CONTEXT_LIMIT", problem, isRetryable: false)
        }
        if output.key == StepOutput.root, output.value.object == nil {
            return StepFailure(
                "INVALID_OUTPUT",
                "with the output key '$' a step must return an object, not \(output.value.kind.withArticle)",
                isRetryable: false)
        }
        guard graph.traits.isParallel, let conflict = conflict(output, of: node, in: execution) else { return nil }
        return StepFailure("CONTEXT_CONFLICT", conflict, isRetryable: false)
    }

    private func problem(storing output: StepOutput, of node: FlowGraph.Node, in execution: ExecutionState) -> String? {
        let limits = graph.spec.limits
        guard output.key == StepOutput.root || output.patch != nil else {
            return limits.problem(
                storing: output.encoded, at: output.key == nil ? nil : node.key(output), in: execution)
        }
        return limits.problem(merging: output.patch ?? output.value.object ?? [:], in: execution)
    }

    /// Two branches that run at once must not write one key: which of them is last would be chance.
    private func conflict(_ output: StepOutput, of node: FlowGraph.Node, in execution: ExecutionState) -> String? {
        let keys = (output.patch ?? (output.key == StepOutput.root ? output.value.object : nil))?.keys
        for key in keys ?? output.key.map({ [$0] }) ?? [] {
            for (other, writer) in execution.writers(overlapping: key)
            where writer != node.id && !graph.isOrdered(writer, node.id) {
                let place = other == key ? "'\(key)'" : "'\(other)' and '\(key)'"
                return "the steps '\(writer)' and '\(node.id)' run in parallel and both write \(place) of the context"
            }
        }
        return nil
    }

    func fail(
        _ execution: ExecutionState, _ attempt: StepAttempt, _ failed: StepFailure, timedOut: Bool, at now: Timestamp,
        random: Double
    ) -> Transition {
        guard let node = graph.node(of: attempt.stepID) else { return unknown(attempt.stepID) }
        var failure = failed.failure
        failure.stepID = nil
        func ended(_ next: Onward) -> ExecutionEvent {
            timedOut ? .stepTimedOut(attempt, failure, next: next) : .stepFailed(attempt, failure, next: next)
        }
        let failures = execution.branch(at: node.id)?.failures ?? 0
        if let retry = execution.creation.terms?.retry ?? node.retry ?? policy.retry, failed.isRetryable,
            failures < retry.maxAttempts,
            retry.retries(code: failure.code, isRetryable: true)
        {
            let delay = max(retry.delay(retry: failures, random: random), failed.retryAfter ?? .zero)
            let scheduled = ExecutionEvent.retryScheduled(
                attempt.stepID, retry: failures + 1, of: retry.maxAttempts,
                at: delay > .zero ? now + delay : Timestamp(microseconds: 0))
            return Transition(
                [ended(.end), scheduled], then: parking(execution, node.id, delay > .zero ? now + delay : nil))
        }
        switch onward(execution, from: node, failed.next, else: node.onFailure) {
        case .failure(let invalid):
            return finish(execution, [ended(.end)], failed: invalid.at(attempt.stepID))
        case .success where failed.next == nil && node.onFailure.isEmpty:
            return stop(execution, attempt.stepID, failure, ended)
        case .success(let next):
            return close(execution, node.id, next, ended(next))
        }
    }

    /// A branch fails for good.
    private func stop(
        _ execution: ExecutionState, _ stepID: StepID, _ failure: Failure, _ ended: (Onward) -> ExecutionEvent
    ) -> Transition {
        guard execution.isBranched, !graph.spec.failureCancelsBranches, execution.others.count > 1 else {
            return finish(
                execution, [ended(execution.isBranched ? .stop : .end)],
                failed: execution.branchFailure ?? failure.at(stepID))
        }
        return Transition([ended(.stop)], then: rest(execution, without: stepID))
    }

    private func skip(_ execution: ExecutionState, _ stepID: StepID, _ cause: Skip.Cause) -> Transition {
        guard let node = graph.node(of: stepID) else { return unknown(stepID) }
        switch onward(execution, from: node, nil, else: cause == .condition ? node.onSkip : node.onSuccess) {
        case .failure(let failure): return giveUp(execution, failure.at(stepID))
        case .success(let next):
            return close(execution, stepID, next, .stepSkipped(Skip(stepID, cause, next: next)))
        }
    }

    // MARK: - Waits

    private func suspend(
        _ execution: ExecutionState, _ attempt: StepAttempt, _ request: WaitRequest, at now: Timestamp, random: Double
    ) -> Transition {
        guard let node = graph.node(of: attempt.stepID) else { return unknown(attempt.stepID) }
        let stored = request.output.map { self.stored(EncodedValue(encoding: $0), of: node) }
        if let objection = objection(to: stored, of: node, in: execution) {
            return fail(execution, attempt, objection, timedOut: false, at: now, random: random)
        }
        var wait = Wait(kind: .manual, stepID: attempt.stepID, reason: request.reason, startedAt: now)
        wait.next = Onward((node.onResume.isEmpty ? node.onSuccess : node.onResume).map { graph.nodes[$0].id })
        wait.outputKey = node.outputKeyText
        if let reentry = request.reentry {
            wait.reentry = reentry
            wait.next = .step(node.id)
            wait.outputKey = nil
        }
        wait.enter(request.stage)
        switch request.until {
        case .time(let time):
            wait.kind = .timer
            wait.wakeAt = time
        case .signal(let name):
            wait.kind = .signal
            wait.signal = name
        case .child(let round):
            wait.kind = .children
            wait.round = round
        case .token:
            wait.kind = .token
        case .resume:
            break
        }
        if let timeout = request.timeout {
            wait.timeoutAt = now + timeout
        } else if wait.wakeAt == nil, wait.kind != .children, wait.stage == nil {
            wait.timeoutAt = now + (execution.creation.waitTimeout ?? graph.spec.waitTimeout ?? policy.waitTimeout)
        }
        return Transition(
            [.stepSuspended(attempt, output: stored), .waiting(wait)], then: parking(execution, node.id, wait.due))
    }

    func goOn(
        _ execution: ExecutionState, _ stepID: StepID, _ resumption: Resumption,
        by cause: ExecutionEvent? = nil, consuming consumed: [Int64] = [], at now: Timestamp
    ) -> Transition {
        guard let wait = execution.branch(at: stepID)?.wait, let node = graph.node(of: stepID) else {
            return Transition([], then: .proceed)
        }
        let events = cause.map { [$0] } ?? []
        let isReentered = wait.reentry != nil || wait.stage != nil
        if !isReentered, let data = resumption.data, let problem = problem(endingWith: data, wait, execution) {
            let attempt = StepAttempt(
                stepID: stepID, attempt: execution.branch(at: stepID)?.attempt ?? 1, startedAt: wait.startedAt,
                endedAt: now)
            let failure = StepFailure("CONTEXT_LIMIT", problem, isRetryable: false)
            var transition = fail(execution, attempt, failure, timedOut: false, at: now, random: 0)
            transition.events = events + transition.events
            transition.consumed = consumed
            return transition
        }
        var resumption = resumption
        guard wait.kind != .retry, !isReentered else {
            if execution.isBranched { resumption.stepID = stepID }
            return Transition(events + [.resumed(resumption)], then: .proceed, consumed: consumed)
        }
        resumption.isUndoable = node.compensate != nil
        var next = wait.next
        if graph.traits.isParallel {
            switch onward(execution, from: node, nil, else: node.onResume.isEmpty ? node.onSuccess : node.onResume) {
            case .failure(let failure): return giveUp(execution, failure.at(stepID))
            case .success(let now): next = now
            }
            resumption.stepID = stepID
            resumption.next = next
        }
        var transition = close(
            execution, stepID, next, .resumed(resumption), isUndoable: resumption.isUndoable)
        transition.events = events + transition.events
        transition.consumed = consumed
        return transition
    }

    /// Why the data that ends a wait must not be stored in the context.
    private func problem(endingWith data: JSONValue, _ wait: Wait, _ execution: ExecutionState) -> String? {
        let limits = graph.spec.limits
        var patch: JSONObject = ["resumeData": data]
        if let path = wait.outputKey.map({ DotPath(literal: $0) }), let top = path.segments.first {
            patch[top] = data
            let problem = limits.problem(storing: EncodedValue(encoding: data), at: path, in: execution)
            if let problem { return problem }
        }
        return limits.problem(merging: patch, in: execution)
    }

    private func timeOut(_ execution: ExecutionState, _ stepID: StepID, at now: Timestamp) -> Transition {
        guard let branch = execution.branch(at: stepID), let wait = branch.wait, let node = graph.node(of: stepID)
        else {
            return Transition([], then: .proceed)
        }
        // Code that waits finds out by itself that nothing came.
        if wait.reentry != nil { return goOn(execution, stepID, Resumption(.timer), at: now) }
        let attempt = StepAttempt(
            stepID: stepID, attempt: branch.attempt, startedAt: wait.startedAt, endedAt: now)
        let failure = Failure("TIMEOUT", "nothing ended the wait within \((now - wait.startedAt).wholeMilliseconds) ms")
        func ended(_ next: Onward) -> ExecutionEvent { .stepTimedOut(attempt, failure, next: next) }
        switch onward(execution, from: node, nil, else: node.onFailure) {
        case .failure(let invalid): return finish(execution, [ended(.end)], failed: invalid.at(stepID))
        case .success where node.onFailure.isEmpty: return stop(execution, stepID, failure, ended)
        case .success(let next): return close(execution, stepID, next, ended(next))
        }
    }

    private func deadline(_ execution: ExecutionState) -> Transition {
        let cancellation = Cancellation(source: .timeout, reason: "the execution is out of time")
        var transition = cancel(execution, cancellation)
        transition.events.insert(.timedOut(after: execution.creation.executionTimeout ?? .zero), at: 0)
        return transition
    }

    // MARK: - Small parts

    private func unknown(_ stepID: StepID) -> Transition {
        Transition(
            [.failed(Failure("STEP_NOT_FOUND", "the flow has no step '\(stepID)'", stepID: stepID))],
            then: .end(.failed))
    }
}

extension FlowGraph.Node {
    /// Where an output goes.
    fileprivate func key(_ output: StepOutput) -> DotPath? { outputKey ?? output.key.flatMap { DotPath(literal: $0) } }
}

extension ExecutionState {
    /// Keys that were written and hold, or are held by, this one.
    fileprivate func writers(overlapping key: String) -> [(key: String, writer: StepID)] {
        var found: [(String, StepID)] = []
        if let writer = writers[key] { found.append((key, writer)) }
        guard key.contains(".") || writers.keys.contains(where: { $0.contains(".") }) else { return found }
        for (other, writer) in writers where other.hasPrefix(key + ".") || key.hasPrefix(other + ".") {
            found.append((other, writer))
        }
        return found.sorted { $0.0 < $1.0 }
    }
}

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
        if execution.startedAt == nil, !transition.isTakeover { transition.events.insert(.started, at: 0) }
        return transition
    }

    private func transition(_ execution: ExecutionState, _ fact: Fact, at now: Timestamp, random: Double) -> Transition
    {
        switch fact {
        case .stepSucceeded(let attempt, let output, let next):
            succeed(execution, attempt, output, choice: next, at: now, random: random)
        case .stepFailed(let attempt, let failure):
            fail(execution, attempt, failure, timedOut: false, at: now, random: random)
        case .stepTimedOut(let attempt, let limit):
            fail(
                execution, attempt, StepFailure("TIMEOUT", "the step did not end within \(limit.wholeMilliseconds) ms"),
                timedOut: true, at: now,
                random: random)
        case .waitRequested(let attempt, let request):
            suspend(execution, attempt, request, at: now, random: random)
        case .timerDue:
            goOn(execution, Resumption(.timer, dueAt: execution.wait?.wakeAt), consumed: nil)
        case .resumed(let data, let cause):
            goOn(execution, Resumption(cause, data: data), consumed: nil)
        case .signalArrived(let name, let payload, let generation):
            goOn(execution, Resumption(.signal, data: payload), consumed: (name, generation))
        case .waitTimedOut:
            timeOut(execution, at: now, random: random)
        case .deadlineReached:
            Transition(
                [
                    .timedOut(after: execution.creation.executionTimeout ?? .zero),
                    .cancelled(Cancellation(source: .timeout, reason: "the execution is out of time")),
                ], then: .end(.cancelled))
        case .cannotRun(let failure):
            Transition([.failed(failure)], then: .end(.failed))
        case .stepRunning(let stepID, let attempt, let startedAt):
            Transition([.stepStarted(stepID, attempt: attempt, startedAt: startedAt)], then: .proceed)
        case .ownerLost(let worker, let reason):
            Transition([.recovered(from: worker, reason: reason)], then: .proceed)
        }
    }

    // MARK: - Steps

    private func succeed(
        _ execution: ExecutionState, _ attempt: StepAttempt, _ output: EncodedValue?, choice: StepID?,
        at now: Timestamp, random: Double
    ) -> Transition {
        guard let node = graph.node(of: attempt.stepID) else { return unknown(attempt.stepID) }
        let stored = output.map { StepOutput($0, key: node.outputKeyText) }
        if let output, let problem = graph.spec.limits.problem(storing: output, at: node.outputKey, in: execution) {
            return fail(
                execution, attempt, StepFailure("CONTEXT_LIMIT", problem, isRetryable: false), timedOut: false, at: now,
                random: random)
        }
        switch target(choice, else: node.onSuccess) {
        case .failure(let failure):
            return Transition(
                [.stepFailed(attempt, failure, next: nil), .failed(failure.at(attempt.stepID))], then: .end(.failed))
        case .success(nil):
            return Transition([.stepCompleted(attempt, output: stored, next: nil), .completed], then: .end(.completed))
        case .success(let next?):
            return Transition([.stepCompleted(attempt, output: stored, next: next)], then: .proceed)
        }
    }

    private func fail(
        _ execution: ExecutionState, _ attempt: StepAttempt, _ failed: StepFailure, timedOut: Bool, at now: Timestamp,
        random: Double
    ) -> Transition {
        guard let node = graph.node(of: attempt.stepID) else { return unknown(attempt.stepID) }
        var failure = failed.failure
        failure.stepID = nil
        func ended(_ next: StepID?) -> ExecutionEvent {
            timedOut ? .stepTimedOut(attempt, failure, next: next) : .stepFailed(attempt, failure, next: next)
        }
        if let retry = node.retry ?? policy.retry, failed.isRetryable, execution.failures < retry.maxAttempts,
            retry.retries(code: failure.code, isRetryable: true)
        {
            let delay = max(retry.delay(retry: execution.failures, random: random), failed.retryAfter ?? .zero)
            let scheduled = ExecutionEvent.retryScheduled(
                attempt.stepID, retry: execution.failures + 1, of: retry.maxAttempts,
                at: delay > .zero ? now + delay : Timestamp(microseconds: 0))
            return Transition(
                [ended(nil), scheduled], then: delay > .zero ? .park(due: earlier(now + delay, execution)) : .proceed)
        }
        switch target(failed.next, else: node.onFailure) {
        case .failure(let invalid):
            return Transition([ended(nil), .failed(invalid.at(attempt.stepID))], then: .end(.failed))
        case .success(nil):
            return Transition([ended(nil), .failed(failure.at(attempt.stepID))], then: .end(.failed))
        case .success(let next?):
            return Transition([ended(next)], then: .proceed)
        }
    }

    // MARK: - Waits

    private func suspend(
        _ execution: ExecutionState, _ attempt: StepAttempt, _ request: WaitRequest, at now: Timestamp, random: Double
    ) -> Transition {
        guard let node = graph.node(of: attempt.stepID) else { return unknown(attempt.stepID) }
        let output = request.output.map { EncodedValue(encoding: $0) }
        if let output, let problem = graph.spec.limits.problem(storing: output, at: node.outputKey, in: execution) {
            return fail(
                execution, attempt, StepFailure("CONTEXT_LIMIT", problem, isRetryable: false), timedOut: false, at: now,
                random: random)
        }
        var wait = Wait(kind: .manual, stepID: attempt.stepID, reason: request.reason, startedAt: now)
        wait.next = (node.onResume ?? node.onSuccess).map { graph.nodes[$0].id }
        wait.outputKey = node.outputKeyText
        switch request.until {
        case .time(let time):
            wait.kind = .timer
            wait.wakeAt = time
        case .signal(let name):
            wait.kind = .signal
            wait.signal = name
        case .resume:
            break
        }
        if let timeout = request.timeout {
            wait.timeoutAt = now + timeout
        } else if wait.wakeAt == nil {
            wait.timeoutAt = now + (execution.creation.waitTimeout ?? graph.spec.waitTimeout ?? policy.waitTimeout)
        }
        let stored = output.map { StepOutput($0, key: node.outputKeyText) }
        return Transition(
            [.stepSuspended(attempt, output: stored), .waiting(wait)], then: .park(due: earlier(wait.due, execution)))
    }

    private func goOn(
        _ execution: ExecutionState, _ resumption: Resumption, consumed: (name: String, generation: Int64)?
    ) -> Transition {
        guard let wait = execution.wait else { return Transition([], then: .proceed) }
        var events: [ExecutionEvent] = []
        if let consumed { events.append(.signalConsumed(name: consumed.name, generation: consumed.generation)) }
        events.append(.resumed(resumption))
        guard wait.next == nil, wait.kind != .retry else {
            return Transition(events, then: .proceed, consumed: consumed?.generation)
        }
        events.append(.completed)
        return Transition(events, then: .end(.completed), consumed: consumed?.generation)
    }

    private func timeOut(_ execution: ExecutionState, at now: Timestamp, random: Double) -> Transition {
        guard let wait = execution.wait, let node = graph.node(of: wait.stepID) else {
            return Transition([], then: .proceed)
        }
        let attempt = StepAttempt(
            stepID: wait.stepID, attempt: execution.attempt, startedAt: wait.startedAt, endedAt: now)
        let failure = Failure("TIMEOUT", "nothing ended the wait within \((now - wait.startedAt).wholeMilliseconds) ms")
        let next = node.onFailure.map { graph.nodes[$0].id }
        guard next == nil else { return Transition([.stepTimedOut(attempt, failure, next: next)], then: .proceed) }
        return Transition(
            [.stepTimedOut(attempt, failure, next: nil), .failed(failure.at(wait.stepID))], then: .end(.failed))
    }

    // MARK: - Small parts

    private func target(_ choice: StepID?, else declared: Int?) -> Result<StepID?, Failure> {
        guard let choice else { return .success(declared.map { graph.nodes[$0].id }) }
        guard graph.node(of: choice) != nil else {
            return .failure(
                Failure("INVALID_TRANSITION", "the handler chose the step '\(choice)', which the flow does not have"))
        }
        return .success(choice)
    }

    /// A parked execution is looked at when it is out of time, too.
    private func earlier(_ due: Timestamp, _ execution: ExecutionState) -> Timestamp {
        min(due, execution.creation.executionTimeout == nil ? due : execution.creation.deadline ?? due)
    }

    private func unknown(_ stepID: StepID) -> Transition {
        Transition(
            [.failed(Failure("STEP_NOT_FOUND", "the flow has no step '\(stepID)'", stepID: stepID))],
            then: .end(.failed))
    }
}

extension Transition {
    fileprivate var isTakeover: Bool {
        if case .recovered? = events.first { return true }
        return events.isEmpty
    }
}

extension Failure {
    func at(_ stepID: StepID) -> Failure {
        var copy = self
        copy.stepID = stepID
        return copy
    }
}

import SkeinCore
import Testing

@Suite("Decisions")
struct DecisionTests {
    static let now = Timestamp(microseconds: 1_700_000_000_000_000)

    /// Two steps; `a` has the members given.
    static func decision(_ members: JSONObject = [:], flow: JSONObject = [:], policy: DecisionPolicy = DecisionPolicy())
        throws -> Decision
    {
        var a: JSONObject = ["type": "work", "outputKey": "out", "transitions": ["onSuccess": "b", "onFailure": nil]]
        a.merge(members)
        var object: JSONObject = [
            "id": "f", "version": "1.0.0", "initialStepId": "a",
            "steps": ["a": .object(a), "b": ["type": "work", "transitions": ["onSuccess": nil]]],
        ]
        object.merge(flow)
        let validation = FlowSpec.validate(.object(object))
        return Decision(FlowGraph(try #require(validation.spec, "\(validation.errors)")), policy: policy)
    }

    static func creation(timeout: Duration? = nil) -> ExecutionCreation {
        ExecutionCreation(
            id: ExecutionID(raw: UniqueID(high: 1, low: 2)), flowID: "f", flowVersion: "1.0.0", context: ["in": 1],
            executionTimeout: timeout,
            createdAt: now)
    }

    /// A new execution, its first row applied.
    static func execution(timeout: Duration? = nil) -> ExecutionState {
        var state = ExecutionState(creation(timeout: timeout), initial: "a")
        state.apply([.created(state.creation)], position: 1, at: now)
        return state
    }

    static func attempt(_ step: StepID = "a", _ number: Int = 1) -> StepAttempt {
        StepAttempt(stepID: step, attempt: number, startedAt: now, endedAt: now + .milliseconds(5))
    }

    /// Decides and applies.
    private func advance(_ state: inout ExecutionState, _ decision: Decision, _ fact: Fact, at time: Timestamp = now)
        -> Transition
    {
        let transition = decision.decide(state, fact, at: time)
        state.apply(transition.events, position: state.position, at: time)
        return transition
    }

    @Test func `the first step's row also starts the execution, the last one's completes it`() throws {
        let decision = try Self.decision()
        var state = Self.execution()
        let first = advance(&state, decision, .stepSucceeded(Self.attempt(), output: EncodedValue("x"), next: nil))
        #expect(
            first
                == Transition(
                    [.started, .stepCompleted(Self.attempt(), output: StepOutput("x", key: "out"), next: "b")],
                    then: .proceed))
        #expect(
            state.position == 4 && state.context["out"] == "x" && state.phase == .step("b") && state.status == .running)
        let last = advance(&state, decision, .stepSucceeded(Self.attempt("b"), output: nil, next: nil))
        #expect(last.events == [.stepCompleted(Self.attempt("b"), output: nil, next: nil), .completed])
        #expect(last.kind == .end && last.then == .end(.completed))
        #expect(state.status == .completed && state.result == "x" && state.phase == .ended && state.position == 6)
    }

    @Test func `a failure is retried as often as the policy says, and an interruption does not count`() throws {
        let decision = try Self.decision(["retry": ["maxAttempts": 2, "backoffMs": 100, "backoffMultiplier": 3]])
        var state = Self.execution()
        let failed = Fact.stepFailed(Self.attempt(), StepFailure("E"))
        #expect(advance(&state, decision, failed).then == .park(due: Self.now + .milliseconds(100)))
        #expect(state.attempt == 2 && state.failures == 1 && state.wait?.kind == .retry)
        _ = advance(&state, decision, .ownerLost(nil, reason: "gone"))
        #expect(state.attempt == 3 && state.failures == 1)
        #expect(advance(&state, decision, failed).then == .park(due: Self.now + .milliseconds(300)))
        let last = advance(&state, decision, failed)
        #expect(last.then == .end(.failed))
        #expect(state.error == Failure("E", "E", stepID: "a"))
        #expect(state.stepCount == 3)
    }

    static let refusals: [(JSONObject, StepFailure)] = [
        (["retry": ["maxAttempts": 3]], StepFailure("E", isRetryable: false)),
        (["retry": ["maxAttempts": 3, "doNotRetryOn": ["E"]]], StepFailure("E")),
        (["retry": ["maxAttempts": 3, "retryOn": ["OTHER"]]], StepFailure("E")),
        ([:], StepFailure("E")),
    ]

    @Test(arguments: refusals)
    func `what must not be retried fails at once`(_ members: JSONObject, _ failure: StepFailure) throws {
        let decision = try Self.decision(members)
        #expect(
            decision.decide(Self.execution(), .stepFailed(Self.attempt(), failure), at: Self.now).then == .end(.failed))
    }

    @Test func `a server's Retry-After outweighs a shorter backoff`() throws {
        let decision = try Self.decision(["retry": ["maxAttempts": 1, "backoffMs": 100]])
        let failure = StepFailure(Failure("RATE_LIMITED", "later"), retryAfter: .seconds(7))
        #expect(
            decision.decide(Self.execution(), .stepFailed(Self.attempt(), failure), at: Self.now).then
                == .park(due: Self.now + .seconds(7)))
    }

    @Test func `outputs beyond the limits of the context fail the step`() throws {
        let decision = try Self.decision(flow: ["limits": ["valueBytes": 10, "contextKeys": 1]])
        let tooLong = decision.decide(
            Self.execution(), .stepSucceeded(Self.attempt(), output: EncodedValue("0123456789"), next: nil),
            at: Self.now)
        guard case .stepFailed(_, let failure, .end)? = tooLong.events.dropFirst().first else {
            Issue.record("\(tooLong)")
            return
        }
        #expect(failure.code == "CONTEXT_LIMIT")
        let tooMany = decision.decide(
            Self.execution(), .stepSucceeded(Self.attempt(), output: EncodedValue(1), next: nil), at: Self.now)
        #expect(tooMany.then == .end(.failed))
    }

    @Test func `an execution out of time is cancelled, and parks no longer than its deadline`() throws {
        let decision = try Self.decision()
        var state = Self.execution(timeout: .seconds(60))
        let request = WaitRequest(until: .resume)
        #expect(
            advance(&state, decision, .waitRequested(Self.attempt(), request)).then
                == .park(due: Self.now + .seconds(60)))
        guard case .record(.deadlineReached) = decision.plan(state, at: Self.now + .seconds(60)) else {
            Issue.record("the deadline was not seen")
            return
        }
        #expect(advance(&state, decision, .deadlineReached, at: Self.now + .seconds(60)).then == .end(.cancelled))
        #expect(state.cancellation?.source == .timeout)
    }

    @Test func `a take-over is one row that starts nothing`() throws {
        let decision = try Self.decision()
        let worker = WorkerID(raw: UniqueID(high: 9, low: 9))
        let transition = decision.decide(Self.execution(), .ownerLost(worker, reason: "gone"), at: Self.now)
        #expect(transition == Transition([.recovered(from: worker, reason: "gone")], then: .proceed))
        #expect(transition.kind == .recovered)
    }

    @Test func `a state survives its snapshot and its log`() throws {
        let decision = try Self.decision(["retry": ["maxAttempts": 1, "backoffMs": 50]])
        var state = Self.execution()
        var rows: [[UInt8]] = []
        func record(_ fact: Fact) {
            let transition = advance(&state, decision, fact)
            rows.append(LogBody(workerID: nil, at: Self.now, events: transition.events).encoded())
        }
        record(.stepFailed(Self.attempt(), StepFailure("E", "it \"broke\"\n", details: ["deep": [1, 2.5, nil]])))
        record(
            .stepSucceeded(
                Self.attempt("a", 2), output: EncodedValue(["big": 12345678901234567890.0, "ok": true]), next: nil))
        record(
            .waitRequested(
                Self.attempt("b"), WaitRequest(until: .signal("go"), timeout: .seconds(5), reason: "ü", output: 7)))

        let restored = try #require(ExecutionState(state.creation, snapshot: JSONValue(parsing: state.snapshot())))
        #expect(restored == state)

        var replayed = Self.execution()
        for row in rows {
            let body = try LogBody(decoding: row, of: state.id)
            replayed.apply(body.events, position: replayed.position, at: body.at)
        }
        #expect(replayed == state)
    }

    @Test func `the creation survives the log`() throws {
        let creation = ExecutionCreation(
            id: ExecutionID(raw: UniqueID(high: 3, low: 4)), flowID: "f", flowVersion: "2.0.0-rc.1", tenantID: "t",
            context: ["a": [1, "ü"]],
            tag: "tag", priority: -5, metadata: ["m": 1], idempotencyKey: "k",
            parentID: ExecutionID(raw: UniqueID(high: 5, low: 6)),
            rootID: ExecutionID(raw: UniqueID(high: 7, low: 8)), executionTimeout: .seconds(1),
            waitTimeout: .milliseconds(5), autoRun: false,
            createdAt: Self.now)
        let body = LogBody(
            workerID: WorkerID(raw: UniqueID(high: 1, low: 1)), at: Self.now, events: [.created(creation)])
        #expect(try LogBody(decoding: body.encoded(), of: creation.id) == body)
    }
}

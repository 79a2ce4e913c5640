import SkeinCore
import Testing

/// What the use of a token does to an execution.
@Suite
struct TokenDecisionTests {
    private typealias Given = DecisionTests

    private let id = TokenID(raw: UniqueID(high: 7, low: 8))

    /// An execution whose first step waits for a token.
    private func waiting(_ decision: Decision, timeout: Duration? = nil) -> ExecutionState {
        var state = Given.execution()
        let request = WaitRequest(until: .token, timeout: timeout, output: "the token")
        advance(&state, decision, .waitRequested(Given.attempt(), request))
        return state
    }

    @discardableResult
    private func advance(
        _ state: inout ExecutionState, _ decision: Decision, _ fact: Fact, at time: Timestamp = Given.now
    ) -> Transition {
        let transition = decision.decide(state, fact, at: time)
        state.apply(transition.events, position: state.position, at: time)
        return transition
    }

    private func item(_ step: StepID, visit: Int, key: String? = nil, data: JSONValue? = "yes") -> InboxItem {
        InboxItem(
            generation: 5, kind: .token, name: TokenUse.name(id, TokenTarget(step, visit: visit, key: key)),
            payload: data)
    }

    @Test func `a token ends the wait of its step's visit, with its data where a resume has it`() throws {
        let decision = try Given.decision()
        var state = waiting(decision)
        #expect(state.wait?.kind == .token && state.context["out"] == "the token")
        guard case .record(let fact) = decision.plan(state, inbox: [item("a", visit: 0)], at: Given.now) else {
            Issue.record("a token has to end the wait")
            return
        }
        #expect(fact == .tokenArrived("a", id, data: "yes", generation: 5))
        let transition = advance(&state, decision, fact)
        #expect(
            transition.events.first == .token(TokenNote(.used, id, stepID: "a")) && transition.consumed == [5]
                && transition.events.map(\.type) == ["token.used", "execution.resumed"])
        #expect(state.context["out"] == "yes" && state.context["resumeData"] == "yes" && state.phase == .step("b"))
    }

    @Test(arguments: [("a", 1, nil), ("b", 0, nil), ("aa", 0, nil), ("a", 0, "code")] as [(StepID, Int, String?)])
    func `a token of another visit, step or wait ends nothing`(step: StepID, visit: Int, key: String?) throws {
        let decision = try Given.decision()
        let state = waiting(decision)
        guard case .park = decision.plan(state, inbox: [item(step, visit: visit, key: key)], at: Given.now) else {
            Issue.record("the execution has to go on waiting")
            return
        }
    }

    @Test func `a token ends no wait of another kind`() throws {
        let decision = try Given.decision()
        for until in [WaitRequest.Until.resume, .signal("go"), .time(Given.now + .seconds(9))] {
            var state = Given.execution()
            advance(&state, decision, .waitRequested(Given.attempt(), WaitRequest(until: until)))
            guard case .park = decision.plan(state, inbox: [item("a", visit: 0)], at: Given.now) else {
                Issue.record("the execution has to go on waiting for \(until)")
                return
            }
        }
    }

    @Test func `a note becomes an event and changes nothing else`() throws {
        let decision = try Given.decision()
        var state = waiting(decision)
        let before = state
        var note = TokenNote(.created, id, stepID: "a", expiresAt: Given.now + .seconds(1))
        note.by = Intervention(actor: "ann", reason: "asked")
        let item = InboxItem(generation: 2, kind: .note, name: "token", payload: note.json)
        guard case .record(let fact) = decision.plan(state, inbox: [item], at: Given.now) else {
            Issue.record("a note has to be recorded")
            return
        }
        let transition = advance(&state, decision, fact)
        #expect(transition == Transition([.token(note)], then: .proceed, consumed: [2]))
        #expect(state.wait == before.wait && state.status == .waiting && state.lastEvent == "token.created")
        let unreadable = InboxItem(generation: 3, kind: .note, name: "token", payload: 1)
        #expect(!decision.hasNews(state, inbox: [unreadable], at: Given.now))
    }

    @Test func `what a step made comes into the row in which its wait begins`() throws {
        let decision = try Given.decision()
        let note = TokenNote(.created, id, stepID: "a", expiresAt: Given.now)
        let transition = decision.decide(
            Given.execution(),
            [
                .tokensChanged([note], consumed: []),
                .waitRequested(Given.attempt(), WaitRequest(until: .token, timeout: .seconds(4))),
            ], at: Given.now, random: { 0 })
        #expect(
            transition.events.map(\.type)
                == ["execution.started", "token.created", "step.suspended", "execution.waiting"])
        #expect(transition.then == .park(due: Given.now + .seconds(4)))
    }

    @Test func `a wait that ends closes its tokens, however it ends`() throws {
        let decision = try Given.decision()
        let state = waiting(decision, timeout: .seconds(1))
        let ends: [Fact] = [
            .tokenArrived("a", id, data: nil, generation: 5), .resumed("a", data: nil, cause: .resume),
            .waitTimedOut("a"),
        ]
        for end in ends {
            #expect(
                state.closedTokens(by: decision.decide(state, end, at: Given.now).events)
                    == [.wait(visit: 0, key: nil)])
        }
        let skipped = try decision.skip(state, "a", output: nil, by: Intervention())
        #expect(state.closedTokens(by: skipped.events) == [.wait(visit: 0, key: nil)])
        #expect(state.closedTokens(by: [.rollbackStarted(Failure("E", "e"), nil)]) == [.all])
        #expect(state.closedTokens(by: [.reopened(Reopening(["a"]))]) == [.all])
        #expect(state.closedTokens(by: [.token(TokenNote(.created, id, stepID: "a"))]).isEmpty)
    }

    @Test func `events and the names of inbox items are read back as they were written`() throws {
        var note = TokenNote(.revoked, id, stepID: "a")
        note.by = Intervention(actor: "ann")
        let events: [ExecutionEvent] = [
            .token(TokenNote(.created, id, stepID: "a", expiresAt: Given.now)), .token(note),
            .token(TokenNote(.used, id, stepID: "a")),
        ]
        let body = LogBody(workerID: nil, at: Given.now, events: events)
        #expect(try LogBody(decoding: body.encoded(), of: Given.execution().id) == body)
        #expect(TokenNote(note.json) == note)
        let name = TokenUse.name(id, TokenTarget("a/b c", visit: 12, key: "token:x/y#2"))
        let use = try #require(TokenUse(name, at: "a/b c"))
        #expect(use.id == id && use.visit == 12 && use.key == "token:x/y#2")
        #expect(TokenUse("nonsense", at: "a") == nil && TokenUse("\(id) x/a", at: "a") == nil)
    }
}

import SkeinCore
import Testing

/// Attempts in the hands of workers outside, as the log and the state keep them.
@Suite
struct HandOutTests {
    private typealias Given = DecisionTests

    private let worker = WorkerID(raw: UniqueID(high: 3, low: 4))

    private func givenAway(_ decision: Decision) -> ExecutionState {
        var state = Given.execution()
        advance(&state, decision, .handedOut("a", attempt: 1, startedAt: Given.now, to: worker))
        return state
    }

    private func advance(_ state: inout ExecutionState, _ decision: Decision, _ fact: Fact) {
        let transition = decision.decide(state, fact, at: Given.now)
        state.apply(transition.events, position: state.position, at: Given.now)
    }

    @Test func `the token is the position behind the event that gave the attempt away`() throws {
        let decision = try Given.decision()
        let state = givenAway(decision)
        let handOut = try #require(state.handOut(of: "a"))
        #expect(handOut.token == state.position && handOut.workerID == worker && handOut.startedAt == Given.now)
        #expect(state.handedOut == ["a"] && state.handOut(of: "b") == nil)
    }

    @Test func `a take-over, an end and a pause end it`() throws {
        let decision = try Given.decision()
        for fact in [
            Fact.ownerLost(worker, reason: "gone"), .stepSucceeded(Given.attempt(), output: nil, next: nil),
            .waitRequested(Given.attempt(), WaitRequest(until: .resume)),
        ] {
            var state = givenAway(decision)
            advance(&state, decision, fact)
            #expect(state.handedOut.isEmpty)
        }
        var state = givenAway(decision)
        state.apply([.paused(Intervention())], position: state.position, at: Given.now)
        #expect(state.handedOut.isEmpty)
    }

    @Test func `a snapshot keeps it, and a row reads back as it was written`() throws {
        let decision = try Given.decision()
        let state = givenAway(decision)
        let restored = ExecutionState(
            state.creation, traits: decision.graph.traits, snapshot: try JSONValue(parsing: state.snapshot()))
        #expect(restored == state)
        for event in [
            ExecutionEvent.stepStarted("a", attempt: 2, startedAt: Given.now, by: worker),
            .stepStarted("a", attempt: 2, startedAt: Given.now),
            .stepCompensating("a", attempt: 1, by: worker), .stepCompensating("a", attempt: 1),
        ] {
            let body = LogBody(workerID: worker, at: Given.now, events: [event])
            #expect(try LogBody(decoding: body.encoded(), of: state.id) == body)
        }
    }
}

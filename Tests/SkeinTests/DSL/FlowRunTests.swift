import Skein
import SkeinCore
import Testing

/// Flows in Swift on a real engine.
@Suite(.timeLimit(.minutes(1)))
struct FlowRunTests {
    private let clock = VirtualClock()
    private let engine: Engine

    init() {
        engine = Engine(store: InMemoryExecutionStore(clock: clock), clock: clock)
    }

    private func run<State: FlowState>(_ flow: Flow<State>, _ input: State.Input) async throws -> Execution {
        try await engine.register(flow)
        let (execution, created) = try await engine.create(flow, input)
        #expect(created)
        return try await engine.run(execution.id, simulateTime: true)
    }

    @Test func `steps run in order and their outputs make the state`() async throws {
        let flow = Flow<Order>("line") {
            Step("reserve", into: \.reservation) { order, _ in "r-\(order.id)" }
            charge("charge")
            Step("pay-again", using: Adder(by: 1), into: \.payment) { $0.payment?.amount ?? 0 }
        }
        let end = try await run(flow, Order(id: "o1", total: 5))
        #expect(end.status == .completed)
        var expected = Order(id: "o1", total: 5)
        expected.reservation = "r-o1"
        expected.payment = Payment(amount: 6)
        let final: Order = try await engine.result(end.id, of: flow)
        #expect(final == expected)
    }

    @Test func `retries and timeouts are the steps' own`() async throws {
        let ledger = FlowLedger()
        let flow = Flow<Order>("again") {
            Step("shaky", into: \.note, retries: .fixed(2, every: .seconds(9)), timeout: .seconds(5)) { _, step in
                ledger.note("attempt \(step.attempt)")
                guard step.attempt == 3 else { throw StepFailure("SHAKY") }
                return "done"
            }
        }
        let end = try await run(flow, Order(id: "o1", total: 5))
        #expect(end.context["note"] == "done")
        #expect(ledger.all == ["attempt 1", "attempt 2", "attempt 3"])
    }

    @Test(arguments: [(5, "small"), (5000, "large")])
    func `an if takes one way and goes on behind both`(total: Int, way: String) async throws {
        let flow = Flow<Order>("ways") {
            If("large", when: { $0.total > 1000 }) {
                Step("one", into: \.note) { _, _ in "large" }
            } else: {
                Step("two", into: \.note) { _, _ in "small" }
            }
            Step("behind", into: \.parcel) { order, _ in "\(order.note ?? "")!" }
        }
        let end = try await run(flow, Order(id: "o1", total: total))
        #expect(end.context["note"] == .string(way) && end.context["parcel"] == .string("\(way)!"))
        #expect(end.stepCount == 3)
    }

    @Test func `an if without a way ends or goes on`() async throws {
        let flow = Flow<Order>("short") {
            If("never", when: { _ in false }) { Step("one", into: \.note) { _, _ in "one" } }
            If("last", when: { $0.total > 1 }) { Step("two", into: \.parcel) { _, _ in "two" } }
        }
        let end = try await run(flow, Order(id: "o1", total: 1))
        #expect(end.status == .completed && end.context["note"] == nil && end.context["parcel"] == nil)
        let other = try await run(flow, Order(id: "o1", total: 2))
        #expect(other.status == .completed && other.context["parcel"] == "two")
    }

    private static func turns(_ id: String, until: Int, limit: Int) -> Flow<Order> {
        Flow<Order>(id) {
            Repeat("turn", while: { ($0.payment?.amount ?? 0) < until }, limit: limit) {
                Step("add", using: Adder(by: 1), into: \.payment) { $0.payment?.amount ?? 0 }
            }
            Step("behind", into: \.note) { order, _ in "\(order.payment?.amount ?? 0)" }
        }
    }

    @Test func `a loop runs while its condition holds`() async throws {
        #expect(
            try await run(Self.turns("three", until: 3, limit: 3), Order(id: "o1", total: 1)).context["note"] == "3")
        #expect(try await run(Self.turns("none", until: 0, limit: 3), Order(id: "o1", total: 1)).context["note"] == "0")
    }

    @Test func `a loop that does not end fails at its limit`() async throws {
        let flow = Self.turns("endless", until: 100, limit: 3)
        let end = try await run(flow, Order(id: "o1", total: 1))
        #expect(end.status == .failed && end.error?.code == "REPEAT_LIMIT")
        let error = await #expect(throws: Failure.self) { try await engine.result(end.id, of: flow) }
        #expect(error?.code == "REPEAT_LIMIT" && error?.stepID == "turn")
    }

    @Test func `an inner loop counts from the beginning in each outer round`() async throws {
        let flow = Flow<Order>("nested") {
            Repeat("outer", while: { ($0.payment?.amount ?? 0) < 4 }, limit: 2) {
                Repeat("inner", while: { ($0.payment?.amount ?? 0) % 2 == 0 }, limit: 1) {
                    Step("add", using: Adder(by: 1), into: \.payment) { $0.payment?.amount ?? 0 }
                }
                Step("more", using: Adder(by: 1), into: \.payment) { $0.payment?.amount ?? 0 }
            }
        }
        let end = try await run(flow, Order(id: "o1", total: 1))
        #expect(end.status == .completed && end.context["payment"] == ["amount": 4])
    }

    private static let approval = Flow<Order>("approval") {
        Wait(for: .approval, into: \.approval, timeout: .hours(24))
        Step("seen", into: \.note) { order, _ in order.approval.map { "\($0.granted)" } ?? "none" }
    }

    @Test func `a signal ends a wait and is stored`() async throws {
        try await engine.register(Self.approval)
        let (execution, _) = try await engine.create(Self.approval, Order(id: "o1", total: 1))
        let waiting = try await engine.run(execution.id)
        #expect(waiting.status == .waiting && waiting.wait?.signal == "approval")
        #expect(waiting.wait?.timeoutAt == clock.now + .hours(24))
        try await engine.signal(execution.id, .approval, Approval(granted: true))
        _ = try await engine.run(execution.id)
        let final = try await engine.result(execution.id, of: Self.approval)
        #expect(final.note == "true" && final.approval == Approval(granted: true))
    }

    @Test func `a wait with a place for the signal goes on without it when time is over`() async throws {
        let end = try await run(Self.approval, Order(id: "o1", total: 1))
        #expect(end.status == .completed && end.context["note"] == "none")
    }

    @Test func `a wait that times out does not leave the answer to an earlier one`() async throws {
        let ledger = FlowLedger()
        let flow = Flow<Order>("twice") {
            Repeat("ask", while: { ($0.payment?.amount ?? 0) < 2 }, limit: 2) {
                Wait(for: .approval, into: \.approval, timeout: .hours(1))
                Step("act", into: \.payment) { order, _ in
                    ledger.note("\(order.approval?.granted ?? false)")
                    return Payment(amount: (order.payment?.amount ?? 0) + 1)
                }
            }
        }
        try await engine.register(flow)
        let (execution, _) = try await engine.create(flow, Order(id: "o1", total: 1))
        try await engine.signal(execution.id, .approval, Approval(granted: true))
        let end = try await engine.run(execution.id, simulateTime: true)
        #expect(end.status == .completed)
        #expect(ledger.all == ["true", "false"])
    }

    @Test func `what a failed attempt changed is not kept`() async throws {
        let ledger = FlowLedger()
        let flow = Flow<Order>("leak") {
            Step("shaky", retries: .fixed(1)) { order, step in
                ledger.note(order.note ?? "nothing")
                order.note = "attempt \(step.attempt)"
                if step.attempt == 1 { throw StepFailure("SHAKY") }
            }
        }
        let end = try await run(flow, Order(id: "o1", total: 1))
        #expect(end.context["note"] == "attempt 2" && ledger.all == ["nothing", "nothing"])
    }

    @Test func `a wait at the end that times out is a good end`() async throws {
        let flow = Flow<Order>("last") { Wait(for: .approval, into: \.approval, timeout: .seconds(1)) }
        #expect(try await run(flow, Order(id: "o1", total: 1)).status == .completed)
    }

    @Test func `a wait without a place for the signal fails when time is over`() async throws {
        let flow = Flow<Order>("strict") {
            Wait("pause", for: .approval, timeout: .seconds(1))
            Step("behind") { _, _ in }
        }
        let end = try await run(flow, Order(id: "o1", total: 1))
        #expect(end.status == .failed && end.error?.code == "TIMEOUT" && end.error?.stepID == "pause")
    }

    @Test func `a result is that of an ended execution of the flow`() async throws {
        let flow = Flow<Order>("other") { Step("one", into: \.note) { _, _ in "one" } }
        let end = try await run(flow, Order(id: "o1", total: 1))
        let error = await #expect(throws: EngineError.self) { try await engine.result(end.id, of: Self.approval) }
        #expect(error?.code == .invalidRequest)
        try await engine.register(Self.approval)
        let (execution, _) = try await engine.create(Self.approval, Order(id: "o1", total: 1))
        _ = try await engine.cancel(execution.id)
        let cancelled = await #expect(throws: EngineError.self) {
            try await engine.result(execution.id, of: Self.approval)
        }
        #expect(cancelled?.code == .executionCancelled)
    }

    @Test func `the same key gives the same execution`() async throws {
        try await engine.register(Self.approval)
        let options = CreateOptions(idempotencyKey: "k")
        let (first, created) = try await engine.create(Self.approval, Order(id: "o1", total: 1), options: options)
        let (same, again) = try await engine.create(Self.approval, Order(id: "o1", total: 1), options: options)
        #expect(created && !again && first.id == same.id)
    }
}

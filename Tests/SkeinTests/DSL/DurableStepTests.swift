import Skein
import SkeinCore
import Testing

/// Steps whose code records what it has done and leaves for sleeps and signals.
@Suite(.timeLimit(.minutes(1)))
struct DurableStepTests {
    private let clock = VirtualClock()
    private let engine: Engine
    private let ledger = FlowLedger()

    init() {
        engine = Engine(store: InMemoryExecutionStore(clock: clock), clock: clock)
    }

    private func flow() -> Flow<Order> {
        let ledger = ledger
        return Flow<Order>("durable") {
            Step("decide") { order, step in
                let quote = try await step.run("quote") { [order] in
                    ledger.note("quote \(order.total)")
                    return Payment(amount: order.total)
                }
                try await step.sleep(for: .hours(1))
                order.approval = try await step.waitForSignal(.approval, timeout: .hours(2))
                order.payment = quote
            }
            Step("say", into: \.note) { order, _ in
                "\(order.payment?.amount ?? 0) \(order.approval.map { "\($0.granted)" } ?? "none")"
            }
        }
    }

    @Test func `a step leaves, comes back and keeps what it did`() async throws {
        let flow = flow()
        try await engine.register(flow)
        let (execution, _) = try await engine.create(flow, Order(id: "o1", total: 5))
        try await engine.signal(execution.id, .approval, Approval(granted: true))
        let end = try await engine.run(execution.id, simulateTime: true)
        #expect(end.status == .completed && end.context["note"] == "5 true")
        #expect(ledger.all == ["quote 5"])
        #expect(end.context["resumeData"] == nil)
    }

    @Test func `a signal that does not come is nil`() async throws {
        let flow = flow()
        try await engine.register(flow)
        let (execution, _) = try await engine.create(flow, Order(id: "o1", total: 5))
        let end = try await engine.run(execution.id, simulateTime: true)
        #expect(end.status == .completed && end.context["note"] == "5 none")
    }

    @Test func `a signal of another form fails the step`() async throws {
        let flow = flow()
        try await engine.register(flow)
        let (execution, _) = try await engine.create(flow, Order(id: "o1", total: 5))
        try await engine.signal(execution.id, "approval", payload: "yes")
        let end = try await engine.run(execution.id, simulateTime: true)
        #expect(end.status == .failed && end.error?.code == "INPUT_ERROR" && end.error?.stepID == "decide")
    }
}

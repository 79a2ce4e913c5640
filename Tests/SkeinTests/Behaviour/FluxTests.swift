import Skein
import SkeinCore
import Testing

/// The workflows of flux's documentation, as flows in Swift.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct FluxTests {
    struct Purchase: FlowState, Equatable {
        let id: String
        let items: [String]
        var reservation: String?
        var charge: Charge?
        var approval: Approval?
        var parcel: String?
        var note: String?
        var prices: [Int] = []

        init(id: String = "o1", items: [String] = ["book"]) {
            self.id = id
            self.items = items
        }
    }

    struct Charge: Codable, Sendable, Equatable {
        var receipt: String
    }

    private let clock = VirtualClock()
    private let engine: Engine
    private let ledger = Ledger()

    init() async throws {
        engine = Engine(store: try await TestStore.new(clock: clock), clock: clock)
    }

    private func run<State: FlowState>(_ flow: Flow<State>, _ input: State.Input, simulateTime: Bool = true)
        async throws -> Execution
    {
        try await engine.register(flow)
        let (execution, _) = try await engine.create(flow, input)
        return try await engine.run(execution.id, simulateTime: simulateTime)
    }

    private func order(_ id: String = "order", shipping: StepFailure? = nil) -> Flow<Purchase> {
        let ledger = ledger
        return Flow<Purchase>(id) {
            Step("reserve", into: \.reservation) { order, _ in
                ledger.note("reserve")
                return "r-\(order.id)"
            } compensate: { order, reservation, _ in
                ledger.note("release \(reservation) after \(order.charge?.receipt ?? "nothing")")
            }
            Step("charge", into: \.charge, retries: 2) { order, step in
                ledger.note("charge")
                return Charge(receipt: "c-\(order.reservation ?? "")")
            } compensate: { _, charge, _ in
                ledger.note("refund \(charge.receipt)")
            }
            Step("ship", into: \.parcel) { _, _ in
                ledger.note("ship")
                if let shipping { throw shipping }
                return "parcel"
            } compensate: { _, _, _ in
                ledger.note("call back")
            }
            Commit("mail") { order, _ in
                ledger.note("mail")
                order.note = "mailed"
            }
        }
    }

    // MARK: - Steps

    @Test func `X01 data flows from step to step, and every step is completed once with what it returned`() async throws
    {
        let flow = order()
        let end = try await run(flow, Purchase())
        var expected = Purchase()
        expected.reservation = "r-o1"
        expected.charge = Charge(receipt: "c-r-o1")
        expected.parcel = "parcel"
        expected.note = "mailed"
        #expect(try await engine.result(end.id, of: flow) == expected)
        let steps = try await engine.steps(of: end.id)
        #expect(steps.map(\.stepID) == ["reserve", "charge", "ship", "mail"])
        #expect(steps.allSatisfy { $0.status == "completed" && $0.attempt == 1 && $0.error == nil })
        #expect(steps.map(\.output) == ["r-o1", ["receipt": "c-r-o1"], "parcel", ["note": "mailed"]])
        #expect(ledger.all == ["reserve", "charge", "ship", "mail"])
    }

    @Test func `X02 without retries one failing attempt fails the flow with its message`() async throws {
        let ledger = ledger
        let flow = Flow<Purchase>("plain") {
            Step("only") { _, step in
                ledger.note("attempt \(step.attempt)")
                throw StepFailure("BROKEN", "it is broken")
            }
            Step("never") { _, _ in ledger.note("never") }
        }
        let end = try await run(flow, Purchase())
        #expect(end.status == .failed && end.error == Failure("BROKEN", "it is broken", stepID: "only"))
        #expect(ledger.all == ["attempt 1"])
        #expect(try await engine.steps(of: end.id).map(\.status) == ["failed", "pending"])
    }

    @Test func `X03 and X07 a purchase that cannot be shipped is undone, the last first, with the data there`()
        async throws
    {
        let end = try await run(order(shipping: StepFailure("NO_SHIP", isRetryable: false)), Purchase())
        #expect(end.status == .rolledBack && end.error?.code == "NO_SHIP" && end.error?.stepID == "ship")
        #expect(
            ledger.all == ["reserve", "charge", "ship", "refund c-r-o1", "release r-o1 after c-r-o1"])
        let steps = try await engine.steps(of: end.id)
        #expect(steps.map(\.status) == ["compensated", "compensated", "failed", "pending"])
    }

    @Test func `X06 where nothing that ran can be undone, a flow fails instead of rolling back`() async throws {
        let ledger = ledger
        let flow = Flow<Purchase>("bare") {
            Step("first", into: \.note) { _, _ in "first" }
            Step("second") { _, _ in
                throw StepFailure("BROKEN", isRetryable: false)
            } compensate: { _, _ in
                ledger.note("undo second")
            }
        }
        let end = try await run(flow, Purchase())
        #expect(end.status == .failed && ledger.all.isEmpty)
        #expect(try await engine.events(of: end.id).map(\.type).allSatisfy { !$0.contains("rollback") })
    }

    @Test func `X12 a step that was skipped is not undone`() async throws {
        let ledger = ledger
        let flow = Flow<Purchase>("skipped") {
            Step("done", into: \.reservation) { _, _ in
                "r"
            } compensate: { _, reservation, _ in
                ledger.note("undo \(reservation)")
            }
            Step("skipped", into: \.charge, when: { $0.items.isEmpty }) { _, _ in
                Charge(receipt: "never")
            } compensate: { _, _, _ in
                ledger.note("undo skipped")
            }
            Step("fail") { _, _ in throw StepFailure("BROKEN", isRetryable: false) }
        }
        let end = try await run(flow, Purchase())
        #expect(end.status == .rolledBack && ledger.all == ["undo r"])
        #expect(try await engine.steps(of: end.id).map(\.status) == ["compensated", "skipped", "failed"])
    }

    @Test func `X19 an attempt that runs out of time counts as a failure, and its late data is nobody's`() async throws
    {
        let (ledger, clock) = (ledger, clock)
        let flow = Flow<Purchase>("slow") {
            Step("slow", retries: .fixed(1), timeout: .seconds(5)) { order, step in
                ledger.note("attempt \(step.attempt) \(order.note ?? "none")")
                order.note = "attempt \(step.attempt)"
                guard step.attempt == 1 else { return }
                while !step.isCancelled {
                    clock.advance(by: .seconds(1))
                    await Task.yield()
                }
            }
        }
        let end = try await run(flow, Purchase())
        #expect(end.status == .completed && end.context["note"] == "attempt 2")
        #expect(ledger.all == ["attempt 1 none", "attempt 2 none"])
        let types = try await engine.events(of: end.id).map(\.type)
        #expect(
            types.filter { $0.hasPrefix("step.") && $0 != "step.started" } == [
                "step.timed_out", "step.retry_scheduled", "step.completed",
            ])
    }

    @Test func `X19 with every attempt out of time the flow fails with TIMEOUT`() async throws {
        let (ledger, clock) = (ledger, clock)
        let flow = Flow<Purchase>("slow") {
            Step("slow", into: \.note, retries: .fixed(2), timeout: .seconds(5)) { _, step in
                ledger.note("attempt \(step.attempt)")
                while !step.isCancelled {
                    clock.advance(by: .seconds(1))
                    await Task.yield()
                }
                return "late"
            }
        }
        let end = try await run(flow, Purchase())
        #expect(end.status == .failed && end.error?.code == "TIMEOUT" && end.error?.stepID == "slow")
        #expect(ledger.all == ["attempt 1", "attempt 2", "attempt 3"] && end.context["note"] == nil)
    }

    // MARK: - Waits

    private static let approval = Flow<Purchase>("approval") {
        Step("request", into: \.note) { _, _ in "asked" }
        Wait("ask", for: .approval, into: \.approval)
        Step("act", into: \.parcel) { order, _ in order.approval?.granted == true ? "sent" : "kept" }
    }

    @Test func `X08 a wait is suspended with what it waits for, and the payload is its output`() async throws {
        let waiting = try await run(Self.approval, Purchase(), simulateTime: false)
        let before = try await engine.steps(of: waiting.id)
        #expect(before.map(\.stepID) == ["request", "ask", "act"])
        #expect(before.map(\.status) == ["completed", "suspended", "pending"])
        #expect(before.map(\.waitingFor) == [nil, "approval", nil])
        #expect(waiting.status == .waiting && waiting.wait?.kind == .signal && waiting.wait?.signal == "approval")
        try await engine.signal(waiting.id, .approval, Approval(granted: true))
        let end = try await engine.run(waiting.id)
        #expect(end.status == .completed && end.context["parcel"] == "sent")
        let after = try await engine.steps(of: end.id)
        #expect(after.map(\.status) == ["completed", "completed", "completed"])
        #expect(after.map(\.waitingFor) == [nil, nil, nil])
        #expect(after[1].output == ["granted": true])
    }

    @Test func `X08 a step that was cancelled while it waited did not complete`() async throws {
        let waiting = try await run(Self.approval, Purchase(), simulateTime: false)
        _ = try await engine.cancel(waiting.id)
        let steps = try await engine.steps(of: waiting.id)
        #expect(steps.map(\.status) == ["completed", "suspended", "pending"])
    }

    @Test func `X09 signals to nobody and to the ended are refused, those of another name are kept`() async throws {
        let waiting = try await run(Self.approval, Purchase(), simulateTime: false)
        try await engine.signal(waiting.id, "other", payload: 1)
        #expect(try await engine.run(waiting.id).wait?.signal == "approval")
        let unknown = await #expect(throws: EngineError.self) {
            try await engine.signal(ExecutionID(raw: .v7(at: clock.now, random: 1)), "approval")
        }
        #expect(unknown?.code == .executionNotFound)
        try await engine.signal(waiting.id, .approval, Approval(granted: false))
        #expect(try await engine.run(waiting.id).context["parcel"] == "kept")
        let ended = await #expect(throws: EngineError.self) {
            try await engine.signal(waiting.id, .approval, Approval(granted: true))
        }
        #expect(ended?.code == .executionEnded)
    }

    @Test func `X09 a resume of what waits for a signal is refused`() async throws {
        let waiting = try await run(Self.approval, Purchase(), simulateTime: false)
        let error = await #expect(throws: EngineError.self) { try await engine.resume(waiting.id, data: 1) }
        #expect(error?.code == .executionNotWaiting)
        #expect(try await engine.execution(waiting.id).status == .waiting)
    }
}

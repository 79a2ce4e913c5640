import Skein
import SkeinCore
import Testing

/// Flows in Swift with branches that run at once, conditions and rollbacks, on a real engine.
@Suite(.timeLimit(.minutes(1)))
struct FlowGraphRunTests {
    private let clock = VirtualClock()
    private let engine: Engine
    private let ledger = FlowLedger()

    init() {
        engine = Engine(store: InMemoryExecutionStore(clock: clock), clock: clock)
    }

    private func run<State: FlowState>(_ flow: Flow<State>, _ input: State.Input) async throws -> Execution {
        let warnings = try await engine.register(flow).warnings
        #expect(warnings.isEmpty)
        let (execution, _) = try await engine.create(flow, input)
        return try await engine.run(execution.id, simulateTime: true)
    }

    private func note(_ name: String) -> Step<Order> {
        let ledger = ledger
        return Step(name) { _, _ in ledger.note(name) }
    }

    @Test func `the order of the documentation runs to its end`() async throws {
        let end = try await run(Orders.full, Order(id: "o1", total: 5))
        #expect(end.status == .completed)
        var expected = Order(id: "o1", total: 5, note: "shipped")
        expected.reservation = "r-o1"
        expected.payment = Payment(amount: 5)
        expected.parcel = "p-o1"
        expected.invoice = "i-o1"
        #expect(try await engine.result(end.id, of: Orders.full) == expected)
    }

    @Test func `a large order waits for its approval`() async throws {
        try await engine.register(Orders.full)
        let (execution, _) = try await engine.create(Orders.full, Order(id: "o1", total: 5000))
        let waiting = try await engine.run(execution.id)
        #expect(waiting.status == .waiting && waiting.currentSteps == ["wait-approval"])
        try await engine.signal(execution.id, .approval, Approval(granted: true))
        let end = try await engine.run(execution.id)
        #expect(end.status == .completed && end.context["note"] == "shipped")
    }

    @Test func `a step whose condition does not hold is skipped`() async throws {
        let end = try await run(Orders.full, Order(id: "o1", total: 0))
        #expect(end.status == .completed && end.context["payment"] == nil)
        let steps = try await engine.steps(of: end.id)
        #expect(steps.first { $0.stepID == "charge" }?.status == "skipped")
    }

    @Test func `what was done is undone with what each step returned, the last first`() async throws {
        let ledger = ledger
        let flow = Flow<Order>("saga") {
            Step("reserve", into: \.reservation) { order, _ in
                "r-\(order.id)"
            } compensate: { order, reservation, _ in
                ledger.note("release \(reservation) \(order.note ?? "")")
            }
            Step("label") { order, _ in
                order.note = "labelled"
            } compensate: { order, _ in
                ledger.note("unlabel \(order.note ?? "")")
            }
            Step("charge", using: Adder(by: 1), into: \.payment) {
                $0.total
            } compensate: { _, payment, _ in
                ledger.note("refund \(payment.amount)")
            }
            Step("again", into: \.payment) { _, _ in Payment(amount: 0) }
            Step("fail") { order, _ in
                order.note = "never"
                throw StepFailure("BROKEN", isRetryable: false)
            }
        }
        let end = try await run(flow, Order(id: "o1", total: 5))
        #expect(end.status == .rolledBack)
        #expect(ledger.all == ["refund 6", "unlabel labelled", "release r-o1 labelled"])
        let error = await #expect(throws: Failure.self) { try await engine.result(end.id, of: flow) }
        #expect(error?.code == "BROKEN")
    }

    @Test func `branches that change the same member conflict, others do not`() async throws {
        let conflict = Flow<Order>("conflict") {
            Parallel("both") {
                Step("a") { order, _ in order.note = "a" }
                Step("b") { order, _ in order.note = "b" }
            }
        }
        let failed = try await run(conflict, Order(id: "o1", total: 5))
        #expect(failed.status == .failed && failed.error?.code == "CONTEXT_CONFLICT")
        let fine = Flow<Order>("fine") {
            Parallel("both") {
                Step("a") { order, _ in order.note = "a" }
                Step("b") { order, _ in order.parcel = "b" }
            }
        }
        let end = try await run(fine, Order(id: "o1", total: 5))
        #expect(end.status == .completed && end.context["note"] == "a" && end.context["parcel"] == "b")
    }

    @Test(arguments: [1, 2])
    func `branches with ways and waits join before the flow goes on`(total: Int) async throws {
        let ledger = ledger
        let flow = Flow<Order>("joined") {
            Parallel("outer") {
                If("big", when: { $0.total > 1 }) {
                    Parallel("two") {
                        note("a")
                        note("b")
                    }
                } else: {
                    note("c")
                }
                Parallel("inner") {
                    note("d")
                    Wait(for: .approval, into: \.approval, timeout: .seconds(5))
                }
                Repeat("rounds", while: { ($0.payment?.amount ?? 0) < 2 }, limit: 5) {
                    Step("add", using: Adder(by: 1), into: \.payment) { $0.payment?.amount ?? 0 }
                }
            }
            Step("last") { order, _ in ledger.note("last \(order.payment?.amount ?? 0)") }
        }
        let end = try await run(flow, Order(id: "o1", total: total))
        #expect(end.status == .completed)
        #expect(ledger.all.last == "last 2")
        #expect(ledger.all.dropLast().sorted() == (total > 1 ? ["a", "b", "d"] : ["c", "d"]))
    }

    @Test func `parallels follow each other, begin flows and stand in ways`() async throws {
        let flow = Flow<Order>("parallels") {
            Parallel("one") {
                note("a")
                note("b")
            }
            Parallel("two") {
                note("c")
                note("d")
            }
            If("always", when: { _ in true }) {
                Parallel("three") {
                    note("e")
                    note("f")
                }
            } else: {
                note("never")
            }
            note("g")
        }
        let end = try await run(flow, Order(id: "o1", total: 1))
        #expect(end.status == .completed)
        #expect(ledger.all.count == 7 && ledger.all.last == "g")
        #expect(Set(ledger.all.prefix(2)) == ["a", "b"] && Set(ledger.all.dropFirst(2).prefix(2)) == ["c", "d"])
    }

    @Test func `a parallel within a loop is joined in each round`() async throws {
        let flow = Flow<Order>("rounds") {
            Repeat("turn", while: { ($0.payment?.amount ?? 0) < 3 }, limit: 3) {
                Step("add", using: Adder(by: 1), into: \.payment) { $0.payment?.amount ?? 0 }
                Parallel("both") {
                    note("a")
                    note("b")
                }
                note("c")
            }
            Parallel("end") {
                note("d")
                note("e")
            }
        }
        let end = try await run(flow, Order(id: "o1", total: 1))
        #expect(end.status == .completed)
        #expect(ledger.all.count == 11)
        #expect(ledger.all.enumerated().filter { $0.element == "c" }.map(\.offset) == [2, 5, 8])
    }

    @Test func `a loop that ends in a parallel goes on when all branches have ended`() async throws {
        let flow = Flow<Order>("loop") {
            Parallel("first") {
                note("x")
                note("y")
            }
            Repeat("turn", while: { ($0.payment?.amount ?? 0) < 2 }, limit: 2) {
                Parallel("both") {
                    Step("add", using: Adder(by: 1), into: \.payment) { $0.payment?.amount ?? 0 }
                    note("a")
                }
            }
        }
        let end = try await run(flow, Order(id: "o1", total: 1))
        #expect(end.status == .completed && end.context["payment"] == ["amount": 2])
        #expect(ledger.all.filter { $0 == "a" }.count == 2)
    }

    @Test func `keys that the type does not know survive its steps`() async throws {
        try await engine.register(Orders.full)
        let created = try await engine.create(
            "order", context: ["id": "o1", "total": 5, "giftWrap": ["ribbon": "red"]])
        let end = try await engine.run(created.execution.id)
        #expect(end.status == .completed && end.context["giftWrap"] == ["ribbon": "red"])
    }

    @Test func `a flow with an input of its own starts from outside with the same input`() async throws {
        let flow = Flow<Report>("report") {
            Step("sum") { report, _ in report.figures = [report.figures.count, report.day.count] }
        }
        let end = try await run(flow, Report.Request(day: "mon"))
        #expect(end.context == ["day": "mon", "figures": [0, 3]])
        let created = try await engine.create("report", context: ["day": "tuesday", "approved": true])
        let other = try await engine.run(created.execution.id)
        #expect(try await engine.result(other.id, of: flow).figures == [0, 7])
        #expect(try await engine.result(other.id, of: flow).approved == nil)
        let wrong = try await engine.create("report", context: ["date": "tuesday"])
        let failed = try await engine.run(wrong.execution.id)
        #expect(failed.error?.code == "INPUT_ERROR" && failed.error?.stepID == "$input")
    }

    private struct Report: FlowState {
        let day: String
        var figures: [Int] = []
        var approved: Bool?

        struct Request: Codable, Sendable { var day: String }

        init(input: Request) { day = input.day }
    }

    @Test func `an untyped flow runs on members`() async throws {
        let flow = Flow<JSONValue>("untyped") {
            If("any", when: { $0.total > 0 }) {
                Step("double") { state, _ in state["twice"] = .int(2 * (state.total.int64 ?? 0)) }
            }
            Step("quote", using: Adder(by: 1), into: \.paid) { $0.total.int ?? 0 }
        }
        let end = try await run(flow, ["total": 4])
        #expect(end.context == ["total": 4, "twice": 8, "paid": ["amount": 5]])
    }
}

extension JSONValue {
    /// A member that a handler's output is stored in.
    fileprivate var paid: Payment? {
        get { self["paid"]?["amount"]?.int.map { Payment(amount: $0) } }
        set { self["paid"] = newValue.map { ["amount": .integer($0.amount)] } }
    }
}

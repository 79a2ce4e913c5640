import Skein
import SkeinCore
import Testing

/// What a step sees of the context, and what of it goes back.
@Suite struct FlowStateTests {
    private let probe = HandlerProbe(Orders.full)
    private let context: JSONObject = ["id": "o1", "total": 5]

    @Test func `a step with into returns its value alone`() async throws {
        #expect(try await probe.output("order/reserve", context: context) == "r-o1")
        #expect(try await probe.output("order/charge", context: context) == ["amount": 5])
    }

    @Test func `a step that changes the state returns what it changed`() async throws {
        #expect(try await probe.output("order/note", context: context) == ["note": "small"])
        var same = context
        same["note"] = "small"
        #expect(try await probe.output("order/note", context: same) == [:])
    }

    @Test func `members that the type does not know are no part of a patch`() async throws {
        var newer = context
        newer["giftWrap"] = true
        newer["resumeData"] = ["a": 1]
        #expect(try await probe.output("order/note", context: newer) == ["note": "small"])
    }

    @Test func `a removed value becomes null`() async throws {
        let probe = HandlerProbe(Flow<Order>("f") { Step("clear") { order, _ in order.note = nil } })
        #expect(
            try await probe.output("f/clear", context: ["id": "o1", "total": 5, "note": "x"]) == ["note": nil])
        #expect(try await probe.output("f/clear", context: context) == [:])
    }

    @Test func `what is stored in another form than it is encoded in is not a change`() async throws {
        struct Tags: FlowState {
            var tags: Set<String>
            var at: Duration
            var count: Int?
        }
        let probe = HandlerProbe(Flow<Tags>("f") { Step("count") { state, _ in state.count = state.tags.count } })
        for tags: JSONValue in [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a", "a"]] {
            #expect(
                try await probe.output("f/count", context: ["tags": tags, "at": 1.50]) == ["count": 3])
        }
    }

    @Test func `a context that does not fit the state fails without a retry`() async throws {
        let error = await #expect(throws: StepFailure.self) {
            try await probe.call("order/reserve", context: ["id": 7])
        }
        #expect(error?.failure.code == "INPUT_ERROR" && error?.isRetryable == false)
    }

    @Test func `a condition answers true or false`() async throws {
        #expect(try await probe.output("order/charge.when", context: context) == true)
        #expect(try await probe.output("order/charge.when", context: ["id": "o1", "total": 0]) == false)
    }

    @Test func `a compensation gets what the step returned, not an optional`() async throws {
        _ = try await probe.call("order/reserve.compensate", context: context, input: "r-o1")
        // A later step has put something else in the place.
        var live = context
        live["payment"] = ["amount": 9]
        _ = try await probe.call("order/charge.compensate", context: live, input: ["amount": 5])
        await #expect(throws: StepFailure.self) {
            try await probe.call("order/charge.compensate", context: live, input: ["amount": 6])
        }
    }

    @Test func `a property encoded under another name goes back as a patch`() async throws {
        struct Renamed: FlowState {
            var total: Int
            var payment: Payment?
            var nested: Inner?

            struct Inner: Codable, Sendable { var note: String? }

            enum CodingKeys: String, CodingKey {
                case total, nested
                case payment = "paid"
            }
        }
        let flow = Flow<Renamed>("f") {
            Step("pay", into: \.payment) { state, _ in
                Payment(amount: state.total)
            } compensate: { state, payment, _ in
                guard payment.amount == state.total else { throw StepFailure("WRONG") }
            }
        }
        #expect(flow.definition["steps"]?["pay"]?["outputKey"] == "$")
        let probe = HandlerProbe(flow)
        #expect(try await probe.output("f/pay", context: ["total": 5]) == ["paid": ["amount": 5]])
        _ = try await probe.call("f/pay.compensate", context: ["total": 5], input: ["paid": ["amount": 5]])
    }

    @Test func `an untyped flow reads and writes members`() async throws {
        let flow = Flow<JSONValue>("f") {
            Step("double", when: { $0.total > 0 }) { state, _ in state["twice"] = .int(2 * (state.total.int64 ?? 0)) }
        }
        let probe = HandlerProbe(flow)
        #expect(try await probe.output("f/double.when", context: ["total": 4]) == true)
        #expect(try await probe.output("f/double", context: ["total": 4]) == ["twice": 8])
    }

    @Test func `a handler gets what the closure makes of the state`() async throws {
        let flow = Flow<Order>("f") {
            Step("pay", using: Adder(by: 2), into: \.payment) { $0.total }
            Step("fetch", type: "echo", input: { ["id": .string($0.id)] }) { order, answer in
                order.note = answer["id"]?.string
            }
            Step("all", type: "echo") { order, answer in order.note = answer["total"].map(\.description) }
            Step("pause", type: "pause") { _, _ in }
        }
        let probe = HandlerProbe(flow)
        #expect(try await probe.output("f/pay", context: context) == ["amount": 7])
        await #expect(throws: StepFailure.self) { try await probe.call("f/fetch", context: context) }
        probe.registry.register(AnyHandler(HandlerMetadata(type: "echo")) { input, _ in .success(input) })
        probe.registry.register(
            AnyHandler(HandlerMetadata(type: "pause")) { _, _ in .wait(WaitRequest(until: .resume)) })
        #expect(try await probe.output("f/fetch", context: context) == ["note": "o1"])
        #expect(try await probe.output("f/all", context: context) == ["note": "5"])
        await #expect(throws: StepFailure.self) { try await probe.call("f/pause", context: context) }
    }

    @Test func `an input of another type becomes the state in a first step`() async throws {
        struct Report: FlowState {
            let day: String
            var figures: [Int] = []
            var approved: Bool?

            struct Request: Codable, Sendable { var day: String }

            init(input: Request) { day = input.day }
        }
        let flow = Flow<Report>("report") { Step("sum") { report, _ in report.figures = [1] } }
        #expect(flow.definition["initialStepId"] == "$input")
        #expect(
            flow.definition["steps"]?["$input"] == [
                "type": "report/$input", "outputKey": "$", "transitions": ["onSuccess": "sum"],
            ])
        #expect(flow.describe().steps.map(\.name) == ["sum"])
        // A caller cannot plant what only steps may say.
        #expect(
            try await HandlerProbe(flow).output("report/$input", context: ["day": "mon", "approved": true])
                == ["day": "mon", "figures": [], "approved": nil])
    }

    @Test func `children and maps run, and give plain data`() async throws {
        struct Box: FlowState {
            let name: String
            var weight: Int?
        }
        struct Fleet: FlowState {
            let names: [String]
            var lengths: [Int]
            var box: Box?
        }
        let child = Flow<Box>("box") {
            Step("weigh", into: \.weight) { box, _ in box.name.count * 10 }
        }
        let flow = Flow<Fleet>("f") {
            Map("lengths", over: \.names, into: \.lengths, concurrency: 2) { name, _ in name.count }
            Child("ship", child, into: \.box) { Box(name: $0.names[0]) }
        }
        let engine = Engine(store: InMemoryExecutionStore())
        try await engine.register(child)
        try await engine.register(flow)
        let (execution, _) = try await engine.create(flow, Fleet(names: ["ada", "bo", "cleo"], lengths: []))
        _ = try await engine.run(execution.id)
        let end = try await engine.result(execution.id, of: flow)
        #expect(end.lengths == [3, 2, 4] && end.box?.weight == 30)
    }

    @Test func `a durable function waits for a typed signal and returns its output`() async throws {
        struct Goal: Codable, Sendable { var text: String }
        let flow = DurableFlow<Goal, String>("agent") { goal, step in
            let plan = try await step.run("plan") { goal.text + "!" }
            guard let approval = try await step.waitForSignal(Signal<Bool>("approve"), timeout: .hours(1)) else {
                return "nobody came"
            }
            return approval ? plan : "refused"
        }
        let engine = Engine(store: InMemoryExecutionStore())
        try await engine.register(flow)
        let (execution, _) = try await engine.create(flow, Goal(text: "go"))
        #expect(try await engine.run(execution.id).wait?.signal == "approve")
        try await engine.signal(execution.id, Signal<Bool>("approve"), true)
        _ = try await engine.run(execution.id)
        #expect(try await engine.result(execution.id, of: flow) == "go!")
    }
}

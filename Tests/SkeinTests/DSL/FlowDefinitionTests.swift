import Skein
import SkeinCore
import Testing

/// What a flow is as data.
@Suite struct FlowDefinitionTests {
    private func steps(_ flow: some FlowDefinition) -> JSONValue { flow.definition["steps"] ?? nil }

    @Test func `a flow exports as a step map with its closures by name`() {
        let expected: JSONValue = [
            "id": "order", "version": "1.0.0", "initialStepId": "reserve",
            "steps": [
                "reserve": [
                    "type": "order/reserve", "outputKey": "reservation", "transitions": ["onSuccess": "charge"],
                    "compensate": ["type": "order/reserve.compensate"],
                ],
                "charge": [
                    "type": "order/charge", "outputKey": "payment", "when": ["handler": "order/charge.when"],
                    "transitions": ["onSuccess": "needs-approval"],
                    "retry": [
                        "maxAttempts": 3, "backoffMs": 1000, "backoffMultiplier": 2, "maxBackoffMs": 60000, "jitter": 0,
                    ],
                    "timeoutMs": 30000, "compensate": ["type": "order/charge.compensate"],
                ],
                "needs-approval": [
                    "type": "order/needs-approval", "config": ["then": "wait-approval", "else": "note"],
                    "transitions": ["onSuccess": nil],
                ],
                "wait-approval": [
                    "type": "order/wait-approval", "config": ["signal": "approval", "timeoutMs": 86_400_000],
                    "outputKey": "approval", "transitions": ["onSuccess": "check", "onFailure": "check"],
                ],
                "check": ["type": "order/check", "outputKey": "$", "transitions": ["onSuccess": "fulfil"]],
                "note": ["type": "order/note", "outputKey": "$", "transitions": ["onSuccess": "fulfil"]],
                "fulfil": ["type": "order/fulfil", "transitions": ["onSuccess": ["pack", "invoice"]]],
                "pack": ["type": "order/pack", "outputKey": "parcel", "transitions": ["onSuccess": "ship"]],
                "invoice": ["type": "order/invoice", "outputKey": "invoice", "transitions": ["onSuccess": "ship"]],
                "ship": [
                    "type": "order/ship", "outputKey": "$",
                    "transitions": ["onSuccess": nil, "join": ["pack", "invoice"]], "commit": true,
                ],
            ],
        ]
        #expect(Orders.full.definition == expected)
        #expect(
            Orders.full.definition["steps"]?.object?.keys == [
                "reserve", "charge", "needs-approval", "wait-approval", "check", "note", "fulfil", "pack", "invoice",
                "ship",
            ])
        #expect(Orders.full.problems.isEmpty)
    }

    @Test func `every closure is registered under the name that the definition has`() {
        let registry = HandlerProbe(Orders.full).registry
        #expect(
            registry.types == [
                "order/charge", "order/charge.compensate", "order/charge.when", "order/check", "order/fulfil",
                "order/invoice", "order/needs-approval", "order/note", "order/pack", "order/reserve",
                "order/reserve.compensate", "order/ship", "order/wait-approval",
            ])
    }

    @Test func `a flow says what cancels and failing branches do, where it is not as usual`() {
        let usual = Flow<Order>("f") { Step("a") { _, _ in } }
        #expect(usual.definition["onCancel"] == nil && usual.definition["onBranchFailure"] == nil)
        let flow = Flow<Order>("f", onCancel: .rollback, onBranchFailure: .cancel) { Step("a") { _, _ in } }
        #expect(flow.definition["onCancel"] == "rollback" && flow.definition["onBranchFailure"] == "cancel")
    }

    @Test func `a parallel after a step needs no step of its own`() {
        let flow = Flow<Order>("f") {
            Step("first") { _, _ in }
            Parallel("both") {
                Step("a") { _, _ in }
                Step("b") { _, _ in }
            }
        }
        #expect(
            steps(flow) == [
                "first": ["type": "f/first", "outputKey": "$", "transitions": ["onSuccess": ["a", "b"]]],
                "a": ["type": "f/a", "outputKey": "$", "transitions": ["onSuccess": nil]],
                "b": ["type": "f/b", "outputKey": "$", "transitions": ["onSuccess": nil]],
            ])
    }

    @Test func `a flow that begins with a parallel begins with its step`() {
        let flow = Flow<Order>("f") {
            Parallel("both") {
                Step("a") { _, _ in }
                Step("b") { _, _ in }
            }
            Parallel("again") {
                Step("c") { _, _ in }
                Step("d") { _, _ in }
            }
            Step("last") { _, _ in }
        }
        #expect(flow.definition["initialStepId"] == "both")
        #expect(steps(flow)["both"]?["transitions"] == ["onSuccess": ["a", "b"]])
        #expect(steps(flow)["a"]?["transitions"] == ["onSuccess": "again"])
        #expect(steps(flow)["again"]?["transitions"] == ["onSuccess": ["c", "d"], "join": ["a", "b"]])
        #expect(steps(flow)["last"]?["transitions"] == ["onSuccess": nil, "join": ["c", "d"]])
    }

    @Test func `a branch that has several ends gets one step to end in`() {
        let flow = Flow<Order>("f") {
            Parallel("both") {
                If("big", when: { $0.total > 1 }) {
                    Step("a") { _, _ in }
                }
                Wait(for: .approval, into: \.approval, timeout: .seconds(1))
            }
            Step("last") { _, _ in }
        }
        #expect(steps(flow)["big"]?["config"] == ["then": "a", "else": "big.end"])
        #expect(steps(flow)["a"]?["transitions"] == ["onSuccess": "big.end"])
        #expect(steps(flow)["big.end"] == ["type": "f/big.end", "transitions": ["onSuccess": "last"]])
        #expect(
            steps(flow)["wait-approval"]?["transitions"] == [
                "onSuccess": "wait-approval.end", "onFailure": "wait-approval.end",
            ])
        #expect(
            steps(flow)["last"]?["transitions"] == ["onSuccess": nil, "join": ["big.end", "wait-approval.end"]])
    }

    @Test func `parallels within parallels join together`() {
        let flow = Flow<Order>("f") {
            Parallel("outer") {
                Parallel("inner") {
                    Step("a") { _, _ in }
                    Step("b") { _, _ in }
                }
                Step("c") { _, _ in }
            }
            Step("last") { _, _ in }
        }
        #expect(steps(flow)["outer"]?["transitions"] == ["onSuccess": ["inner", "c"]])
        #expect(steps(flow)["inner"]?["transitions"] == ["onSuccess": ["a", "b"]])
        #expect(steps(flow)["last"]?["transitions"] == ["onSuccess": nil, "join": ["a", "b", "c"]])
    }

    @Test func `a parallel at the end of a way of an if is joined before the ways meet`() {
        let flow = Flow<Order>("f") {
            If("big", when: { $0.total > 1 }) {
                Parallel("both") {
                    Step("a") { _, _ in }
                    Step("b") { _, _ in }
                }
            } else: {
                Step("c") { _, _ in }
            }
            Step("last") { _, _ in }
        }
        #expect(steps(flow)["big"]?["config"] == ["then": "both", "else": "c"])
        #expect(steps(flow)["both.end"]?["transitions"] == ["onSuccess": "last", "join": ["a", "b"]])
        #expect(steps(flow)["c"]?["transitions"] == ["onSuccess": "last"])
        #expect(steps(flow)["last"]?["transitions"] == ["onSuccess": nil])
    }

    @Test func `a loop goes back to its head, and past it`() {
        let flow = Flow<Order>("f") {
            Repeat("turn", while: { $0.total > 1 }, limit: 20) {
                Step("a") { _, _ in }
            }
        }
        #expect(
            steps(flow) == [
                "turn": [
                    "type": "f/turn", "config": ["limit": 20, "then": "a", "else": nil], "outputKey": "repeat:turn",
                    "transitions": ["onSuccess": nil],
                ],
                "a": ["type": "f/a", "outputKey": "$", "transitions": ["onSuccess": "turn"]],
            ])
    }

    @Test func `what runs registered handlers keeps their types`() {
        let flow = Flow<Order>("f") {
            Step("log", type: "log", config: ["message": "hello"])
            Step("fetch", type: "http", config: ["url": "https://example.org"], input: { ["body": .string($0.id)] }) {
                order, answer in order.note = answer["status"]?.string
            }
            Commit("pay", using: Adder(by: 1), into: \.payment) { $0.total }
        }
        #expect(
            steps(flow) == [
                "log": ["type": "log", "config": ["message": "hello"], "transitions": ["onSuccess": "fetch"]],
                "fetch": [
                    "type": "f/fetch", "config": ["url": "https://example.org"], "outputKey": "$",
                    "transitions": ["onSuccess": "pay"],
                ],
                "pay": [
                    "type": "f/pay", "outputKey": "payment", "transitions": ["onSuccess": nil], "commit": true,
                ],
            ])
    }

    @Test func `children and maps export what they are about`() {
        let flow = Flow<Fleet>("f", version: "2.0.0", timeout: .days(1), maxSteps: 50) {
            Map("lengths", over: \.names, into: \.lengths, concurrency: 50, retries: .fixed(2, every: .seconds(5))) {
                name, _ in name.count
            }
            Child("ship", Orders.full, into: \.order) { Order(id: $0.names[0], total: 1) }
        }
        #expect(
            flow.definition == [
                "id": "f", "version": "2.0.0", "timeouts": ["executionMs": 86_400_000], "maxSteps": 50,
                "initialStepId": "lengths",
                "steps": [
                    "lengths": [
                        "type": "f/lengths", "config": ["items": "names", "concurrency": 50],
                        "outputKey": "lengths", "transitions": ["onSuccess": "ship"],
                        "retry": [
                            "maxAttempts": 2, "backoffMs": 5000, "backoffMultiplier": 1, "maxBackoffMs": 5000,
                            "jitter": 0,
                        ],
                    ],
                    "ship": [
                        "type": "f/ship", "config": ["flowId": "order", "flowVersion": "1.0.0"],
                        "outputKey": "order", "transitions": ["onSuccess": nil],
                    ],
                ],
            ])
    }

    private struct Fleet: FlowState {
        let names: [String]
        var lengths: [Int]
        var order: Order?
    }

    @Test func `a description says what people ask about a step`() throws {
        typealias Item = FlowDescription.Step
        let description = Orders.full.describe()
        #expect(description.name == "order" && description.version == "1.0.0")
        #expect(
            description.steps.map(\.name) == [
                "reserve", "charge", "needs-approval", "wait-approval", "check", "note", "pack", "invoice", "ship",
            ])
        #expect(
            description.steps[1]
                == Item(name: "charge", commit: false, retries: 3, timeout: .seconds(30), hasCondition: true))
        #expect(description.steps[3].timeout == .hours(24))
        #expect(description.steps.last == Item(name: "ship", commit: true))
        #expect(
            try JSONValueEncoder().encode(description)["steps"]?[1] == [
                "name": "charge", "commit": false, "retries": 3, "timeout": 30000, "hasCondition": true,
            ])
    }

    @Test func `retries are exponential unless said otherwise`() {
        let four: Retries = 4
        #expect(four == .exponential(4))
        #expect(Retries.exponential(2, from: .seconds(3), limit: .minutes(1)).policy.backoff == .seconds(3))
        #expect(Retries.fixed(2, every: .seconds(5)).policy.multiplier == 1)
        #expect(.hours(1.5) == Duration.minutes(90) && .days(2) == Duration.hours(48))
    }
}

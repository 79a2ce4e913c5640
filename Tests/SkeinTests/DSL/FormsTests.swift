import Skein
import SkeinCore
import SkeinTesting
import Testing

/// One flow written in three ways.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct FormsTests {
    struct Order: FlowState {
        var fails = false
        var reserved: String?
        var charged: String?
        var packed: String?
        var shipped: String?
    }

    private static let code = Flow<Order>("order") {
        Step("reserve", into: \.reserved) { _, _ in
            "reserve"
        } compensate: { _, _, _ in
        }
        Parallel("fulfil") {
            Step("charge", into: \.charged, retries: 1) { _, step in
                if step.attempt == 1 { throw StepFailure("BUSY", "try again") }
                return "charge"
            } compensate: { _, _, _ in
            }
            Step("pack", into: \.packed) { _, _ in "pack" }
        }
        Step("ship", into: \.shipped) { order, _ in
            if order.fails { throw StepFailure("NO_TRUCK", "no truck", isRetryable: false) }
            return "ship"
        }
    }

    private static let retry: JSONValue = ["maxAttempts": 1, "backoffMs": 1_000]

    private static let stepMap: JSONValue = [
        "id": "order", "version": "1.0.0", "initialStepId": "reserve",
        "steps": [
            "reserve": [
                "type": "work", "outputKey": "reserved", "compensate": ["type": "undo"],
                "transitions": ["onSuccess": ["charge", "pack"]],
            ],
            "charge": [
                "type": "work", "outputKey": "charged", "retry": retry, "compensate": ["type": "undo"],
                "transitions": ["onSuccess": "ship"],
            ],
            "pack": ["type": "work", "outputKey": "packed", "transitions": ["onSuccess": "ship"]],
            "ship": ["type": "work", "outputKey": "shipped", "join": ["charge", "pack"]],
        ],
    ]

    private static let taskGraph: JSONValue = [
        "id": "order", "version": "1.0.0",
        "tasks": [
            [
                "id": "reserve", "handler": "work", "outputs": ["reserved": "$.result"], "retry": ["maxAttempts": 0],
                "compensate": ["type": "undo"],
            ],
            [
                "id": "charge", "handler": "work", "dependencies": ["reserve"], "outputs": ["charged": "$.result"],
                "retry": retry, "compensate": ["type": "undo"],
            ],
            [
                "id": "pack", "handler": "work", "dependencies": ["reserve"], "outputs": ["packed": "$.result"],
                "retry": ["maxAttempts": 0],
            ],
            [
                "id": "ship", "handler": "work", "dependencies": ["charge", "pack"],
                "outputs": ["shipped": "$.result"], "retry": ["maxAttempts": 0],
            ],
        ],
    ]

    /// What is in the log, without times. Branches that run at once may end in any order: sorted by step.
    private static func log(_ bench: Bench, fails: Bool) async throws -> [String] {
        let context: JSONObject = ["fails": .bool(fails)]
        let id = try await bench.engine.create("order", context: context).execution.id
        _ = try await bench.engine.run(id, simulateTime: true)
        let events = try await bench.engine.events(of: id)
        #expect(events.map(\.seq) == Array(1...Int64(events.count)))
        return events.map { event in
            var metadata = event.metadata
            metadata["durationMs"] = nil
            metadata["retryAt"] = nil
            if metadata["wait"] != nil { metadata["wait"] = nil }
            return "\(event.stepID?.rawValue ?? "") \(event.type) \(event.attempt ?? 0) \(event.message ?? "") "
                + JSONValue.object(metadata).text(.canonical)
        }.sorted()
    }

    private static func data(_ flow: JSONValue) async throws -> Bench {
        let bench = try await Bench()
        bench.engine.handle("work") { _, step in
            if step.stepID == "charge", step.attempt == 1 { return .failure("BUSY", "try again") }
            if step.stepID == "ship", step.context["fails"] == true {
                return .failure("NO_TRUCK", "no truck", isRetryable: false)
            }
            return .success(.string(step.stepID.rawValue))
        }
        bench.engine.handle("undo") { _, _ in .success(nil) }
        try await bench.engine.register(flow)
        return bench
    }

    @Test(arguments: [false, true])
    func `code, a step map and a task graph leave the same log`(fails: Bool) async throws {
        let bench = try await Bench()
        try await bench.engine.register(Self.code)
        let byCode = try await Self.log(bench, fails: fails)
        let byMap = try await Self.log(try await Self.data(Self.stepMap), fails: fails)
        let byGraph = try await Self.log(try await Self.data(Self.taskGraph), fails: fails)
        #expect(byCode.count > 8)
        #expect(byMap == byCode)
        #expect(byGraph == byMap)
    }
}

import Skein
import SkeinCore
import Testing

extension FlowMonkeyTests {
    @Suite(.timeLimit(.minutes(3)))
    struct LimitTests {
        private static func put(_ value: JSONValue, _ key: String, _ next: JSONValue) -> JSONValue {
            FlowMonkeyTests.put(value, at: key, next: next)
        }

        private static func text(_ bytes: Int) -> JSONValue { .string(String(repeating: "x", count: bytes)) }

        private static func flow(_ steps: JSONObject, _ limits: JSONObject) -> JSONValue {
            FlowMonkeyTests.flow(steps, ["limits": .object(limits)])
        }

        private static func run(_ steps: JSONObject, _ limits: JSONObject, context: JSONObject = [:]) async throws
            -> Execution
        {
            try await Bench().run(flow(steps, limits), context: context)
        }

        struct Case: Sendable {
            let limit: String
            let value: Int64
            let json: JSONValue

            init(_ limit: String, _ value: Int64, _ json: JSONValue) {
                self.limit = limit
                self.value = value
                self.json = json
            }

            var limits: JSONObject { [limit: .int(value)] }
        }

        @Test(arguments: [
            Case("contextKeys", 2, ["x": 1, "y": 2, "z": 3]), Case("valueBytes", 100, ["x": text(200)]),
            Case("contextBytes", 1_000, ["x": text(600), "y": text(600)]), Case("contextDepth", 3, ["x": [[[1]]]]),
        ])
        func `M20 a context over a limit is refused and nothing is stored`(test: Case) async throws {
            let bench = try await Bench()
            try await bench.engine.register(Self.flow(["a": Self.put(1, "x", nil)], test.limits))
            let error = await #expect(throws: EngineError.self) {
                try await bench.engine.create("monkey", context: test.json.object ?? [:])
            }
            #expect(error?.code == .contextLimit)
            #expect(try await bench.engine.executions().isEmpty)
        }

        @Test(arguments: [
            Case("contextKeys", 2, 3), Case("valueBytes", 100, text(200)), Case("contextBytes", 1_000, text(980)),
            Case("contextDepth", 3, [[[1]]]),
        ])
        func `M20 an output over a limit fails its step, and the context stays as it was`(test: Case) async throws {
            let before: JSONObject = ["x": 1, "y": "twenty bytes and more"]
            let end = try await Self.run(["a": Self.put(test.json, "z", nil)], test.limits, context: before)
            #expect(end.status == .failed && end.error?.code == "CONTEXT_LIMIT" && end.error?.stepID == "a")
            #expect(end.context == before)
        }

        @Test func `M20 an existing key is no new key`() async throws {
            let end = try await Self.run(
                ["a": Self.put(2, "x", nil)], ["contextKeys": 2], context: ["x": 1, "y": 1])
            #expect(end.status == .completed && end.context == ["x": 2, "y": 1])
        }

        @Test func `M20 a value that is replaced by a smaller one makes room`() async throws {
            let end = try await Self.run(
                ["a": Self.put(0, "x", "b"), "b": Self.put(Self.text(600), "y", nil)],
                ["contextBytes": 1_000], context: ["x": Self.text(600)])
            #expect(end.status == .completed && end.context["x"] == 0)
        }

        @Test func `M20 a part of a value that is replaced makes room, too`() async throws {
            let end = try await Self.run(
                ["a": Self.put(Self.text(600), "x.part", nil)],
                ["contextBytes": 1_000], context: ["x": ["part": Self.text(600)]])
            #expect(end.status == .completed, "\(end.error?.message ?? "")")
        }

        @Test func `M20 a value grows beyond its limit by its parts`() async throws {
            let end = try await Self.run(
                ["a": Self.put(Self.text(700), "x.one", "b"), "b": Self.put(Self.text(700), "x.two", nil)],
                ["valueBytes": 1_000])
            #expect(end.status == .failed && end.error?.code == "CONTEXT_LIMIT" && end.error?.stepID == "b")
        }

        @Test(arguments: [
            Case("contextKeys", 3, ["x": 1, "y": 2, "z": 3]),
            Case("contextBytes", 1_000, ["x": text(400), "y": text(400), "z": text(400)]),
        ])
        func `M20 an output that sets several keys counts as a whole`(test: Case) async throws {
            let end = try await Self.run(["a": Self.put(test.json, "$", nil)], test.limits, context: ["old": 1])
            #expect(end.status == .failed && end.error?.code == "CONTEXT_LIMIT")
            #expect(end.context == ["old": 1])
        }

        @Test(arguments: [
            Case("valueBytes", 100, text(200)), Case("contextBytes", 1_000, text(1_200)),
            Case("contextDepth", 3, [[[1]]]), Case("contextKeys", 2, 1),
        ])
        func `M20 what ends a wait counts like an output`(test: Case) async throws {
            let bench = try await Bench()
            bench.engine.handle("pause") { _, _ in .wait(WaitRequest(until: .signal("go"))) }
            let before: JSONObject = ["x": 1]
            let waiting = try await bench.run(
                Self.flow(
                    ["a": ["type": "pause", "outputKey": "answer"]], test.limits), context: before, simulateTime: false)
            try await bench.engine.signal(waiting.id, "go", payload: test.json)
            let end = try await bench.engine.run(waiting.id)
            #expect(end.status == .failed && end.error?.code == "CONTEXT_LIMIT" && end.error?.stepID == "a")
            #expect(end.context == before)
        }
    }
}

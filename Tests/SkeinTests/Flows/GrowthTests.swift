import Skein
import SkeinCore
import Testing

/// How far executions may grow.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct GrowthTests {
    @Test func `a step that asks for more children than its flow allows fails, and starts none`() async throws {
        let bench = try await Bench()
        try await ChildrenTests.register(bench.engine)
        var parent = ChildrenTests.parent()
        parent["version"] = "1.1.0"
        parent["limits"] = ["children": 2]
        try await bench.engine.register(parent)
        let (id, end) = try await bench.start("parent", ["items": [1, 2, 3]])
        #expect(end.error?.code == "CHILDREN_LIMIT")
        #expect(try await bench.store.children(of: id, round: nil, from: 0, limit: 5).isEmpty)
    }

    @Test func `an execution whose log grows too long ends`() async throws {
        let bench = try await Bench()
        bench.engine.handle("again") { _, _ in .success(1, next: "only") }
        let flow = TestFlows.single("again", id: "loop", flow: ["limits": ["logRows": 20], "maxSteps": 1_000])
        let end = try await bench.run(flow)
        #expect(end.status == .failed && end.error?.code == "LOG_LIMIT")
        #expect(try await bench.engine.events(of: end.id).count <= 22)
    }

    @Test func `so does one whose code records without an end`() async throws {
        let bench = try await Bench()
        bench.engine.handle("code") { _, step in
            for index in 0..<1_000 { try await step.perform("piece \(index)") {} }
            return .success("done")
        }
        let end = try await bench.run(TestFlows.single("code", flow: ["limits": ["logRows": 20]]))
        #expect(end.error?.code == "LOG_LIMIT")
    }

    @Test func `limits that make no sense are reported with their place`() {
        let flow = TestFlows.single(
            "code", flow: ["limits": ["children": -1, "childDepth": "x", "logRows": 0, "rows": 1]])
        let pointers = FlowSpec.validate(flow).errors.map(\.pointer.description)
        #expect(Set(pointers) == ["/limits/children", "/limits/childDepth", "/limits/logRows", "/limits/rows"])
    }
}

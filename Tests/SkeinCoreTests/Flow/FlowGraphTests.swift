// Reachability, handlers' own checks, suggestions, and the compiled form.

import Testing

@testable import SkeinCore

@Suite("Flow graphs", .timeLimit(.minutes(1)))
struct FlowGraphTests {
    static func flow(_ steps: JSONObject, initial: String = "a") -> JSONValue {
        ["id": "f", "version": "1.0.0", "initialStepId": .string(initial), "steps": .object(steps)]
    }

    @Test func `a graph has integer targets and finds steps by id`() throws {
        let json = Self.flow(
            [
                "c": ["type": "log"],
                "a": [
                    "type": "http", "input": ["type": "key", "key": "x"], "outputKey": "r.s",
                    "transitions": ["onSuccess": "b", "onFailure": "c", "onResume": "a"],
                    "retry": ["maxAttempts": 1], "timeoutMs": 5,
                ],
                "b": ["type": "log", "transitions": ["onSuccess": "c"]],
            ])
        let spec = try #require(FlowSpec.validate(json).spec)
        let graph = FlowGraph(spec)
        #expect(graph.spec == spec && spec.initialStepIDs == ["a"] && graph.nodes.map(\.id) == ["c", "a", "b"])
        let node = graph.nodes[1]
        #expect(node.onSuccess == [2] && node.onFailure == [0] && node.onResume == [1])
        #expect(node.input == .key("x") && node.outputKey == DotPath("r.s") && node.timeout == .milliseconds(5))
        #expect(node.retry?.maxAttempts == 1 && node.type == "http")
        #expect(graph.nodes[0].input == .full && graph.nodes[0].onSuccess == [] && graph.nodes[0].outputKey == nil)
        #expect(graph.index(of: "b") == 2 && graph.index(of: "nope") == nil && graph.node(of: "c") === graph.nodes[0])
    }

    @Test func `loops are legal`() {
        let json = Self.flow([
            "a": ["type": "log", "transitions": ["onSuccess": "b"]],
            "b": ["type": "log", "transitions": ["onSuccess": "a"]],
        ])
        #expect(FlowSpec.validate(json).errors == [])
    }

    @Test(
        arguments: [
            [
                "type": "conditional",
                "config": ["conditions": [["path": "x", "op": "exists", "target": "b"]], "default": "c"],
            ],
            [
                "type": "conditional", "config": ["conditions": [["all": [], "target": "b"]]],
                "transitions": ["onFailure": "c"],
            ],
            ["type": "switch", "config": ["path": "x", "cases": ["1": "b"], "default": "c"]],
            ["type": "switch", "config": ["path": "x", "cases": ["1": "b", "2": "c"]]],
            ["type": "branch", "config": ["routes": [["to": "b"]], "otherwise": "c"]],
            ["type": "log", "transitions": ["onResume": "b", "onFailure": "c"]],
        ] as [JSONValue])
    func `every way out of a step counts as reaching`(_ step: JSONValue) {
        let json = Self.flow(["a": step, "b": ["type": "log"], "c": ["type": "log"], "d": ["type": "log"]])
        let validation = FlowSpec.validate(json)
        #expect(validation.errors.map { "\($0.code) \($0.pointer)" } == ["STEP_UNREACHABLE /steps/d"])
    }

    @Test func `names that look alike are two steps`() {
        let json = Self.flow([
            "a": ["type": "log", "transitions": ["onSuccess": "é"]], "é": ["type": "log"], "e\u{301}": ["type": "log"],
        ])
        let errors = FlowSpec.validate(json).errors
        #expect(errors.map(\.pointer.tokens) == [["steps", "e\u{301}"]])
    }

    @Test func `a handler's own check is asked once per step and its pointers are moved`() {
        let json = Self.flow([
            "a": ["type": "x", "config": ["n": 1], "transitions": ["onSuccess": "b"]], "b": ["type": "y"],
        ])
        let validation = FlowSpec.validate(json) { type, config in
            [Problem(code: "OWN", pointer: JSONPointer(tokens: ["n"]), message: "\(type) \(config)")]
        }
        #expect(
            validation.errors.map(\.description) == [
                "OWN /steps/a/config/n: x {\"n\":1}", "OWN /steps/b/config/n: y {}",
            ])
    }

    @Test func `a problem is data`() {
        let problem = Problem(.badID, at: JSONPointer(tokens: ["steps", "a/b"]), "No.")
        #expect(problem.json == ["code": "BAD_ID", "pointer": "/steps/a~1b", "message": "No."])
        #expect("\(Problem(.wrongType, at: .root, "No."))" == "WRONG_TYPE (root): No.")
    }

    @Test func `large flows are checked in a moment, very large ones are refused`() {
        func steps(_ count: Int) -> JSONObject {
            JSONObject(
                (0..<count).map { index in
                    let name = "step-\(String(repeating: "x", count: 50))-\(index)"
                    return (
                        name, ["type": "log", "transitions": ["onSuccess": "step-nowhere", "onFailure": "step-no"]]
                    )
                })
        }
        #expect(FlowSpec.validate(Self.flow(steps(2_000), initial: "step-0")).errors.count == 4_001)
        let refused = FlowSpec.validate(Self.flow(steps(10_001))).errors
        #expect(refused.map { "\($0.code) \($0.pointer)" } == ["OUT_OF_RANGE /steps"])
    }

    @Test(arguments: [
        ("onSucess", "onSuccess"), ("ONSUCCESS", "onSuccess"), ("onsuccess", "onSuccess"), ("onFialure", "onFailure"),
        ("xyz", nil), ("", nil), ("onResumee", "onResume"),
    ])
    func `the nearest name is suggested`(_ name: String, _ expected: String?) {
        #expect(Suggestion.nearest(to: name, among: ["onSuccess", "onFailure", "onResume"]) == expected)
    }
}

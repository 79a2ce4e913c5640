import Skein
import SkeinCore
import Testing

@testable import SkeinHandlers

struct BuiltinHandlersTests {
    @Test func `an engine gets all built-in types with their metadata`() {
        let engine = Engine(store: InMemoryExecutionStore(clock: VirtualClock()))
        engine.addBuiltinHandlers()
        #expect(Set(engine.handlers.types) == BuiltinHandlers.types)
        #expect(
            BuiltinHandlers.types == [
                "http", "delay", "wait", "sub-flow", "map", "transform", "conditional", "switch", "log", "fail",
            ])
        for metadata in engine.handlers.metadata {
            #expect(!metadata.description.isEmpty && metadata.configSchema["type"] == "object" && !metadata.isStateful)
        }
    }

    @Test(
        arguments: [
            ("http", ["url": "ftp://x/"] as JSONObject, "/url"), ("http", ["url": 1], "/url"),
            ("http", ["method": "FETCH"], "/method"),
            ("http", ["timeout": 5], "/timeout"), ("http", ["headers": ["Host": "x"]], "/headers/Host"),
            ("http", ["url": "${a"], "/url"),
            ("http", ["auth": 1], "/auth"), ("http", ["expect": "no"], "/expect"),
            ("delay", ["delayMs": -1], "/delayMs"), ("delay", ["ms": 1], "/ms"),
            ("delay", ["until": "x"], "/until"), ("wait", ["token": 1], "/token"),
            ("wait", ["token": true, "signal": "go"], "/token"),
            ("wait", ["token": ["ttl": 1]], "/token"),
            ("wait", ["signal": ""], "/signal"), ("wait", ["timeoutMs": 0], "/timeoutMs"),
            ("transform", ["mapping": ["a": "$["]], "/mapping/a"), ("log", ["level": "loud"], "/level"),
            ("log", ["fields": []], "/fields"),
            ("fail", ["code": ""], "/code"),
            ("conditional", ["conditions": [["not": ["handler": "h"], "target": "a"]]], "/conditions/0"),
        ] as [(String, JSONObject, String)])
    func `mistakes in a config are found with their place`(type: String, config: JSONObject, pointer: String) {
        #expect(BuiltinHandlers.check(type: type, config: config).map(\.pointer.description) == [pointer])
    }

    @Test(
        arguments: [
            (
                "http",
                [
                    "url": "${base}/x", "method": "${m}", "timeoutMs": "${t}", "retries": "${r}", "expect": "${e}",
                    "auth": "api",
                ] as JSONObject
            ),
            ("http", [:]), ("delay", ["delayMs": "${ms}"]), ("wait", [:]), ("wait", ["token": nil]),
            ("log", ["level": "${l}"]), ("custom", ["url": 1]),
            ("conditional", [:]), ("switch", [:]), ("fail", [:]),
        ] as [(String, JSONObject)])
    func `what only a run can know passes`(type: String, config: JSONObject) {
        #expect(BuiltinHandlers.check(type: type, config: config).isEmpty)
    }

    @Test func `required parameters are missed only when no input can bring them`() {
        #expect(
            BuiltinHandlers.check(type: "http", config: [:], mayHaveInput: false).map(\.code) == ["REQUIRED_MISSING"])
        #expect(
            BuiltinHandlers.check(type: "delay", config: [:], mayHaveInput: false).map(\.code) == ["REQUIRED_MISSING"])
    }

    @Test func `the engine tells a handler whether its step selects its input`() async throws {
        let clock = VirtualClock()
        let engine = Engine(store: InMemoryExecutionStore(clock: clock), clock: clock)
        let seen = Ledger<Bool>()
        engine.handle("spy") { _, step in
            seen.note(step.hasExplicitInput)
            return .success([:])
        }
        try await engine.register([
            "id": "spies", "version": "1.0.0", "initialStepId": "a",
            "steps": [
                "a": ["type": "spy", "transitions": ["onSuccess": "b"]],
                "b": ["type": "spy", "input": ["type": "full"], "transitions": ["onSuccess": "c"]],
                "c": ["type": "spy", "input": ["type": "static", "value": [:]]],
            ],
        ])
        let id = try await engine.create("spies").execution.id
        _ = try await engine.run(id)
        #expect(seen.all == [false, false, true])
    }
}

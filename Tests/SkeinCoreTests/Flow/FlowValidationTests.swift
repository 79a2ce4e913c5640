// Checking definitions: what is accepted, and each mistake with its code and place.

import SkeinCore
import Testing

@Suite("Flow validation", .timeLimit(.minutes(1)))
struct FlowValidationTests {
    /// A flow of one step with some of its fields, and some of the step's, replaced.
    static func flow(_ changes: JSONObject = [:], step: JSONObject = [:]) -> JSONValue {
        let base: JSONObject = [
            "id": "f", "version": "1.0.0", "initialStepId": "a",
            "steps": ["a": .object((["type": "log"] as JSONObject).merging(step))],
        ]
        return .object(base.merging(changes))
    }

    static func places(_ problems: [Problem]) -> [String] {
        problems.map { "\($0.code) \($0.pointer)" }
    }

    @Test func `the smallest flow is valid and has the defaults`() throws {
        let json = Self.flow()
        let validation = FlowSpec.validate(json)
        let spec = try #require(validation.spec)
        #expect(validation.isValid && validation.warnings.isEmpty)
        #expect(spec.id == "f" && spec.version.text == "1.0.0" && spec.initialStepIDs == ["a"])
        #expect(spec.limits == ContextLimits.default)
        #expect(spec.limits == ContextLimits(totalBytes: 10_485_760, valueBytes: 1_048_576, keys: 500, depth: 32))
        #expect(spec.executionTimeout == nil && spec.waitTimeout == nil && spec.maxSteps == nil)
        #expect(spec.handlerWait == nil && spec.metadata == nil && spec.inputSchema == nil)
        #expect(spec.json == json)
        let step = try #require(spec.steps.first)
        #expect(step.id == "a" && step.type == "log" && step.config == [:] && step.input == nil && step.retry == nil)
        #expect(step.onSuccess == [] && step.onFailure == [] && step.onResume == [] && step.timeout == nil)
    }

    @Test func `every field arrives`() throws {
        let json: JSONValue = [
            "id": "order", "version": "2.1.0-rc.1", "name": "Order", "description": "All of it", "inputSchema": true,
            "initialStepId": "a", "metadata": ["owner": "me"], "timeouts": ["executionMs": 1000, "waitMs": 2e3],
            "maxSteps": 50, "onCancel": "stop", "onBranchFailure": "wait",
            "limits": [
                "contextBytes": 1000, "valueBytes": 100, "contextKeys": 10, "contextDepth": 5, "handlerWaitMs": 0,
            ],
            "steps": [
                "a": [
                    "id": "a", "type": "http", "name": "Call", "config": ["url": "x"],
                    "input": ["type": "path", "path": "o.x"], "outputKey": "r.body",
                    "transitions": ["onSuccess": "b", "onFailure": "b", "onResume": "a"],
                    "retry": [
                        "maxAttempts": 3, "backoffMs": 100, "backoffMultiplier": 1.5, "maxBackoffMs": 900,
                        "jitter": 0.1,
                        "retryOn": ["A"], "doNotRetryOn": ["B"],
                    ],
                    "timeoutMs": 30000, "heartbeatMs": 500,
                ],
                "b": [
                    "type": "log", "transitions": ["onSuccess": nil], "when": nil, "commit": false, "compensate": nil,
                ],
            ],
        ]
        let validation = FlowSpec.validate(json)
        let spec = try #require(validation.spec, "\(validation.errors)")
        #expect(spec.name == "Order" && spec.description == "All of it" && spec.inputSchema == true)
        #expect(spec.metadata == ["owner": "me"] && spec.maxSteps == 50)
        #expect(spec.executionTimeout == .seconds(1) && spec.waitTimeout == .seconds(2) && spec.handlerWait == .zero)
        #expect(spec.limits == ContextLimits(totalBytes: 1000, valueBytes: 100, keys: 10, depth: 5))
        #expect(spec.steps.map(\.id) == ["a", "b"])
        let step = spec.steps[0]
        let policy = RetryPolicy(
            maxAttempts: 3, backoff: .milliseconds(100), multiplier: 1.5, maxBackoff: .milliseconds(900), jitter: 0.1,
            retryOn: ["A"], doNotRetryOn: ["B"])
        #expect(step.retry == policy && step.name == "Call" && step.config == ["url": "x"])
        #expect(step.input == DotPath("o.x").map(InputSelector.path) && step.outputKey == "r.body")
        #expect(step.onSuccess == ["b"] && step.onFailure == ["b"] && step.onResume == ["a"])
        #expect(step.timeout == .seconds(30) && step.heartbeat == .milliseconds(500))
    }

    @Test func `null is the same as absent`() {
        let changes: JSONObject = [
            "name": nil, "description": nil, "inputSchema": nil, "metadata": nil, "timeouts": nil, "maxSteps": nil,
            "limits": nil, "tasks": nil, "onCancel": nil, "onBranchFailure": nil, "concurrency": nil, "rateLimit": nil,
            "sla": nil,
        ]
        let step: JSONObject = [
            "id": nil, "name": nil, "config": nil, "input": nil, "outputKey": nil, "transitions": nil, "retry": nil,
            "timeoutMs": nil, "heartbeatMs": nil, "when": nil, "join": nil, "compensate": nil, "commit": nil,
        ]
        let validation = FlowSpec.validate(Self.flow(changes, step: step))
        #expect(validation.errors == [] && validation.warnings == [])
    }

    @Test func `a flow with many mistakes reports all of them at once`() {
        let json: JSONValue = [
            "id": "", "version": "1.0", "initialStepId": "strat", "maxSteps": 0, "descripton": "x",
            "timeouts": ["executionMs": -1], "inputSchema": "x", "sla": ["startWithinMs": 0],
            "steps": [
                "start": [
                    "id": "begin", "type": "conditional",
                    "config": [
                        "conditions": [["path": "a", "op": "equals", "value": 1, "target": "work"]],
                        "default": "nowhere",
                    ],
                ],
                "work": [
                    "input": ["type": "template", "template": ["a": "${x"]], "outputKey": "a..b",
                    "transitions": ["onSuccess": "ennd", "onFailure": 7],
                    "retry": ["maxAttempts": -1, "jitter": 2], "timeoutMs": 1e18,
                ],
                "end": ["type": "log", "when": ["path": "a", "op": "exists"]],
                "orphan": ["type": "log"],
                "a/b": 5,
            ],
        ]
        let validation = FlowSpec.validate(json)
        #expect(validation.spec == nil)
        #expect(
            Self.places(validation.errors) == [
                "UNKNOWN_FIELD /descripton", "REQUIRED_MISSING /id", "BAD_VERSION /version", "WRONG_TYPE /inputSchema",
                "OUT_OF_RANGE /timeouts/executionMs", "OUT_OF_RANGE /maxSteps", "OUT_OF_RANGE /sla/startWithinMs",
                "STEP_ID_MISMATCH /steps/start/id", "TRANSITION_UNKNOWN /steps/start/config/default",
                "BAD_OPERATOR /steps/start/config/conditions/0/op", "REQUIRED_MISSING /steps/work/type",
                "BAD_TEMPLATE /steps/work/input/template/a", "BAD_PATH /steps/work/outputKey",
                "TRANSITION_UNKNOWN /steps/work/transitions/onSuccess", "WRONG_TYPE /steps/work/transitions/onFailure",
                "OUT_OF_RANGE /steps/work/retry/maxAttempts", "OUT_OF_RANGE /steps/work/retry/jitter",
                "OUT_OF_RANGE /steps/work/timeoutMs", "BAD_ID /steps/a~1b",
                "WRONG_TYPE /steps/a~1b", "INITIAL_STEP_UNKNOWN /initialStepId", "STEP_UNREACHABLE /steps/orphan",
                "STEP_UNREACHABLE /steps/a~1b",
            ])
        let messages = validation.errors.map(\.message)
        #expect(messages.contains(#"The flow has no step "ennd"; did you mean "end"?"#))
        #expect(messages.contains(#"The flow has no step "strat"; did you mean "start"?"#))
        #expect(messages.contains(#""descripton" is not a field of a flow; did you mean "description"?"#))
        #expect(messages.allSatisfy { $0.hasSuffix(".") || $0.hasSuffix("?") })
    }

    @Test func `what is no object is no flow`() {
        for json in [nil, true, 1, "x", []] as [JSONValue] {
            #expect(Self.places(FlowSpec.validate(json).errors) == ["WRONG_TYPE "])
        }
        #expect(
            Self.places(FlowSpec.validate([:]).errors) == [
                "REQUIRED_MISSING /id", "REQUIRED_MISSING /version", "REQUIRED_MISSING /steps",
                "REQUIRED_MISSING /initialStepId",
            ])
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        let json: JSONValue
        let errors: [String]
        let warnings: [String]
        init(_ changes: JSONObject = [:], step: JSONObject = [:], _ errors: String..., warnings: [String] = []) {
            json = FlowValidationTests.flow(changes, step: step)
            self.errors = errors
            self.warnings = warnings
        }
        var testDescription: String { (errors + warnings).joined(separator: ", ") }
    }

    @Test(arguments: mistakes + stepMistakes)
    func `a mistake has its code and place`(_ mistake: Mistake) {
        let validation = FlowSpec.validate(mistake.json, knownTypes: ["log", "conditional", "switch", "custom"])
        #expect(Self.places(validation.errors) == mistake.errors)
        #expect(Self.places(validation.warnings) == mistake.warnings)
        #expect((validation.spec == nil) == !mistake.errors.isEmpty)
    }

    @Test func `every code occurs`() {
        let all = (Self.mistakes + Self.stepMistakes).flatMap { mistake in
            let validation = FlowSpec.validate(mistake.json, knownTypes: ["log"])
            return (validation.errors + validation.warnings).map(\.code)
        }
        #expect(Set(ProblemCode.allCases.map(\.rawValue)).subtracting(all).isEmpty)
    }
}

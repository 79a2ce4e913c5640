import Skein
import SkeinCore

/// `conditional`: goes to the target of the first condition that holds.
///
/// Config: `conditions`, a list of `{path, op, value, target}` or of any other condition with a `target`, and
/// `default`. Paths are looked up in the step's input, by default the context; the config alone has the parameters. A
/// target of null stands for the step's own `onSuccess`. Output: `{matched, op, target}`: the path that decided (null
/// for the default) and its operator. Failures: NO_MATCH, MISSING_CONDITIONS.
struct ConditionalHandler: BuiltinHandler {
    static let metadata = HandlerMetadata(
        type: "conditional", name: "Conditional", description: "Goes to the target of the first condition that holds.",
        category: "control",
        configSchema: [
            "type": "object",
            "properties": [
                "conditions": [
                    "type": "array", "minItems": 1,
                    "items": [
                        "type": "object", "required": ["target"],
                        "properties": [
                            "path": ["type": "string"],
                            "op": ["enum": .array(Operator.allCases.map { .string($0.rawValue) })], "value": true,
                            "target": ["type": ["string", "null"]],
                        ],
                    ],
                ],
                "default": ["type": ["string", "null"]],
            ],
            "required": ["conditions"],
        ])

    private static let forms = ["all", "any", "not", "jsonpath"]

    /// The rest is checked where the flow's steps are known.
    static func check(_ check: inout ConfigCheck) {
        for (index, condition) in (check.config["conditions"]?.array ?? []).enumerated() where condition.asksHandler {
            check.report([
                Problem(
                    .badValue, at: JSONPointer(tokens: ["conditions", String(index)]),
                    "The conditions of this step cannot ask a handler.")
            ])
        }
    }

    @concurrent func execute(_ input: JSONValue, _ step: StepContext) async throws -> StepResult<JSONValue> {
        guard let conditions = step.config["conditions"]?.array, !conditions.isEmpty else {
            return .failure("MISSING_CONDITIONS", "the step has no conditions", isRetryable: false)
        }
        let document = input.object ?? [:]
        for (index, json) in conditions.enumerated() {
            guard try Self.holds(json, at: index, in: document) else { continue }
            let form = Self.forms.first { json[$0] != nil }
            return Self.go(
                to: json["target"] ?? .null, matched: json["path"] ?? json["jsonpath"] ?? .null,
                op: json["op"] ?? form.map { .string($0) } ?? .null)
        }
        guard let target = step.config["default"] else {
            return .failure("NO_MATCH", "no condition holds and there is no default", isRetryable: false)
        }
        return Self.go(to: target, matched: .null, op: .null)
    }

    private static func holds(_ json: JSONValue, at index: Int, in document: JSONObject) throws -> Bool {
        var bare = json
        bare["target"] = JSONValue?.none
        var problems: [Problem] = []
        let place = JSONPointer(tokens: ["conditions", String(index)])
        guard let condition = Condition.parse(bare, at: place, into: &problems), condition.handlerNames.isEmpty else {
            let reason = problems.first?.description ?? "a condition of this step cannot ask a handler"
            throw StepFailure.input(reason)
        }
        do {
            return try condition.evaluate(document)
        } catch {
            throw StepFailure.input(error.message)
        }
    }

    private static func go(to target: JSONValue, matched: JSONValue, op: JSONValue) -> StepResult<JSONValue> {
        .completed(["matched": matched, "op": op, "target": target], next: target.string.map { StepID($0) })
    }
}

extension JSONValue {
    /// Whether a condition of the form `{handler: …}` is in it.
    fileprivate var asksHandler: Bool {
        guard let object else { return false }
        if object.contains(key: "handler") { return true }
        let parts = (object["all"]?.array ?? []) + (object["any"]?.array ?? []) + (object["not"].map { [$0] } ?? [])
        return parts.contains(where: \.asksHandler)
    }
}

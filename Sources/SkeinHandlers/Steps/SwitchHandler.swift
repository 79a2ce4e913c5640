import Skein
import SkeinCore

/// `switch`: goes to the step that a value names.
///
/// Config: `path`, `cases` `{value: step}` and `default`. The path is looked up in the step's input, by default the
/// context. Texts, numbers, booleans and null are compared as text, numbers by value: `2.0` is the case `"2"`. A target
/// of null stands for the step's own `onSuccess`. Output: `{path, value, target}`. Failures: NO_MATCH, MISSING_PATH.
struct SwitchHandler: BuiltinHandler {
    static let metadata = HandlerMetadata(
        type: "switch", name: "Switch", description: "Goes to the step that a value names.", category: "control",
        configSchema: [
            "type": "object",
            "properties": [
                "path": ["type": "string", "minLength": 1],
                "cases": ["type": "object", "additionalProperties": ["type": ["string", "null"]]],
                "default": ["type": ["string", "null"]],
            ],
            "required": ["path", "cases"],
        ])

    /// Path, cases and targets are checked where the flow's steps are known.
    static func check(_ check: inout ConfigCheck) {}

    @concurrent func execute(_ input: JSONValue, _ step: StepContext) async throws -> StepResult<JSONValue> {
        guard let text = step.config["path"]?.string, !text.isEmpty else {
            return .failure("MISSING_PATH", "the step has no path", isRetryable: false)
        }
        guard let path = DotPath(text) else { throw StepFailure.input("'\(text.prefix(200))' is not a dotted path") }
        let value = path.value(in: input)
        let label = value.flatMap { $0.isNull ? "null" : $0.scalarText }
        if let label, let target = step.config["cases"]?[label] {
            return Self.go(to: target, path: text, value: value)
        }
        guard let target = step.config["default"] else {
            let found = label.map { "'\($0.prefix(200))'" } ?? (value == nil ? "a missing value" : "a list or object")
            return .failure("NO_MATCH", "no case for \(found) at '\(text)' and no default", isRetryable: false)
        }
        return Self.go(to: target, path: text, value: value)
    }

    private static func go(to target: JSONValue, path: String, value: JSONValue?) -> StepResult<JSONValue> {
        .completed(
            ["path": .string(path), "value": value ?? .null, "target": target], next: target.string.map { StepID($0) })
    }
}

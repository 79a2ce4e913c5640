import Skein
import SkeinCore

/// `transform`: makes new data from the step's input, by default the context. Nothing else sees or changes it.
///
/// The config alone says what to do, with exactly one of:
/// - `mapping {key: expression}`: an object of the values that ``TransformExpression`` gives; absent ones are left out.
/// - `pick [path…]`, `omit [path…]`: the input with only, or without, these members; dotted paths keep their nesting.
/// - `filter`, `map`, `reduce` over a list; see ``ListOperation``.
///
/// FlowMonkey's `operation`, with `keys` for pick and omit, is understood as well. Output: the new value. Failure:
/// TRANSFORM_ERROR, not retried, as the same input gives the same failure.
struct TransformHandler: BuiltinHandler {
    static let metadata = HandlerMetadata(
        type: "transform", name: "Transform", description: "Makes new data from the input.", category: "data",
        configSchema: [
            "type": "object",
            "properties": [
                "mapping": ["type": "object", "description": "Key to dotted path, JSONPath or template."],
                "pick": ["type": "array", "items": ["type": "string"]],
                "omit": ["type": "array", "items": ["type": "string"]],
                "filter": ["type": ["string", "object"], "description": "A JSONPath, or {items, where}."],
                "map": ["type": ["string", "object"], "description": "A JSONPath, or {items, to}."],
                "reduce": ["type": "object", "description": "{items, op, of, separator}."],
                "operation": ["enum": ["map", "pick", "omit"]], "keys": ["type": "array", "items": ["type": "string"]],
            ],
        ])

    static func check(_ check: inout ConfigCheck) {
        do {
            _ = try TransformPlan(check.config)
        } catch {
            check.report([Problem(.badValue, at: JSONPointer(tokens: error.place), error.message)])
        }
    }

    @concurrent func execute(_ input: JSONValue, _ step: StepContext) async throws -> StepResult<JSONValue> {
        do {
            return .success(try TransformPlan(step.config).apply(to: input))
        } catch {
            return .failure("TRANSFORM_ERROR", error.description, isRetryable: false)
        }
    }
}

/// Why data cannot be made: a config that means nothing, or an input it does not fit.
struct TransformError: Error, CustomStringConvertible {
    let message: String
    /// Where in the config.
    let place: [String]

    init(_ message: String, at place: String...) {
        self.message = message
        self.place = place
    }

    func under(_ key: String) -> TransformError { TransformError(message, [key] + place) }

    private init(_ message: String, _ place: [String]) {
        self.message = message
        self.place = place
    }

    var description: String { place.isEmpty ? message : "\(place.joined(separator: ".")): \(message)" }
}

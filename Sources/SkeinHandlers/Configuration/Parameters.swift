// The parameters of one attempt: the step's config with its placeholders filled, overlaid by its input.

import Skein
import SkeinCore

/// What a handler was asked to do. Null counts as absent; a value that does not suit throws INPUT_ERROR.
struct Parameters {
    private let values: JSONObject

    /// Placeholders in the config see the context and, before it, the members of an input the step selects. Such an
    /// input also overlays the config; the whole context never does, or any of its members could redirect a request.
    /// Values from the input are data and are not rendered.
    ///
    /// - Parameter literal: parameters whose config is taken as written.
    init(_ input: JSONValue, _ step: StepContext, literal: Set<String> = []) {
        let overlay = step.hasExplicitInput ? input.object ?? [:] : [:]
        var values = JSONObject()
        for (key, value) in step.config {
            values[key] = literal.contains(key) ? value : Template.render(value, context: step.context, roots: overlay)
        }
        values.merge(overlay)
        self.values = values
    }

    subscript(key: String) -> JSONValue? {
        guard let value = values[key], !value.isNull else { return nil }
        return value
    }

    /// A text; numbers and booleans become one.
    func text(_ key: String) throws -> String? {
        guard let value = self[key] else { return nil }
        guard let text = value.scalarText else { throw StepFailure.input("'\(key)' must be a text") }
        return text
    }

    func integer(_ key: String, in bounds: ClosedRange<Int64>) throws -> Int64? {
        guard let value = self[key] else { return nil }
        guard let integer = value.int64, bounds.contains(integer) else {
            throw StepFailure.input(
                "'\(key)' must be a whole number from \(bounds.lowerBound) to \(bounds.upperBound), not \(value.text().prefix(100))"
            )
        }
        return integer
    }

    func milliseconds(_ key: String, in bounds: ClosedRange<Int64> = Parameters.spans) throws -> Duration? {
        try integer(key, in: bounds).map { .milliseconds($0) }
    }

    func object(_ key: String) throws -> JSONObject? {
        guard let value = self[key] else { return nil }
        guard let object = value.object else { throw StepFailure.input("'\(key)' must be an object") }
        return object
    }

    /// One millisecond to ten years.
    static let spans: ClosedRange<Int64> = 1...tenYears
    static let tenYears: Int64 = 10 * 365 * 86_400_000
}

extension JSONValue {
    /// Texts, numbers and booleans as text.
    var scalarText: String? {
        switch self {
        case .string, .bool, .int, .decimal: Template.text(of: self)
        case .null, .array, .object: nil
        }
    }
}

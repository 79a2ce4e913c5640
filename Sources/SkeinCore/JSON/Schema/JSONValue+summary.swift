// How a value is named in messages.

extension JSONValue {
    /// The value's kind with what tells it from others of the kind, short and on one line.
    var summary: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .int, .decimal: "the number \(description.shortened)"
        case .string(let text): "the string \(text.quoted)"
        case .array(let elements): "an array of \(JSONSchemaMeasure.items.title(elements.count))"
        case .object(let object): "an object with \(JSONSchemaMeasure.properties.title(object.count))"
        }
    }

    /// What the value is called as the subject of a sentence.
    var noun: String {
        switch self {
        case .null, .bool: "value"
        case .int, .decimal: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// The value as it is written, shortened; containers by their summary.
    var literal: String {
        switch self {
        case .null, .bool, .int, .decimal: description.shortened
        case .string(let text): text.quoted
        case .array, .object: summary
        }
    }
}

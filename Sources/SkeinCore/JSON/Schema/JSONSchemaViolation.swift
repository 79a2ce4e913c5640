// What is wrong with a value.

/// One way in which a value does not match a schema.
public struct JSONSchemaViolation: Sendable, Hashable {
    /// The reason, stable for programs.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The value does not match the keyword.
        case mismatch
        /// The value was not checked to the end: ``JSONSchemaBudget/maxSteps`` were used up.
        case tooManySteps
        /// The value was not checked to the end: schemas nest beyond ``JSONSchemaBudget/maxDepth``, or without end.
        case tooDeep
    }

    /// The reason, stable for programs.
    public let code: Code
    /// The value.
    public let instance: JSONPointer
    /// The keyword, empty when the schema is `false` and for the bounds of the work.
    public let keyword: String
    /// The keyword's place: the URI of its schema document (empty when it has none), `#` and a JSON pointer.
    public let schema: String
    /// One English sentence for people.
    public let message: String

    init(
        _ code: Code = .mismatch, at instance: JSONPointer, keyword: String, schema: String, _ message: String
    ) {
        self.code = code
        self.instance = instance
        self.keyword = keyword
        self.schema = schema
        self.message = message
    }

    /// The violation as `{code, instance, keyword, schema, message}`.
    public var json: JSONValue {
        .object([
            "code": .string(code.rawValue), "instance": .string(instance.description), "keyword": .string(keyword),
            "schema": .string(schema), "message": .string(message),
        ])
    }
}

extension JSONSchemaViolation: CustomStringConvertible {
    /// Place and message on one line.
    public var description: String {
        "\(instance.tokens.isEmpty ? "(root)" : instance.description): \(message)"
    }
}

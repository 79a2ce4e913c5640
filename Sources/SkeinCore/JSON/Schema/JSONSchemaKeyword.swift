// Where subschemas are. Only there can identifiers and anchors be: the same names elsewhere are data.

/// The shape of a keyword's value, for keywords that hold subschemas.
enum JSONSchemaKeyword {
    /// The subschemas directly inside of a schema, each with the tokens that lead to it.
    static func subschemas(of object: JSONObject) -> [(tokens: [String], value: JSONValue)] {
        object.flatMap { member in children(of: member.key, member.value) }
    }

    private static func children(of keyword: String, _ value: JSONValue) -> [(tokens: [String], value: JSONValue)] {
        switch (keyword, value) {
        case ("allOf", .array(let elements)), ("anyOf", .array(let elements)), ("oneOf", .array(let elements)),
            ("prefixItems", .array(let elements)), ("items", .array(let elements)):
            elements.enumerated().map { ([keyword, String($0.offset)], $0.element) }
        case ("properties", .object(let members)), ("patternProperties", .object(let members)),
            ("dependentSchemas", .object(let members)), ("$defs", .object(let members)),
            ("definitions", .object(let members)):
            members.map { ([keyword, $0.key], $0.value) }
        case ("dependencies", .object(let members)):
            members.filter { $0.value.kind != .array }.map { ([keyword, $0.key], $0.value) }
        case ("additionalProperties", _), ("propertyNames", _), ("items", _), ("contains", _), ("not", _), ("if", _),
            ("then", _), ("else", _), ("unevaluatedItems", _), ("unevaluatedProperties", _), ("contentSchema", _),
            ("additionalItems", _):
            [([keyword], value)]
        case _: []
        }
    }
}

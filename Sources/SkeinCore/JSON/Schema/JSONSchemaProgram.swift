// A schema in the form it is applied in: subschemas are numbers, so that cycles of references are no cycles of
// objects.

/// All subschemas with all references resolved.
struct JSONSchemaProgram: Sendable {
    var nodes: [JSONSchemaNode]
    var resources: [Resource]
    var root: Int

    /// A document, or a part of one with a URI of its own.
    struct Resource: Sendable {
        /// The subschemas a dynamic reference may lead to, by name.
        var dynamicAnchors: [String: Int] = [:]
    }
}

/// One subschema. Nodes and rules are objects because validation recurses with them on the stack.
final class JSONSchemaNode: Sendable {
    let resource: Int
    /// URI, `#` and pointer.
    let location: String
    /// Present for the schemas `true` and `false`.
    let verdict: Bool?
    let rules: [JSONSchemaRule]
    /// Whether a rule needs to know what the others have looked at.
    let needsMarks: Bool

    init(_ draft: Draft) {
        resource = draft.resource
        location = draft.location
        verdict = draft.verdict
        rules = draft.rules.filter { !$0.isLast } + draft.rules.filter(\.isLast)
        needsMarks = draft.rules.contains(where: \.isLast)
    }

    /// A subschema that is not compiled to the end.
    struct Draft {
        let resource: Int
        let location: String
        var verdict: Bool?
        var rules: [JSONSchemaRule] = []
    }
}

/// One keyword with what it demands.
final class JSONSchemaRule: Sendable {
    let keyword: String
    let check: JSONSchemaCheck

    init(keyword: String, check: JSONSchemaCheck) {
        self.keyword = keyword
        self.check = check
    }

    /// Whether the rule depends on what all others have looked at.
    var isLast: Bool {
        switch check {
        case .unevaluatedItems, .unevaluatedProperties: true
        case .types, .values, .multipleOf, .bound, .atLeast, .atMost, .pattern, .format, .uniqueItems, .required,
            .dependentRequired, .prefixItems, .items, .contains, .properties, .patternProperties,
            .additionalProperties, .propertyNames, .dependentSchemas, .allOf, .anyOf, .oneOf, .not, .condition,
            .reference, .dynamicReference:
            false
        }
    }
}

/// What a keyword demands; whole numbers named `Int` alone are subschemas.
indirect enum JSONSchemaCheck: Sendable {
    case types([JSONSchemaType])
    /// Also `const`.
    case values(JSONSchemaValues)
    case multipleOf(JSONValue, JSONDivisor)
    case bound(JSONSchemaBound, JSONValue)
    case atLeast(JSONSchemaMeasure, Int)
    case atMost(JSONSchemaMeasure, Int)
    case pattern(ECMARegex, String)
    case format(JSONSchemaFormat, isAsserted: Bool)
    case uniqueItems
    case required([String])
    case dependentRequired([(key: String, names: [String])])
    case prefixItems([Int])
    case items(Int, from: Int)
    case contains(Int, least: Int, most: Int?)
    case properties([JSONKey: Int])
    case patternProperties([JSONSchemaPattern])
    case additionalProperties(Int, known: Set<JSONKey>, patterns: [ECMARegex])
    case propertyNames(Int)
    case dependentSchemas([(key: String, node: Int)])
    case allOf([Int])
    case anyOf([Int])
    case oneOf([Int])
    case not(Int)
    case condition(Int, then: Int?, otherwise: Int?)
    case reference(Int)
    /// With the name to look for in the dynamic scope, when there is one.
    case dynamicReference(Int, String?)
    case unevaluatedItems(Int)
    case unevaluatedProperties(Int)
}

/// The subschema for all members whose name matches.
struct JSONSchemaPattern: Sendable {
    let regex: ECMARegex
    let node: Int
}

/// A value of `type`.
enum JSONSchemaType: String, Sendable, CaseIterable {
    case null, boolean, number, integer, string, array, object

    func includes(_ value: JSONValue) -> Bool {
        switch (self, value) {
        case (.null, .null), (.boolean, .bool), (.number, .int), (.number, .decimal), (.integer, .int),
            (.string, .string), (.array, .array), (.object, .object):
            true
        case (.integer, .decimal(let decimal)): JSONNormalNumber(decimal).isInteger
        case (.null, _), (.boolean, _), (.number, _), (.integer, _), (.string, _), (.array, _), (.object, _): false
        }
    }

    /// The type with its article.
    var title: String {
        switch self {
        case .null: "null"
        case .boolean, .number, .string: "a \(rawValue)"
        case .integer, .array, .object: "an \(rawValue)"
        }
    }
}

/// A limit of numbers.
enum JSONSchemaBound: String, Sendable, CaseIterable {
    case minimum, maximum, exclusiveMinimum, exclusiveMaximum

    func admits(_ value: JSONValue, _ limit: JSONValue) -> Bool {
        switch self {
        case .minimum: value >= limit
        case .maximum: value <= limit
        case .exclusiveMinimum: value > limit
        case .exclusiveMaximum: value < limit
        }
    }

    var title: String {
        switch self {
        case .minimum: "at least"
        case .maximum: "at most"
        case .exclusiveMinimum: "greater than"
        case .exclusiveMaximum: "less than"
        }
    }
}

/// What can be counted of a value.
enum JSONSchemaMeasure: Sendable {
    case characters, items, properties

    /// `nil` when the value is of another kind.
    func count(of value: JSONValue) -> Int? {
        switch (self, value) {
        case (.characters, .string(let text)): text.unicodeScalars.count
        case (.items, .array(let elements)): elements.count
        case (.properties, .object(let object)): object.count
        case (.characters, _), (.items, _), (.properties, _): nil
        }
    }

    func title(_ count: Int) -> String {
        switch self {
        case .characters: count == 1 ? "1 character" : "\(count) characters"
        case .items: count == 1 ? "1 item" : "\(count) items"
        case .properties: count == 1 ? "1 property" : "\(count) properties"
        }
    }
}

// JSON Schema beyond the public suite: what people are told, all problems at once, and the bounds.

import SkeinCore
import Testing

@Suite("JSON Schema", .timeLimit(.minutes(1)))
struct JSONSchemaTests {
    private static func json(_ text: String) throws -> JSONValue {
        try JSONValue(parsing: text, limits: JSONLimits(maxDepth: 512))
    }

    struct Message: Sendable, CustomTestStringConvertible {
        let schema: String
        let instance: String
        let expected: [String]
        var testDescription: String { "\(schema) on \(instance)" }

        init(_ schema: String, _ instance: String, _ expected: String...) {
            self.schema = schema
            self.instance = instance
            self.expected = expected
        }
    }

    static let messages = [
        Message("false", "1", "(root): No value is allowed here."),
        Message(#"{"type":"string"}"#, "12", "(root): The value must be a string, not the number 12."),
        Message(
            #"{"type":["array","null","integer"]}"#, #"{"a":1}"#,
            "(root): The value must be an array, null or an integer, not an object with 1 property."),
        Message(#"{"type":"integer"}"#, "1.5", "(root): The value must be an integer, not the number 1.5."),
        Message(#"{"type":"integer"}"#, "1.0"),
        Message(#"{"type":"integer"}"#, "1e400"),
        Message(#"{"const":{"a":[1]}}"#, #"{"a":[1.0]}"#),
        Message(#"{"const":"x"}"#, "null", #"(root): The value must be "x", not null."#),
        Message(#"{"enum":["a","b",3]}"#, "true", #"(root): The value must be "a", "b" or 3, not true."#),
        Message(
            #"{"enum":[1,2,3,4,5,6,7,8,9]}"#, "10",
            "(root): The value must be one of 9 values, and is the number 10."),
        Message(#"{"minimum":2}"#, "1.99", "(root): The number 1.99 must be at least 2."),
        Message(#"{"exclusiveMaximum":2}"#, "2.0", "(root): The number 2.0 must be less than 2."),
        Message(#"{"maximum":1e400}"#, "1e401", "(root): The number 1e401 must be at most 1e400."),
        Message(#"{"multipleOf":0.01}"#, "19.99"),
        Message(#"{"multipleOf":0.0001}"#, "12391239123"),
        Message(#"{"multipleOf":0.01}"#, "19.995", "(root): The number 19.995 must be a multiple of 0.01."),
        Message(#"{"multipleOf":7}"#, "1e999999999999", "(root): The number 1e999999999999 must be a multiple of 7."),
        Message(#"{"multipleOf":8}"#, "1e999999999999"),
        Message(#"{"multipleOf":3e-7}"#, "123456789012345678901234567890"),
        Message(#"{"minLength":3}"#, #""🐲é""#, "(root): The string must have at least 3 characters, but it has 2."),
        Message(#"{"maxItems":1}"#, "[1,2]", "(root): The array must have at most 1 item, but it has 2."),
        Message(#"{"minProperties":1}"#, "{}", "(root): The object must have at least 1 property, but it has 0."),
        Message(#"{"pattern":"^a+$"}"#, #""ab""#, #"(root): The string "ab" must match the pattern "^a+$"."#),
        Message(
            #"{"uniqueItems":true}"#, #"[{"a":1,"b":2},3,{"b":2,"a":1.0}]"#,
            "(root): The items must differ from each other, but items 0 and 2 are equal."),
        Message(
            #"{"required":["a","b"]}"#, #"{"c":1}"#, #"(root): The property "a" is required, but missing."#,
            #"(root): The property "b" is required, but missing."#),
        Message(
            #"{"dependentRequired":{"card":["address"]}}"#, #"{"card":1}"#,
            #"(root): The property "address" is required next to "card", but missing."#),
        Message(
            #"{"properties":{"a":true},"additionalProperties":false}"#, #"{"a":1,"b/~":2}"#,
            #"/b~1~0: The property "b/~" is not allowed."#),
        Message(
            #"{"propertyNames":{"maxLength":1}}"#, #"{"ab":1}"#,
            #"(root): The name of the property "ab" is not allowed: "#
                + "The string must have at most 1 character, but it has 2."),
        Message(#"{"prefixItems":[true],"items":false}"#, "[1,2]", "/1: Item 1 is not allowed."),
        Message(
            #"{"contains":{"type":"string"}}"#, "[1]",
            "(root): The array must contain at least one item that matches, but it has 0."),
        Message(
            #"{"contains":true,"maxContains":1}"#, "[1,2]",
            "(root): The array must contain at most one item that matches, but it has 2."),
        Message(
            #"{"anyOf":[{"type":"string"},{"properties":{"a":{"type":"null"}}}]}"#, #"{"a":1}"#,
            "(root): The object matches none of 2 alternatives: The value must be a string, not an object with "
                + "1 property. Or: at /a: The value must be null, not the number 1."),
        Message(
            #"{"oneOf":[{"minimum":1},{"minimum":2},{"minimum":9}]}"#, "3",
            "(root): The number must match exactly one of 3 alternatives, but it matches those at 0 and 1."),
        Message(
            #"{"not":{"type":"string"}}"#, #""x""#, "(root): The string matches a schema that it must not match."),
        Message(
            #"{"if":{"minimum":10},"then":{"multipleOf":10},"else":{"multipleOf":2}}"#, "15",
            "(root): The number 15 must be a multiple of 10."),
        Message(
            #"{"properties":{"a":{"items":{"type":"string"}},"b":{"minimum":0}}}"#, #"{"a":["x",1,null],"b":-1}"#,
            "/a/1: The value must be a string, not the number 1.", "/a/2: The value must be a string, not null.",
            "/b: The number -1 must be at least 0."),
        Message(
            #"{"allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false}"#, #"{"a":1,"b":2}"#,
            #"/b: The property "b" is not allowed."#),
        // Names are compared by code points: the second é is e with an accent.
        Message(
            "{\"properties\":{\"\u{E9}\":false,\"e\u{301}\":true}}", "{\"e\u{301}\":1}"),
    ]

    @Test(arguments: messages)
    func `a violation tells people what is wrong and where`(_ test: Message) throws {
        let schema = try JSONSchema(Self.json(test.schema))
        let instance = try Self.json(test.instance)
        #expect(schema.validate(instance).map(\.description) == test.expected)
        #expect(schema.isValid(instance) == test.expected.isEmpty)
    }

    @Test func `a violation names keyword and schema location`() throws {
        let schema = try JSONSchema(
            Self.json(
                #"""
                {"$id": "https://example.org/order", "properties": {"a": {"$ref": "#/$defs/id"}},
                 "items": {"$ref": "urn:x:other#/$defs/~0"}, "$defs": {"id": {"type": "string"}}}
                """#),
            resources: ["urn:x:other": Self.json(#"{"$defs":{"~":{"minimum":1}}}"#)])
        let first = try #require(schema.validate(["a": 1]).first)
        #expect(first.keyword == "type" && first.schema == "https://example.org/order#/$defs/id/type")
        #expect(first.instance == JSONPointer("/a") && first.code == .mismatch)
        let second = try #require(schema.validate([0]).first)
        #expect(second.keyword == "minimum" && second.schema == "urn:x:other#/$defs/~0/minimum")
        #expect(second.json["instance"] == "/0")
    }

    @Test func `formats are asserted when asked for`() throws {
        let schema = try JSONSchema(["format": "date"])
        #expect(schema.isValid("31.5.2024"))
        #expect(
            schema.validate("31.5.2024", formats: true).map(\.message)
                == [#"The string "31.5.2024" must be a date, such as 2024-05-31."#])
        #expect(schema.isValid("2024-05-31", formats: true))
    }

    @Test func `all problems of a schema are told at once`() throws {
        let text = #"""
            {"type": "text", "minLength": -1, "maxItems": 1.5, "multipleOf": 0, "required": ["a", "a"],
             "enum": 1, "pattern": "(", "patternProperties": {"[": true}, "allOf": [], "items": 7,
             "properties": {"a": {"$ref": "#/$defs/none"}, "b": {"$ref": "https://example.org/none"}},
             "$anchor": "0", "dependentRequired": {"a": 1}, "title": 1, "uniqueItems": "yes",
             "$defs": {"unused": {"minimum": "1"}, "x": {"$anchor": "twice"}, "y": {"$anchor": "twice"}}}
            """#
        let error = try #require(throws: JSONSchemaError.self) { try JSONSchema(Self.json(text)) }
        let places = Set(error.problems.map { "\($0.code.rawValue) \($0.pointer)" })
        #expect(
            places == [
                "invalidKeyword /type", "invalidKeyword /minLength", "invalidKeyword /maxItems",
                "invalidKeyword /multipleOf", "invalidKeyword /required", "invalidKeyword /enum",
                "invalidPattern /pattern", "invalidPattern /patternProperties/[", "invalidKeyword /allOf",
                "invalidKeyword /items", "unresolvedReference /properties/a/$ref",
                "unresolvedReference /properties/b/$ref", "invalidKeyword /$anchor",
                "invalidKeyword /dependentRequired", "invalidKeyword /title", "invalidKeyword /uniqueItems",
                "invalidKeyword /$defs/unused/minimum", "duplicateIdentifier /$defs/y/$anchor",
            ])
        #expect(
            error.description.contains("/minLength: minLength must be a whole number of at least 0, not the number -1.")
        )
        #expect(error.description.contains(#"/pattern: "(" is not a regular expression: a parenthesis is not closed."#))
    }

    @Test func `a problem in another document names the document`() throws {
        let error = try #require(throws: JSONSchemaError.self) {
            try JSONSchema(["$ref": "urn:x:a"], resources: ["urn:x:a": ["type": 1], "urn:x:unused": ["type": 2]])
        }
        #expect(error.problems.map(\.document) == ["urn:x:a"])
        #expect(error.problems.map(\.pointer) == [JSONPointer("/type")])
    }

    @Test(arguments: [
        "http://json-schema.org/draft-07/schema#", "https://example.org/unknown",
    ])
    func `rules that are not known are refused`(_ uri: String) throws {
        let error = try #require(throws: JSONSchemaError.self) { try JSONSchema(["$schema": .string(uri)]) }
        #expect(error.problems.map(\.code) == [.unknownDialect])
    }

    @Test func `one document may be given under two URIs, two documents not under one`() throws {
        let named: JSONValue = ["$id": "urn:x:b", "type": "string"]
        let both: JSONValue = ["allOf": [["$ref": "urn:x:a"], ["$ref": "urn:x:b"]]]
        #expect(try JSONSchema(both, resources: ["urn:x:a": named, "urn:x:b": named]).isValid("x"))
        let first: JSONValue = ["$defs": ["a": named, "b": named]]
        let error = try #require(throws: JSONSchemaError.self) { try JSONSchema(first) }
        #expect(error.problems.map(\.code) == [.duplicateIdentifier])
    }

    @Test func `a needed vocabulary that is not known is refused`() throws {
        let meta: JSONValue = ["$vocabulary": ["https://example.org/vocabulary": true]]
        #expect(throws: JSONSchemaError.self) {
            try JSONSchema(["$schema": "urn:x:meta"], resources: ["urn:x:meta": meta])
        }
    }

    @Test func `the meta-schema accepts itself and refuses what is no schema`() throws {
        let meta = try JSONSchema(["$ref": "https://json-schema.org/draft/2020-12/schema"])
        #expect(meta.isValid(["type": "object", "properties": ["a": true]]))
        #expect(
            meta.validate(["properties": ["a": ["type": "text"]]]).map(\.instance.description).contains(
                "/properties/a/type"))
    }
}

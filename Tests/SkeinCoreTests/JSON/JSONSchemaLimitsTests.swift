// JSON Schema and its regular expressions with hostile input: an answer, never a crash or an endless search.

import SkeinCore
import Testing

@Suite("JSON Schema limits", .timeLimit(.minutes(1)))
struct JSONSchemaLimitsTests {
    private static func codes(_ schema: JSONValue, _ instance: JSONValue) throws -> [JSONSchemaViolation.Code] {
        let compiled = try JSONSchema(schema)
        let violations = compiled.validate(instance)
        #expect(compiled.isValid(instance) == violations.isEmpty)
        return violations.map(\.code)
    }

    private static func nested(_ depth: Int) -> JSONValue {
        (0..<depth).reduce(1) { value, _ in ["a": value] }
    }

    private static let tree: JSONValue = ["properties": ["a": ["$ref": "#"]]]

    @Test(
        arguments: [
            ["$ref": "#"], ["allOf": [["$ref": "#"], ["$ref": "#"]]], ["anyOf": [["not": ["$ref": "#"]]]],
            ["$dynamicAnchor": "x", "$dynamicRef": "#x"], ["if": ["$ref": "#"]],
            ["$defs": ["a": ["$ref": "#/$defs/b"], "b": ["$ref": "#/$defs/a"]], "$ref": "#/$defs/a"],
        ] as [JSONValue])
    func `a reference without end is told`(_ schema: JSONValue) throws {
        #expect(try Self.codes(schema, 1) == [.tooDeep])
    }

    @Test func `depth is bounded`() throws {
        #expect(try Self.codes(Self.tree, Self.nested(100)) == [])
        #expect(try Self.codes(Self.tree, Self.nested(1000)) == [.tooDeep])
        let schema = try JSONSchema(Self.tree)
        let all = JSONSchemaBudget(maxSteps: .max, maxDepth: .max, maxViolations: .max)
        #expect(schema.validate(Self.nested(500), budget: all) == [])
        #expect(schema.validate(Self.nested(1500), budget: all).map(\.code) == [.tooDeep])
    }

    @Test func `a schema that doubles its work is given up`() throws {
        var definitions: JSONObject = ["d40": ["type": "integer"]]
        for level in 0..<40 {
            let next: JSONValue = ["$ref": .string("#/$defs/d\(level + 1)")]
            definitions["d\(level)"] = ["allOf": [next, next]]
        }
        #expect(try Self.codes(["$ref": "#/$defs/d0", "$defs": .object(definitions)], 1) == [.tooManySteps])
    }

    @Test func `certain violations are kept when the work is given up`() throws {
        let schema = try JSONSchema([
            "type": "string",
            "anyOf": [["const": 2], ["$ref": "#/$defs/loop"]], "$defs": ["loop": ["$ref": "#/$defs/loop"]],
        ])
        #expect(schema.validate(1).map(\.code) == [.mismatch, .tooDeep])
    }

    @Test func `steps are bounded`() throws {
        let items = JSONValue.array((0..<1000).map { .int($0) })
        let schema = try JSONSchema(["items": ["type": "integer"], "uniqueItems": true])
        #expect(schema.isValid(items))
        #expect(!schema.isValid(items, budget: JSONSchemaBudget(maxSteps: 500)))
        #expect(schema.validate(items, budget: JSONSchemaBudget(maxSteps: 500)).map(\.code) == [.tooManySteps])
    }

    @Test func `the number of violations is bounded`() throws {
        let items = JSONValue.array(Array(repeating: "x", count: 1000))
        let schema = try JSONSchema(["items": ["type": "integer"]])
        #expect(schema.validate(items).count == 100)
        #expect(schema.validate(items, budget: JSONSchemaBudget(maxViolations: 3)).count == 3)
    }

    @Test func `unique items that nest too deeply are given up`() throws {
        #expect(try Self.codes(["uniqueItems": true], [Self.nested(600), Self.nested(601)]) == [.tooDeep])
    }

    @Test func `a huge number is divided within the budget`() throws {
        let number = try #require(JSONValue.number(String(repeating: "7", count: 20_000)))
        #expect(try Self.codes(["multipleOf": 0.003], number) == [.tooManySteps])
    }

    @Test func `a schema that is too deep is refused`() {
        let deep = (0..<600).reduce(JSONValue.bool(true)) { schema, _ in ["not": schema] }
        #expect(throws: JSONSchemaError.self) { try JSONSchema(deep) }
    }

    // MARK: Regular expressions

    /// Patterns that make simple backtracking take exponential time.
    @Test(arguments: ["^(a+)+$", "^(a|a)*$", "^(a*)*b", "^(?:a?){40}a{40}$", "(?=(a+)+$)b", "^(.*)*x$"])
    func `memory of failed states keeps patterns polynomial`(_ pattern: String) throws {
        let text = String(repeating: "a", count: 39) + "!"
        #expect(try Self.codes(["pattern": .string(pattern)], .string(text)) == [.mismatch])
    }

    @Test func `back-references stay within the budget`() throws {
        let text = String(repeating: "a", count: 60) + "!"
        #expect(try Self.codes(["pattern": #"^(a+)+\1$"#], .string(text)) == [.tooManySteps])
    }

    @Test func `a long text does not exhaust anything`() throws {
        let text = JSONValue.string(String(repeating: "ab", count: 50_000))
        #expect(try Self.codes(["pattern": "^(?:ab)*$"], text) == [])
        #expect(try Self.codes(["pattern": "^[ab]{1,200000}$"], text) == [])
        #expect(try Self.codes(["pattern": "^(?:a|b)*c"], text) == [.mismatch])
    }

    @Test(arguments: [
        String(repeating: "(", count: 5000), String(repeating: "a", count: 10_001), "(?:ab){9999}",
        "a{3,2}", "(?:(?:(?:a{0,99}b){0,99}c){0,99})", #"\2(a)"#, #"\k<x>"#, "(?<x>a)(?<x>b)", "[b-a]", "[\\d-z]",
        "\\", "\\-", "a**", "(?=a)*", "{", "]", #"\u{110000}"#, #"\p{Nope}"#, #"\p{Script=Nope}"#, "(?i)a", "[",
        "(?<1>a)", "\\x\u{FF14}\u{FF11}",
    ])
    func `what is no pattern or too large is refused`(_ pattern: String) throws {
        let error = try #require(throws: JSONSchemaError.self) { try JSONSchema(["pattern": .string(pattern)]) }
        #expect(error.problems.map(\.code) == [.invalidPattern])
    }

    @Test(arguments: [
        (#"^(?<y>\d{4})-\k<y>$"#, "2024-2024", "2024-2025"), (#"^(a)?b\1c$"#, "bc", "bac"),
        (#"^(?:(a)|b)*\1$"#, "ab", "abx"), (#"(?<=\$)\d+"#, "a$5", "a5"), (#"(?<!\$)\b\d+"#, "a 5", "a$5"),
        (#"^a{2,3}?$"#, "aaa", "aaaa"), (#"^.*?b$"#, "aab", "aac"), (#"(?<=\1([ab]))c"#, "aac", "abc"),
        (#"^[\w-]+\.[^\s.]+$"#, "a-b.c", "a b.c"), (#"^\u{1F432}\x41\u0042\cJ$"#, "🐲AB\n", "🐲AB"),
        (#"^\uD83D\uDC32$"#, "🐲", "🐉"), (#"^[^]$"#, "\n", ""), (#"^\p{Script=Greek}+$"#, "αβγ", "abc"),
        (#"^\P{Lu}\p{Lu}$"#, "aB", "AB"), (#"\Bb"#, "ab", "b"), (#"^.$"#, "é", "\u{2028}"),
        (#"^(?!.*(.).*\1)[a-z]+$"#, "abc", "abca"), (#"^[a-z]{9,12}?z$"#, "abcdefghiz", "abcdefghz"),
    ])
    func `patterns are those of ECMA-262`(_ pattern: String, _ match: String, _ other: String) throws {
        let schema = try JSONSchema(["pattern": .string(pattern)])
        #expect(schema.isValid(.string(match)))
        #expect(!schema.isValid(.string(other)))
    }
}

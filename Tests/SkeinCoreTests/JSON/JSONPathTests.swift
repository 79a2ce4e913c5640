// What the compliance suite does not cover: errors, budgets, bounds, and regular expressions in depth.

import SkeinCore
import Testing

@Suite("JSONPath", .timeLimit(.minutes(1)))
struct JSONPathTests {
    @Test(
        arguments: [
            ("", .invalidSyntax, 0), ("$.a[", .invalidSyntax, 4), ("$[?foo(@.a)]", .unknownFunction, 3),
            ("$[?length(@.*) > 1]", .invalidType, 3),
            ("$[9007199254740992]", .integerOutOfRange, 2), ("$[?@.a == @.*]", .invalidType, 10),
            ("$[?1]", .invalidType, 3),
        ] as [(String, JSONPathError.Code, Int)])
    func `an error names reason and place`(text: String, code: JSONPathError.Code, offset: Int) {
        let error = #expect(throws: JSONPathError.self) { try JSONPath(text) }
        #expect(error?.code == code)
        #expect(error?.offset == offset)
    }

    @Test func `nesting and length of a path are bounded`() throws {
        func nested(_ levels: Int) -> String {
            "$[?" + String(repeating: "(", count: levels) + "@" + String(repeating: ")", count: levels) + "]"
        }
        #expect(throws: Never.self) { try JSONPath(nested(60)) }
        for text in [
            nested(100_000 / 4), nested(64), String(repeating: "$[?@", count: 1000),
            "$" + String(repeating: ".a", count: 50_000),
        ] {
            #expect(throws: JSONPathError.self) { try JSONPath(text) }
        }
        let calls =
            "$[?" + String(repeating: "length(", count: 5000) + "@" + String(repeating: ")", count: 5000) + "==1]"
        let error = #expect(throws: JSONPathError.self) { try JSONPath(calls) }
        #expect(error?.code == .tooComplex)
    }

    @Test func `an evaluation beyond its budget is an error`() throws {
        let wide = JSONValue.array((0..<1000).map { .array([.int($0), [1, 2]]) })
        let deep = (0..<60).reduce(JSONValue.int(0)) { inner, _ in [inner] }
        let error = #expect(throws: JSONPathError.self) {
            try JSONPath("$..*..*..*..*").select(from: deep, budget: JSONPathBudget(maxNodes: 20_000))
        }
        #expect(error?.code == .budgetExceeded)
        for text in ["$[?count($..*) > 0]", "$[*,*,*,*,*,*,*,*,*,*,*][*,*,*,*,*,*,*,*,*,*]"] {
            let path = try JSONPath(text)
            let error = #expect(throws: JSONPathError.self) {
                try path.select(from: wide, budget: JSONPathBudget(maxNodes: 20_000, maxSteps: 200_000))
            }
            #expect(error?.code == .budgetExceeded)
        }
    }

    @Test func `slices at the edges of integers are safe`() throws {
        let value: JSONValue = [0, 1, 2, 3]
        let top = "9007199254740991"
        for (slice, expected) in [
            ("-\(top):\(top):1", [0, 1, 2, 3]), ("\(top):-\(top):-1", [3, 2, 1, 0]), ("::\(top)", [0]),
            ("::-\(top)", [3]), ("::0", []),
            ("1:\(top):\(top)", [1]), ("-\(top)::\(top)", [0]), (":-\(top):-\(top)", [3]),
        ] as [(String, JSONValue)] {
            #expect(try .array(JSONPath("$[\(slice)]").select(from: value)) == expected, "\(slice)")
        }
    }

    @Test func `a deep value needs no stack`() throws {
        var value: JSONValue = 1
        for _ in 0..<5000 { value = [value] }
        #expect(try JSONPath("$..[?@ == 1]").select(from: value).count == 1)
    }

    @Test func `paths are values`() throws {
        let path = try JSONPath("$.store['a b'][0]")
        #expect(try path == JSONPath("$.store['a b'][0]") && path.description == "$.store['a b'][0]")
        #expect(path.isSingular)
        #expect(try !JSONPath("$..a").isSingular)
        let nodes = try path.nodes(in: ["store": ["a b": [7]]])
        #expect(nodes.map(\.path) == ["$['store']['a b'][0]"] && nodes.map(\.value) == [7])
    }
}

@Suite("I-Regexp", .timeLimit(.minutes(1)))
struct IRegexpTests {
    func matches(_ function: String, _ pattern: String, _ text: String) throws -> Bool {
        let document: JSONValue = [["text": .string(text), "pattern": .string(pattern)]]
        return try !JSONPath("$[?\(function)(@.text, @.pattern)]").select(from: document).isEmpty
    }

    @Test(
        arguments: [
            ("", ["": true, "a": false]), ("a", ["a": true, "b": false, "aa": false]),
            ("a|b|", ["a": true, "b": true, "": true, "c": false]),
            ("a*", ["": true, "aaa": true, "ab": false]), ("a+b?", ["a": true, "aab": true, "b": false]),
            ("(ab){2}", ["abab": true, "ab": false]),
            ("a{2,3}", ["a": false, "aa": true, "aaa": true, "aaaa": false]), ("a{2,}", ["a": false, "aaaaa": true]),
            ("a{0}", ["": true, "a": false]),
            ("(a*)*", ["": true, "aaaa": true, "b": false]), ("(a?){3}", ["": true, "aaa": true, "aaaa": false]),
            ("((a|b)*c)+", ["abcbc": true, "ab": false]),
            ("[a-c]", ["b": true, "d": false]), ("[^a-c]", ["b": false, "d": true]),
            ("[-a]", ["-": true, "a": true, "b": false]), ("[a-]", ["-": true]),
            ("[\\]\\-\\\\]", ["]": true, "-": true, "\\": true]), ("[.*]", [".": true, "*": true, "a": false]),
            (".", ["a": true, "\n": false, "\r": false, "😀": true]),
            ("\\p{Lu}\\P{Lu}", ["Aa": true, "AA": false]), ("[\\p{L}0-9]+", ["é9x": true, "-": false]),
            ("[^\\p{Nd}]", ["1": false, "x": true]),
            ("\\n\\t\\.", ["\n\t.": true]), ("^a$", ["a": true]), ("a^b", ["a^b": false]),
            ("[$^]", ["$": true, "^": true]), ("(^|a)b($|c)", ["b": true, "abc": true]),
        ] as [(String, [String: Bool])])
    func `a pattern matches the whole text or not`(pattern: String, texts: [String: Bool]) throws {
        for (text, expected) in texts { #expect(try matches("match", pattern, text) == expected, "\(pattern) \(text)") }
    }

    @Test(arguments: [
        ("b", "abc", true), ("^b", "abc", false), ("c$", "abc", true), ("a$", "abc", false), ("", "", true),
        ("x*", "abc", true), ("b+c", "abbbc", true),
    ])
    func `search finds a part`(pattern: String, text: String, expected: Bool) throws {
        #expect(try matches("search", pattern, text) == expected)
    }

    @Test(arguments: [
        "(", ")", "a)", "[", "[]", "[^]", "[a", "[z-a]", "[a-b-c]", "[[]", "a**", "*", "+a", "a{", "a{}", "a{,2}",
        "a{2,1}", "a{x}", "}", "]", "\\", "\\d", "\\w",
        "\\b", "\\$", "\\p{X}", "\\p{Cs}", "\\p{L", "\\pL", "(?:a)", "(?=a)", "a*?", "(a)\\1", "a{99999}",
        "(a{1000}){1000}", "((a{100}){100}){100}",
    ])
    func `what is no expression matches nothing`(pattern: String) throws {
        for text in ["", "a", pattern] { #expect(try !matches("search", pattern, text), "\(pattern)") }
    }

    @Test func `patterns that defeat backtracking take linear time`() throws {
        let text = String(repeating: "a", count: 1_000)
        for pattern in ["(a*)*b", "(a|aa)+b", "(a|a)*b", "a*a*a*a*a*b", "(.*)(.*)(.*)(.*)b"] {
            #expect(try !matches("match", pattern, text))
        }
        let expensive = try JSONPath("$[?search(@, '(a?){2000}b')]")
        #expect(throws: JSONPathError.self) {
            try expensive.select(from: [.string(text)], budget: JSONPathBudget(maxSteps: 50_000))
        }
        #expect(try !matches("match", String(repeating: "(", count: 1000) + String(repeating: ")", count: 1000), text))
    }
}

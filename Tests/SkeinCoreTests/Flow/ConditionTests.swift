// Operators, conditions made of them, and patterns.

import SkeinCore
import Testing

@Suite("Conditions", .timeLimit(.minutes(1)))
struct ConditionTests {
    static let yes: [(Operator, JSONValue?, JSONValue)] = [
        (.eq, 1, 1.0), (.eq, 100, .decimal(JSONDecimal("1e2") ?? JSONDecimal(0))), (.eq, "a", "a"), (.eq, .null, nil),
        (.eq, ["a": 1, "b": 2], ["b": 2, "a": 1]), (.eq, [1], [1.0]),
        (.neq, 1, 2), (.neq, .none, 1), (.neq, .none, nil), (.neq, 1, "1"), (.neq, "é", "e\u{301}"),
        (.gt, 2, 1), (.gt, 9_007_199_254_740_993, 9_007_199_254_740_992.0), (.gt, "b", "a"), (.gt, "a", "B"),
        (.gte, 1, 1.0), (.gte, "a", "a"), (.lt, 1, 1.5), (.lt, "10", "9"), (.lte, 0.5, 0.5), (.lte, -1, 0),
        (.in, 1, [2, 1.0]), (.in, "a", ["a"]), (.in, .null, [nil]), (.in, [1], [[1]]),
        (.nin, 3, [1, 2]), (.nin, .none, [1]), (.nin, .none, [nil]), (.nin, 1, []),
        (.contains, "hello", "ell"), (.contains, "hello", ""), (.contains, "aab", "ab"), (.contains, [1, 2], 2.0),
        (.contains, ["a", nil], nil), (.startsWith, "hello", "he"), (.startsWith, "a", ""), (.endsWith, "hello", "lo"),
        (.exists, 0, nil), (.exists, false, nil), (.exists, "", nil), (.notExists, .none, nil),
        (.notExists, .null, nil),
        (.matches, "order-12", "^order-\\d+$"), (.matches, "xABx", "A(B|C)"), (.matches, "", ""),
    ]

    static let no: [(Operator, JSONValue?, JSONValue)] = [
        (.eq, .none, nil), (.eq, 1, "1"), (.eq, 1, 2), (.eq, true, 1), (.eq, "A", "a"), (.eq, 0, false),
        (.neq, 1, 1.0), (.gt, 1, 1), (.gt, .none, 0), (.gt, "2", 1), (.gt, .null, -1), (.gt, true, false),
        (.gt, [2], [1]),
        (.gte, .none, 0), (.gte, .null, nil), (.lt, .none, 1), (.lt, .null, 1), (.lt, 1, nil), (.lte, "a", 1),
        (.lte, 2, 1),
        (.in, .none, [nil]), (.in, 1, ["1"]), (.in, 1, 1), (.in, "a", "abc"), (.nin, 1, [1]), (.nin, 1, 1),
        (.contains, .none, "a"), (.contains, "abc", "ac"), (.contains, 12, "1"), (.contains, "12", 1),
        (.contains, [[1]], 1),
        (.contains, ["a": 1], "a"), (.contains, "e\u{301}", "é"), (.startsWith, "hello", "lo"), (.startsWith, 12, 1),
        (.endsWith, "hello", "he"), (.endsWith, "a", "ba"), (.exists, .none, nil), (.exists, .null, nil),
        (.notExists, 0, nil), (.matches, "Order", "^order"), (.matches, 12, "1"), (.matches, "a", "("),
        (.matches, "a", 1),
    ]

    @Test(arguments: yes)
    func `a comparison holds`(_ op: Operator, _ actual: JSONValue?, _ expected: JSONValue) throws {
        #expect(try op.holds(actual, expected))
    }

    @Test(arguments: no)
    func `a comparison does not hold`(_ op: Operator, _ actual: JSONValue?, _ expected: JSONValue) throws {
        #expect(try !op.holds(actual, expected))
    }

    @Test func `there are the operators of the contract`() {
        let names = "eq neq gt gte lt lte in nin contains startsWith endsWith exists notExists matches"
        #expect(Operator.allCases.map(\.rawValue).joined(separator: " ") == names)
    }

    static let conditions: [(JSONValue, Bool)] = [
        (["path": "a.b", "op": "gt", "value": 1], true), (["path": "a.c", "op": "exists"], false),
        (["path": "a.b", "op": "exists", "value": true], true), (["path": "s", "op": "matches", "value": "^x"], true),
        (["path": "a", "op": "matches", "value": "x"], false),
        (["all": []], true), (["any": []], false), (["not": ["any": []]], true),
        (["all": [["path": "s", "op": "eq", "value": "xyz"], ["not": ["path": "n", "op": "exists"]]]], true),
        (["any": [["path": "s", "op": "eq", "value": "no"], ["path": "l.1", "op": "eq", "value": 2]]], true),
        (["jsonpath": "$.l[?@ > 1]"], true), (["jsonpath": "$.l[?@ > 5]"], false), (["jsonpath": "$.f"], false),
        (["jsonpath": "$.n"], false), (["jsonpath": "$['f','s']"], true), (["jsonpath": "$.zero"], true),
        (["handler": "vip"], true), (["handler": "other"], false), (["not": ["handler": "unknown"]], true),
    ]

    @Test(arguments: conditions)
    func `a condition is read and holds or not`(_ json: JSONValue, _ result: Bool) throws {
        let context: JSONObject = ["a": ["b": 2], "s": "xyz", "n": nil, "l": [1, 2], "f": false, "zero": 0]
        var problems: [Problem] = []
        let condition = try #require(Condition.parse(json, at: .root, into: &problems), "\(problems)")
        #expect(try condition.evaluate(context, answers: ["vip": true, "other": false]) == result)
    }

    @Test func `a condition knows which handlers it asks`() throws {
        let json: JSONValue = ["any": [["handler": "a"], ["not": ["all": [["handler": "b"], ["handler": "a"]]]]]]
        var problems: [Problem] = []
        #expect(Condition.parse(json, at: .root, into: &problems)?.handlerNames == ["a", "b"])
    }

    static let deep: JSONValue = (0..<40).reduce(["any": []]) { value, _ in ["not": value] }

    static let refused: [(JSONValue, [String])] = [
        (1, ["WRONG_TYPE "]), ([:], ["BAD_CONDITION "]), (["all": [], "any": []], ["BAD_CONDITION "]),
        (["all": 1], ["WRONG_TYPE /all"]), (["not": [["any": []]]], ["WRONG_TYPE /not"]),
        (["path": "a", "op": "equals", "value": 1], ["BAD_OPERATOR /op"]), (["path": "a"], ["BAD_OPERATOR /op"]),
        (["path": "a", "op": 1], ["WRONG_TYPE /op"]), (["path": "a..b", "op": "exists"], ["BAD_PATH /path"]),
        (["path": 1, "op": "exists"], ["WRONG_TYPE /path"]), (["path": "a", "op": "eq"], ["BAD_CONDITION /value"]),
        (["path": "a", "op": "in", "value": 1], ["BAD_CONDITION /value"]),
        (["path": "a", "op": "gt", "value": true], ["BAD_CONDITION /value"]),
        (["path": "a", "op": "startsWith", "value": 1], ["BAD_CONDITION /value"]),
        (["path": "a", "op": "exists", "value": false], ["BAD_CONDITION /value"]),
        (["path": "a", "op": "matches", "value": "(?=a)"], ["BAD_PATTERN /value"]),
        (["path": "a", "op": "exists", "vaule": 1], ["UNKNOWN_FIELD /vaule"]),
        (["jsonpath": "a"], ["BAD_PATH /jsonpath"]),
        (["handler": ""], ["BAD_CONDITION /handler"]),
        (
            ["any": [["op": "eq"], ["path": "", "op": "eq", "value": 1], 5]],
            ["BAD_CONDITION /any/0", "BAD_CONDITION /any/1/path", "WRONG_TYPE /any/2"]
        ),
        (deep, ["BAD_CONDITION " + String(repeating: "/not", count: 32)]),
    ]

    @Test(arguments: refused)
    func `a condition that is none is refused`(_ json: JSONValue, _ expected: [String]) {
        var problems: [Problem] = []
        #expect(Condition.parse(json, at: .root, into: &problems) == nil)
        #expect(problems.map { "\($0.code) \($0.pointer)" } == expected)
    }

    @Test(arguments: [
        ("\\d{2,3}", "a12", true), ("^\\d+$", "12a", false), ("[\\w.]+@\\w+", "x.y@z", true), ("\\W", "ab_1", false),
        ("\\D", "12", false), ("\\S", " \t\n", false), ("[^\\s]", " \u{A0}", false), ("(?:ab)+$", "xabab", true),
        ("a\\/b\\$", "a/b$", true), ("^$", "", true), ("\\p{Lu}", "aÄ", true), ("a.c", "a\nc", false),
        ("[$]", "$", true),
    ])
    func `patterns are searched for`(_ pattern: String, _ text: String, _ isFound: Bool) throws {
        #expect(try TextPattern(pattern).isFound(in: text) == isFound)
    }

    @Test(arguments: [
        "(", "a**", "[a", "\\b", "(?=a)", "(?!a)", "\\1", "a{2,1}", "*", "[\\D]", "\\", "(a{1000}){1000}",
        String(repeating: "a", count: 1001),
    ])
    func `what is no pattern is refused`(_ pattern: String) {
        #expect(throws: TextPatternError.self) { try TextPattern(pattern) }
    }

    @Test func `a search over its budget fails, and so does a condition with it`() throws {
        let pattern = "(a?){500}b"
        let text = String(repeating: "a", count: 20_000)
        #expect(throws: BudgetExceeded.self) { try TextPattern(pattern).isFound(in: text) }
        var problems: [Problem] = []
        let json: JSONValue = ["not": ["path": "t", "op": "matches", "value": .string(pattern)]]
        let condition = try #require(Condition.parse(json, at: .root, into: &problems))
        #expect(throws: BudgetExceeded.self) { try condition.evaluate(["t": .string(text)]) }
    }
}

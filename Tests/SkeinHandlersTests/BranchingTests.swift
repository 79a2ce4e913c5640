import Skein
import SkeinCore
import Testing

struct BranchingTests {
    static let context: JSONObject = [
        "n": 5, "text": "hello", "list": [1, "a"], "nothing": nil, "yes": true, "order": ["total": 12.5, "id": "A-1"],
    ]

    @Test(
        arguments: [
            ("n", "eq", 5 as JSONValue, true), ("n", "eq", 5.0, true), ("n", "eq", "5", false),
            ("gone", "eq", nil, false),
            ("nothing", "eq", nil, true), ("n", "neq", 6, true), ("gone", "neq", 6, true), ("n", "gt", 4, true),
            ("n", "gt", 5, false),
            ("n", "gte", 5, true), ("n", "lt", 6, true), ("n", "lte", 4, false), ("text", "gt", 1, false),
            ("n", "in", [1, 5], true),
            ("n", "in", [1], false), ("n", "nin", [1], true), ("text", "contains", "ell", true),
            ("list", "contains", "a", true),
            ("text", "startsWith", "he", true), ("text", "startsWith", "lo", false), ("text", "endsWith", "lo", true),
            ("text", "matches", "^h.*o$", true), ("text", "matches", "^x", false), ("order.total", "gt", 12, true),
            ("list.0", "eq", 1, true),
        ] as [(String, String, JSONValue, Bool)])
    func `operators decide about values of the input`(path: String, op: String, value: JSONValue, holds: Bool)
        async throws
    {
        let result = try await HandlerBench().run(
            "conditional",
            [
                "conditions": [["path": .string(path), "op": .string(op), "value": value, "target": "a"]],
                "default": "b",
            ],
            context: Self.context)
        #expect(result.next == (holds ? "a" : "b"))
        let expected: JSONValue =
            holds
            ? ["matched": .string(path), "op": .string(op), "target": "a"] : ["matched": nil, "op": nil, "target": "b"]
        #expect(result.output == expected)
    }

    @Test(arguments: [("n", true), ("nothing", false), ("gone", false)])
    func `exists and notExists need no value`(path: String, exists: Bool) async throws {
        let result = try await HandlerBench().run(
            "conditional",
            [
                "conditions": [
                    ["path": .string(path), "op": "notExists", "target": "absent"],
                    ["path": .string(path), "op": "exists", "target": "there"],
                ]
            ], context: Self.context)
        #expect(result.next == (exists ? "there" : "absent"))
    }

    @Test func `the first condition that holds wins, of any form`() async throws {
        let conditions: JSONValue = [
            ["not": ["path": "n", "op": "eq", "value": 5], "target": "a"],
            ["all": [["path": "n", "op": "gt", "value": 1], ["jsonpath": "$.order[?@ == 'A-1']"]], "target": "b"],
            ["path": "n", "op": "eq", "value": 5, "target": "c"],
        ]
        let result = try await HandlerBench().run("conditional", ["conditions": conditions], context: Self.context)
        #expect(result.next == "b")
        #expect(result.output == ["matched": nil, "op": "all", "target": "b"])
    }

    @Test func `a selected input is what paths start at`() async throws {
        let config: JSONObject = ["conditions": [["path": "total", "op": "exists", "target": "a"]], "default": "b"]
        let selected = try await HandlerBench().run("conditional", config, input: ["total": 1], context: Self.context)
        #expect(selected.next == "a")
        let narrow = try await HandlerBench().run("conditional", config, input: [:], context: ["total": 1])
        #expect(narrow.next == "b")
    }

    @Test func `a null target leaves the choice to onSuccess`() async throws {
        let result = try await HandlerBench().run(
            "conditional", ["conditions": [["path": "gone", "op": "exists", "target": "a"]], "default": nil],
            context: Self.context)
        #expect(result.output == ["matched": nil, "op": nil, "target": nil])
        #expect(result.next == nil)
    }

    @Test(
        arguments: [
            ("conditional", [:] as JSONObject, "MISSING_CONDITIONS"),
            ("conditional", ["conditions": []], "MISSING_CONDITIONS"),
            ("conditional", ["conditions": [["path": "gone", "op": "exists", "target": "a"]]], "NO_MATCH"),
            ("conditional", ["conditions": [["path": "n", "op": "is", "value": 1, "target": "a"]]], "INPUT_ERROR"),
            ("conditional", ["conditions": [["handler": "h", "target": "a"]]], "INPUT_ERROR"),
            ("switch", ["cases": ["a": "b"]], "MISSING_PATH"),
            ("switch", ["path": "n", "cases": ["6": "b"]], "NO_MATCH"),
            ("switch", ["path": "gone", "cases": ["null": "b"]], "NO_MATCH"),
            ("switch", ["path": "order", "cases": [:]], "NO_MATCH"),
        ] as [(String, JSONObject, String)])
    func `a branch without a way fails without a retry`(type: String, config: JSONObject, code: String) async throws {
        let result = try await HandlerBench().run(type, config, context: Self.context)
        #expect(result.code == code)
        #expect(result.failure?.isRetryable == false)
    }

    @Test(
        arguments: [
            (5 as JSONValue, "5"), (5.0, "5"), (1.5, "1.5"), ("5", "5"), (true, "true"), (nil, "null"), ("a b", "a b"),
        ] as [(JSONValue, String)])
    func `switch compares values as text`(value: JSONValue, label: String) async throws {
        let result = try await HandlerBench().run(
            "switch", ["path": "v", "cases": .object([label: "hit"]), "default": "miss"], context: ["v": value])
        #expect(result.next == "hit")
        #expect(result.output == ["path": "v", "value": value, "target": "hit"])
    }

    @Test func `switch falls back to its default`() async throws {
        let result = try await HandlerBench().run(
            "switch", ["path": "gone", "cases": ["a": "b"], "default": "other"], context: Self.context)
        #expect(result.next == "other")
        #expect(result.output == ["path": "gone", "value": nil, "target": "other"])
    }

    @Test(
        arguments: [
            ([1, 2], [1, 2]), ("list", [1, 2]), ("deep.list", [3]), ("$.list", [1, 2]), ("$.deep['list']", [3]),
            ("$..n", [7, 8]), ("$.rows[?@.n > 7]", [["n": 8]]), ("$.none[*]", []),
        ] as [(JSONValue, [JSONValue])])
    func `a map runs over a list, or over what a path finds`(items: JSONValue, found: [JSONValue]) async throws {
        let context: JSONObject = [
            "list": [1, 2], "deep": ["list": [3]], "rows": [["n": 7], ["n": 8]], "text": "no list",
        ]
        let result = try await HandlerBench().run("map", ["items": items, "flowId": "child"], context: context)
        #expect((result.children?.contexts ?? []).map { $0["item"] } == found)
    }

    @Test(arguments: ["text", "none", "$.text", "$.none", "$[", 7] as [JSONValue])
    func `a map over something else fails`(items: JSONValue) async throws {
        let result = try await HandlerBench().run(
            "map", ["items": items, "flowId": "child"], context: ["text": "no list"])
        #expect(result.code == "INPUT_ERROR" && result.failure?.isRetryable == false)
    }
}

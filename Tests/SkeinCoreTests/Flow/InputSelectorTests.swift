// What the seven selectors give, corner by corner.

import SkeinCore
import Testing

@Suite("Input selectors", .timeLimit(.minutes(1)))
struct InputSelectorTests {
    static let context: JSONObject = [
        "user": ["name": "Ada", "tags": ["a", "b"], "none": nil, "0": "zero"],
        "items": [["price": 5], ["price": 7.50]],
        "n": 1, "nothing": nil, "a.b": "dotted", "yes": true, "text": "hello",
    ]

    struct Case: Sendable, CustomTestStringConvertible {
        let json: JSONValue
        let result: JSONValue?
        init(_ json: JSONValue, _ result: JSONValue?) {
            self.json = json
            self.result = result
        }
        var testDescription: String { json.text() }
    }

    static let cases: [Case] = [
        Case(["type": "key", "key": "n"], .int(1)),
        Case(["type": "key", "key": "nothing"], .null),
        Case(["type": "key", "key": "missing"], .none),
        Case(["type": "key", "key": "a.b"], "dotted"),
        Case(["type": "key", "key": "user.name"], .none),
        Case(["type": "keys", "keys": ["text", "missing", "n"]], ["text": "hello", "n": 1]),
        Case(["type": "keys", "keys": ["nothing"]], ["nothing": nil]),
        Case(["type": "keys", "keys": ["missing"]], [:]),
        Case(["type": "keys", "keys": []], [:]),
        Case(["type": "path", "path": "user.name"], "Ada"),
        Case(["type": "path", "path": "items.1.price"], 7.5),
        Case(["type": "path", "path": "user.tags.0"], "a"),
        Case(["type": "path", "path": "user.0"], "zero"),
        Case(["type": "path", "path": "user.none"], .null),
        Case(["type": "path", "path": "user.none.x"], .none),
        Case(["type": "path", "path": "nothing.x"], .none),
        Case(["type": "path", "path": "missing.x"], .none),
        Case(["type": "path", "path": "items.2"], .none),
        Case(["type": "path", "path": "items.-1"], .none),
        Case(["type": "path", "path": "items.00"], .none),
        Case(["type": "path", "path": "items.length"], .none),
        Case(["type": "path", "path": "text.0"], .none),
        Case(["type": "path", "path": "a.b"], .none),
        Case(["type": "template", "template": "${user}"], context["user"]),
        Case(["type": "template", "template": "${missing}"], .none),
        Case(["type": "template", "template": ["x": "${n}", "y": "${missing}"]], ["x": 1]),
        Case(["type": "template", "template": 5], 5),
        Case(["type": "template", "template": nil], .null),
        Case(["type": "full"], .object(context)),
        Case(["type": "static", "value": ["a": "${n}"]], ["a": "${n}"]),
        Case(["type": "static", "value": nil], .null),
        Case(["type": "jsonpath", "path": "$.user.name"], "Ada"),
        Case(["type": "jsonpath", "path": "$.nothing"], .null),
        Case(["type": "jsonpath", "path": "$.missing"], .none),
        Case(["type": "jsonpath", "path": "$.items[?@.price > 6]"], [["price": 7.5]]),
        Case(["type": "jsonpath", "path": "$.items[*].price"], [5, 7.5]),
        Case(["type": "jsonpath", "path": "$.missing[*]"], []),
    ]

    @Test(arguments: cases)
    func `a selector gives its part of the context`(_ test: Case) throws {
        var problems: [Problem] = []
        let selector = try #require(InputSelector.parse(test.json, at: .root, into: &problems), "\(problems)")
        #expect(problems.isEmpty)
        #expect(try selector.resolve(context: Self.context) == test.result)
    }

    @Test func `the members of keys have the selector's order`() throws {
        let result = try InputSelector.keys(["text", "n"]).resolve(context: Self.context)
        #expect(result?.object?.keys == ["text", "n"])
    }

    @Test func `roots win over the context, except for whole members`() throws {
        let roots: JSONObject = ["tasks": ["a": 1], "n": 2]
        let path = try #require(DotPath("tasks.a"))
        let query = try JSONPath("$.tasks.a")
        #expect(try InputSelector.path(path).resolve(context: Self.context, roots: roots) == 1)
        #expect(try InputSelector.jsonpath(query).resolve(context: Self.context, roots: roots) == 1)
        #expect(try InputSelector.template("${n}").resolve(context: Self.context, roots: roots) == 2)
        #expect(try InputSelector.key("n").resolve(context: Self.context, roots: roots) == 1)
        #expect(try InputSelector.full.resolve(context: Self.context, roots: roots) == .object(Self.context))
    }

    @Test func `a query that visits too much fails instead of giving nothing`() throws {
        let row = JSONValue.array(Array(repeating: 1, count: 1000))
        let context: JSONObject = ["rows": .array(Array(repeating: row, count: 200))]
        let selector = InputSelector.jsonpath(try JSONPath("$..*"))
        #expect(throws: BudgetExceeded.self) { try selector.resolve(context: context) }
    }

    static let refused: [(JSONValue, String, String)] = [
        (5, "WRONG_TYPE", ""), ([:], "BAD_SELECTOR", "/type"), (["type": 1], "WRONG_TYPE", "/type"),
        (["type": "paht", "path": "a"], "BAD_SELECTOR", "/type"), (["type": "key"], "BAD_SELECTOR", "/key"),
        (["type": "key", "key": 1], "WRONG_TYPE", "/key"), (["type": "key", "key": ""], "BAD_SELECTOR", "/key"),
        (["type": "keys", "keys": "a"], "WRONG_TYPE", "/keys"),
        (["type": "keys", "keys": ["a", 1]], "WRONG_TYPE", "/keys/1"),
        (["type": "path", "path": "a..b"], "BAD_PATH", "/path"), (["type": "path", "path": ""], "BAD_PATH", "/path"),
        (["type": "full", "key": "a"], "UNKNOWN_FIELD", "/key"), (["type": "static"], "BAD_SELECTOR", "/value"),
        (["type": "template", "template": ["a": ["${"]]], "BAD_TEMPLATE", "/template/a/0"),
        (["type": "jsonpath", "path": "user"], "BAD_PATH", "/path"),
    ]

    @Test(arguments: refused)
    func `a selector that is none is refused`(_ json: JSONValue, _ code: String, _ pointer: String) {
        var problems: [Problem] = []
        #expect(InputSelector.parse(json, at: .root, into: &problems) == nil)
        #expect(problems.map(\.code) == [code])
        #expect(problems.map(\.pointer.description) == [pointer])
    }
}

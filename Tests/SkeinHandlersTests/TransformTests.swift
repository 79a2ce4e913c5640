import Skein
import SkeinCore
import SkeinHandlers
import Testing

struct TransformTests {
    static let context: JSONObject = [
        "user": ["id": 1, "name": "Ada", "address": ["city": "London", "zip": "N1"]],
        "items": [
            ["sku": "tea", "price": 0.1, "tags": ["hot"]], ["sku": "mug", "price": 0.2, "tags": ["blue", "hot"]],
            ["sku": "jam", "price": 4, "tags": []],
        ],
        "a.b": "dotted",
    ]

    private static let first: JSONObject = [
        "mapping": [
            "id": "$.user.id", "name": "user.name", "mustache": "{{user.name}}",
            "text": "${user.name} of {{user.address.city}}",
            "skus": "$.items[*].sku", "gone": "user.gone", "n": 3, "null": nil, "fixed": ["literal": "user.name"],
            "nested": ["to": "${user.id}", "constant": "user.id"], "list": ["${user.id}", "x"],
        ]
    ]

    @Test(
        arguments: [
            (
                first,
                [
                    "id": 1, "name": "Ada", "mustache": "Ada", "text": "Ada of London", "skus": ["tea", "mug", "jam"],
                    "n": 3, "null": nil,
                    "fixed": "user.name", "nested": ["to": 1, "constant": "user.id"], "list": [1, "x"],
                ] as JSONValue
            ),
            (
                ["pick": ["user.address.city", "a.b", "gone"]],
                ["user": ["address": ["city": "London"]], "a.b": "dotted"]
            ),
            (
                ["omit": ["items", "a.b", "user.address.zip", "gone.x"]],
                ["user": ["id": 1, "name": "Ada", "address": ["city": "London"]]]
            ),
            (["operation": "pick", "keys": ["a.b"]], ["a.b": "dotted"]),
            (["operation": "map", "mapping": ["x": "{{user.id}}"]], ["x": 1]),
            (["filter": "$.items[?@.price > 1].sku"], ["jam"]),
            (
                ["filter": ["items": "items", "where": "@.price < 0.15"]],
                [["sku": "tea", "price": 0.1, "tags": ["hot"]]]
            ),
            (
                ["filter": ["items": "$.items", "where": ["path": "tags", "op": "contains", "value": "blue"]]],
                [["sku": "mug", "price": 0.2, "tags": ["blue", "hot"]]]
            ),
            (["filter": ["items": "$.items[*].price", "where": ["path": "item", "op": "gt", "value": 1]]], [4]),
            (
                ["filter": ["items": "items", "where": "$.tags[1]"]],
                [["sku": "mug", "price": 0.2, "tags": ["blue", "hot"]]]
            ),
            (["map": "$.items[*].tags[0]"], ["hot", "blue"]),
            (["map": ["items": "items", "to": "sku"]], ["tea", "mug", "jam"]),
            (["map": ["items": "items", "to": "@.tags[0]"]], ["hot", "blue", nil]),
            (
                ["map": ["items": "$.items[0:2]", "to": ["n": "index", "label": "${index}: ${sku}", "gone": "no"]]],
                [["n": 0, "label": "0: tea"], ["n": 1, "label": "1: mug"]]
            ),
            (["reduce": ["items": "items", "op": "count"]], 3),
            (["reduce": ["items": "$.items[0:2].price", "op": "sum"]], 0.3),
            (["reduce": ["items": "items", "of": "price", "op": "sum"]], 4.3),
            (["reduce": ["items": "items", "of": "price", "op": "max"]], 4),
            (["reduce": ["items": "items", "of": "sku", "op": "min"]], "jam"),
            (["reduce": ["items": "$.items[0:2].price", "op": "avg"]], 0.15),
            (["reduce": ["items": "items", "of": "sku", "op": "join", "separator": "+"]], "tea+mug+jam"),
            (["reduce": ["items": "items", "of": "tags", "op": "concat"]], ["hot", "blue", "hot"]),
            (["reduce": ["items": "items", "of": "sku", "op": "last"]], "jam"),
            (["reduce": ["items": "$.items[9:]", "op": "sum"]], 0),
            (["reduce": ["items": "$.items[9:]", "op": "avg"]], nil),
        ] as [(JSONObject, JSONValue)])
    func `each shape makes its value`(config: JSONObject, expected: JSONValue) async throws {
        let result = try await HandlerBench().run("transform", config, context: Self.context)
        #expect(result.output == expected, "\(String(describing: result))")
        #expect(BuiltinHandlers.check(type: "transform", config: config).isEmpty)
    }

    @Test func `sums stay integers as long as they fit, and exact beyond`() async throws {
        let bench = HandlerBench()
        let config: JSONObject = ["reduce": ["items": "v", "op": "sum"]]
        #expect(try await bench.run("transform", config, context: ["v": [1, 2]]).output?.text() == "3")
        let big = try await bench.run("transform", config, context: ["v": [.int(.max), 1]])
        #expect(big.output?.text() == "9223372036854775808")
    }

    @Test(
        arguments: [
            [:], ["mapping": [:], "pick": []], ["mapping": 1], ["mapping": ["a": "$.["]], ["mapping": ["a": "${x"]],
            ["pick": ["a..b"]],
            ["filter": ["items": "items"]], ["filter": ["items": "items", "where": "@@"]], ["map": ["items": "items"]],
            ["reduce": ["items": "items", "op": "product"]], ["reduce": ["op": "sum"]], ["operation": "filter"],
            ["operation": "pick"],
        ] as [JSONObject])
    func `a config that means nothing is found before and at run time`(config: JSONObject) async throws {
        #expect(!BuiltinHandlers.check(type: "transform", config: config).isEmpty)
        let result = try await HandlerBench().run("transform", config, context: Self.context)
        #expect(result.code == "TRANSFORM_ERROR")
        #expect(result.failure?.isRetryable == false)
    }

    @Test(
        arguments: [
            ["filter": ["items": "user", "where": "@.x"]], ["reduce": ["items": "gone", "op": "count"]],
            ["reduce": ["items": "items", "of": "sku", "op": "sum"]], ["reduce": ["items": "items", "op": "max"]],
            ["reduce": ["items": "items", "of": "sku", "op": "merge"]],
        ] as [JSONObject])
    func `an input that does not fit fails`(config: JSONObject) async throws {
        #expect(try await HandlerBench().run("transform", config, context: Self.context).code == "TRANSFORM_ERROR")
    }

    @Test func `the selected input is the data, never the instructions`() async throws {
        let result = try await HandlerBench().run(
            "transform", ["mapping": ["x": "pick"]], input: ["pick": ["secret"], "mapping": 1], context: ["secret": 1])
        #expect(result.output == ["x": ["secret"]])
    }
}

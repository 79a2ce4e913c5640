// Access, change, equality and serialisation of values and objects.

import SkeinCore
import Testing

@Suite("JSON values", .timeLimit(.minutes(1)))
struct JSONValueTests {
    let order: JSONValue = [
        "id": "o-1", "total": 1200, "items": [["sku": "a", "price": 2.5], ["sku": "b"]], "note": nil, "paid": false,
    ]

    @Test func `parts are read by subscript, accessor and dynamic member`() {
        #expect(order["id"]?.string == "o-1")
        #expect(order["items"]?[0]?["price"]?.double == 2.5)
        #expect(order["items"]?[2] == nil)
        #expect(order["items"]?[-1] == nil)
        #expect(order["id"]?["x"] == nil)
        #expect(order["absent"] == nil)
        #expect(order.note.isNull && order.absent.isNull && order.absent.deeper.isNull)
        #expect(order.total.int == 1200 && order.paid.bool == false)
        #expect(order.items.array?.count == 2)
        #expect(order.total > 1000 && order.total <= 1200.0 && !(order.total > "1000") && !(order.absent > 0))
        #expect(order.object?.keys == ["id", "total", "items", "note", "paid"])
    }

    @Test func `parts are changed in place`() {
        var value = order
        value.total = 5
        value["note"] = .some("hello")
        value["paid"] = .none
        value.address.city = "Paris"
        value.items[0] = "gone"
        #expect(
            value.text()
                == #"{"id":"o-1","total":5,"items":["gone",{"sku":"b"}],"note":"hello","address":{"city":"Paris"}}"#)
        #expect(order.total == 1200)
    }

    @Test func `an object is equal in any order and prints in its own`() {
        let one: JSONObject = ["a": 1, "b": [2, 3]]
        let other: JSONObject = ["b": [2, 3], "a": 1.0]
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(JSONValue.object(one).hashValue == JSONValue.object(other).hashValue)
        #expect(one.description == #"{"a":1,"b":[2,3]}"#)
        #expect(one != ["a": 1] && one != ["a": 1, "b": [3, 2]] && one != ["a": 1, "c": [2, 3]])
        #expect(JSONValue.object(one).serialized(.canonical) == JSONValue.object(other).serialized(.canonical))
    }

    @Test func `an object keeps order through changes`() {
        var object: JSONObject = ["c": 1, "a": 2]
        object["b"] = 3
        object["c"] = 4
        #expect(object.description == #"{"c":4,"a":2,"b":3}"#)
        #expect(object.removeValue(forKey: "a") == 2)
        #expect(object.removeValue(forKey: "a") == nil)
        #expect(object.merging(["b": 9, "d": 5]).description == #"{"c":4,"b":9,"d":5}"#)
        object.merge(["b": 1, "e": 7]) { old, new in [old, new] }
        #expect(object.description == #"{"c":4,"b":[3,1],"e":7}"#)
        #expect(object.mapValues { _ in true }.description == #"{"c":true,"b":true,"e":true}"#)
        object["n", default: []] = [1]
        #expect(object.contains(key: "n") && !object.contains(key: "x"))
        #expect(object.map(\.key) == ["c", "b", "e", "n"] && object[0].key == "c" && object.values.count == 4)
        object.removeAll()
        #expect(object.isEmpty && JSONObject([("a", 1), ("a", 2)]) == ["a": 2])
    }

    @Test func `a large object stays ordered and refuses a repeated key`() throws {
        let names = (0..<500).map { "k\($0 * 7919 % 500)" }
        let text = "{" + names.map { "\"\($0)\":1" }.joined(separator: ",") + "}"
        #expect(try JSONValue(parsing: text).object?.keys == names)
        let repeated = text.dropLast() + ",\"k3\":2}"
        #expect(throws: JSONParseError.self) { try JSONValue(parsing: String(repeated)) }
    }

    @Test(arguments: [
        ("a\"b\\c/d", #""a\"b\\c/d""#), ("\u{8}\t\n\u{C}\r", #""\b\t\n\f\r""#),
        ("\u{0}\u{1}\u{1F}", "\"\\u0000\\u0001\\u001f\""),
        ("é😀\u{7F}\u{2028}", "\"é😀\u{7F}\u{2028}\""), ("", "\"\""),
    ])
    func `strings are escaped only where they must be`(string: String, text: String) throws {
        let value = JSONValue.string(string)
        #expect(value.text() == text)
        #expect(value.byteCount == text.utf8.count)
        #expect(try JSONValue(parsing: text, limits: JSONLimits(allowsNulCharacter: true)) == value)
    }

    @Test func `the pretty form has one member per line`() throws {
        let value = try JSONValue(parsing: #"{"a":[1,{"b":null}],"c":{},"d":[]}"#)
        let text = """
            {
              "a": [
                1,
                {
                  "b": null
                }
              ],
              "c": {},
              "d": []
            }
            """
        #expect(value.text(.pretty) == text)
        #expect(try JSONValue(parsing: text) == value)
    }

    @Test func `the canonical form sorts by UTF-16 code units at every level`() throws {
        let value = try JSONValue(
            parsing: #"{"\uFB33":1,"\uD83D\uDE00":{"b":2.0,"a":[{"d":1,"c":2}]},"1":0,"\r":3,"é":4}"#)
        #expect(
            value.text(.canonical)
                == "{\"\\r\":3,\"1\":0,\"é\":4,\"😀\":{\"a\":[{\"c\":2,\"d\":1}],\"b\":2},\"\u{FB33}\":1}")
    }

    @Test func `bytes are appended to what is there`() {
        var bytes = Array("x=".utf8)
        JSONValue.array([1, "a"]).append(to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == #"x=[1,"a"]"#)
    }

    @Test func `only values of one kind have an order`() {
        #expect(JSONValue.compare("a", "b") == .ascending)
        #expect(JSONValue.compare("\u{FB33}", "😀") == .ascending)
        #expect(JSONValue.compare("ab", "a") == .descending)
        #expect(JSONValue.compare(false, true) == .ascending)
        #expect(JSONValue.compare([1, 2], [1, 3]) == .ascending)
        #expect(JSONValue.compare([1], [1, 0]) == .ascending)
        #expect(JSONValue.compare([1], ["a"]) == nil)
        #expect(JSONValue.compare(.null, .null) == .same)
        #expect(JSONValue.compare(1, "1") == nil)
        #expect(JSONValue.compare(["a": 1], ["a": 1]) == .same)
        #expect(JSONValue.compare(["a": 1], ["a": 2]) == nil)
    }
}

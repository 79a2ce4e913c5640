// Types to JSON data and back, the forms fixed for special types, and the errors.

import Foundation
import SkeinCore
import Testing

@Suite("JSON Codable", .timeLimit(.minutes(1)))
struct JSONCodableTests {
    func json(_ value: some Encodable) throws -> String { try JSONValueEncoder().encode(value).text() }

    func decode<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
        try JSONValueDecoder().decode(type, from: JSONValue(parsing: text))
    }

    struct Everything: Codable, Equatable {
        enum Colour: String, Codable { case red, blue }
        enum Event: Codable, Equatable {
            case opened(by: String)
            case closed
        }
        indirect enum Tree: Codable, Equatable {
            case leaf(Int)
            case node(Tree, Tree)
        }

        var text = "é\n", flag = true, number = -7, small: UInt8 = 255, big = UInt64.max, least = Int64.min
        var ratio = 0.1, half: Float = 1.5, nothing: Int?, something: Int? = 3
        var date = Date(timeIntervalSince1970: 1_767_323_045.123456), span = Duration.milliseconds(1500)
        var money = Decimal(string: "12345678901234567890.123456789"), bytes = Data([0, 255, 16])
        var id = UUID(uuidString: "0190A0B0-C0D0-7EF0-8000-ABCDEF012345"),
            link = URL(string: "https://example.org/a?b=c#d")
        var list = [[1, 2], []], optionals: [Int?] = [1, nil], names = ["b": 1, "a": 2], byInt = [2: "x", -1: "y"]
        var byColour: [Colour: Int] = [.red: 1, .blue: 2], bySpan: [Duration: Int] = [.seconds(1): 1]
        var colour = Colour.blue, event = Event.opened(by: "Ada"), closed = Event.closed
        var tree = Tree.node(.leaf(1), .node(.leaf(2), .leaf(3))), set: Set = [3, 1, 2], range = 1..<4
        var anything: JSONValue = ["k": [1, nil, 2.5]], members: JSONObject = ["z": 1, "a": 2],
            exact = JSONDecimal("1.10")
    }

    @Test func `a type with everything comes back as it was`() throws {
        let value = Everything()
        let encoded = try JSONValueEncoder().encode(value)
        #expect(try JSONValueDecoder().decode(Everything.self, from: encoded) == value)
        #expect(try JSONValueDecoder().decode(Everything.self, from: JSONValue(parsing: encoded.serialized())) == value)
        #expect(encoded["date"] == "2026-01-02T03:04:05.123456Z")
        #expect(encoded["span"] == 1500)
        #expect(encoded["money"]?.text() == "12345678901234567890.123456789")
        #expect(encoded["bytes"] == "AP8Q")
        #expect(encoded["id"] == "0190a0b0-c0d0-7ef0-8000-abcdef012345")
        #expect(encoded["link"] == "https://example.org/a?b=c#d")
        #expect(encoded["big"]?.text() == "18446744073709551615")
        #expect(encoded["names"]?.text() == #"{"a":2,"b":1}"#)
        #expect(encoded["byInt"]?.text() == #"{"-1":"y","2":"x"}"#)
        #expect(encoded["byColour"]?.text() == #"{"blue":2,"red":1}"#)
        #expect(encoded["bySpan"]?.text() == "[1000,1]")
        #expect(encoded["set"]?.text() == "[1,2,3]")
        #expect(encoded["event"]?.text() == #"{"opened":{"by":"Ada"}}"#)
        #expect(encoded["closed"]?.text() == #"{"closed":{}}"#)
        #expect(encoded["anything"]?.text() == #"{"k":[1,null,2.5]}"#)
        #expect(encoded["members"]?.text() == #"{"z":1,"a":2}"#)
        #expect(encoded["exact"]?.text() == "1.10")
        #expect(encoded["nothing"] == nil)
        #expect(encoded.object?.keys.first == "text")
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000000Z"),
            ("2000-02-29T23:59:59.9Z", 951_868_799.9, "2000-02-29T23:59:59.900000Z"),
            ("2026-01-02t03:04:05.123456789z", 1_767_323_045.123456, "2026-01-02T03:04:05.123456Z"),
            ("2026-01-02T03:04:05+02:30", 1_767_314_045, "2026-01-02T00:34:05.000000Z"),
            ("1969-12-31T23:59:59.999999-00:00", -0.000001, "1969-12-31T23:59:59.999999Z"),
            ("2016-12-31T23:59:60Z", 1_483_228_800, "2017-01-01T00:00:00.000000Z"),
            ("0001-01-01T00:00:00Z", -62_135_596_800, "0001-01-01T00:00:00.000000Z"),
            ("9999-12-31T23:59:59Z", 253_402_300_799, "9999-12-31T23:59:59.000000Z"),
        ] as [(String, Double, String)])
    func `dates are read with any offset and written in UTC with microseconds`(
        text: String, seconds: Double, written: String
    ) throws {
        let date = try JSONValueDecoder().decode(Date.self, from: .string(text))
        #expect(abs(date.timeIntervalSince1970 - seconds) < 0.000_001)
        #expect(try JSONValueEncoder().encode(date) == .string(written))
    }

    @Test(arguments: [
        "2026-01-02", "2026-01-02 03:04:05Z", "2026-01-02T03:04:05", "2026-13-02T03:04:05Z", "2026-02-29T03:04:05Z",
        "2026-01-02T24:00:00Z",
        "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05+0200", "2026-01-02T03:04:05+24:00", "26-01-02T03:04:05Z",
        "2026-01-02T03:04:05Zx", "",
    ])
    func `no other text is a date`(text: String) {
        #expect(throws: DecodingError.self) { try JSONValueDecoder().decode(Date.self, from: .string(text)) }
    }

    @Test(
        arguments: [
            (.zero, "0"), (.seconds(2), "2000"), (.microseconds(1), "0.001"), (.nanoseconds(-1_500_000), "-1.5"),
            (Duration(secondsComponent: 0, attosecondsComponent: 1), "0.000000000000001"),
            (Duration(secondsComponent: .max, attosecondsComponent: 0), "9223372036854775807000"),
        ] as [(Duration, String)])
    func `spans of time are exact milliseconds`(duration: Duration, text: String) throws {
        #expect(try json(duration) == text)
        #expect(try decode(Duration.self, text) == duration)
    }

    @Test func `spans out of range are refused`() throws {
        for text in ["1e30", "-1e999999999", "9223372036854775808000"] {
            #expect(throws: DecodingError.self) { try decode(Duration.self, text) }
        }
        #expect(try decode(Duration.self, "1e-999999999") == .zero)
    }

    @Test func `numbers must fit their type`() throws {
        #expect(try decode(UInt8.self, "255") == 255)
        #expect(try decode(Int.self, "1.0") == 1)
        #expect(try decode(Int.self, "1e3") == 1000)
        #expect(try decode(UInt64.self, "18446744073709551615") == .max)
        #expect(try decode(Int128.self, "-170141183460469231731687303715884105728") == .min)
        #expect(try decode(Double.self, "3") == 3)
        for text in ["256", "-1", "1.5", "1e999999999", "18446744073709551616"] {
            #expect(throws: DecodingError.self) { try decode(UInt8.self, text) }
        }
        #expect(throws: DecodingError.self) { try decode(Double.self, "1e400") }
        #expect(throws: DecodingError.self) { try decode(Float.self, "1e40") }
        #expect(throws: DecodingError.self) { try decode(Bool.self, "1") }
        #expect(throws: DecodingError.self) { try decode(String.self, "1") }
        #expect(try json(1.0) == "1")
        #expect(try json(0.1 as Float) == "0.1")
        #expect(try json(-0.0) == "-0.0")
        #expect(try json(1e300) == "1e+300")
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func `numbers JSON does not have are refused with their path`(number: Double) {
        let error = #expect(throws: EncodingError.self) { try json(["a": [Optional(number)]]) }
        guard case .invalidValue(_, let context) = error else { return }
        #expect(context.codingPath.map(\.stringValue) == ["a", "0"])
    }

    struct Failure: Equatable {
        var reason: String
        var path: [String]

        init(reason: String, path: [String]) {
            self.reason = reason
            self.path = path
        }

        init(_ error: DecodingError) {
            let context: DecodingError.Context
            switch error {
            case .keyNotFound(let key, let found): (reason, context) = ("missing \(key.stringValue)", found)
            case .valueNotFound(_, let found): (reason, context) = ("null", found)
            case .typeMismatch(_, let found): (reason, context) = ("kind", found)
            case .dataCorrupted(let found): (reason, context) = ("value", found)
            @unknown default: (reason, context) = ("other", .init(codingPath: [], debugDescription: ""))
            }
            path = context.codingPath.map(\.stringValue)
        }
    }

    @Test func `errors tell what is wrong and where`() {
        struct Inner: Codable { var number: Int }
        struct Outer: Codable { var list: [Inner] }
        func failure(_ text: String) -> Failure? {
            let error = #expect(throws: DecodingError.self) { try decode(Outer.self, text) }
            return error.map(Failure.init)
        }
        #expect(failure(#"{}"#) == Failure(reason: "missing list", path: []))
        #expect(failure(#"{"list":[{"number":1},{}]}"#) == Failure(reason: "missing number", path: ["list", "1"]))
        #expect(failure(#"{"list":[{"number":null}]}"#) == Failure(reason: "null", path: ["list", "0", "number"]))
        #expect(failure(#"{"list":[{"number":"1"}]}"#) == Failure(reason: "kind", path: ["list", "0", "number"]))
        #expect(failure(#"{"list":[{"number":1.5}]}"#) == Failure(reason: "value", path: ["list", "0", "number"]))
        #expect(failure(#"{"list":{}}"#) == Failure(reason: "kind", path: ["list"]))
        #expect(failure(#"[]"#) == Failure(reason: "kind", path: []))
    }

    class Base: Codable {
        var a = 1
    }

    final class Derived: Base {
        var b = 2
        enum Key: CodingKey { case b, nested, list, parent }
        override init() { super.init() }

        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            b = try container.decode(Int.self, forKey: .b)
            let nested = try container.nestedContainer(keyedBy: Key.self, forKey: .nested)
            #expect(try nested.decode(String.self, forKey: .b) == "in")
            var list = try container.nestedUnkeyedContainer(forKey: .list)
            #expect(try !list.decodeNil())
            #expect(throws: DecodingError.self) { try list.decode(String.self) }
            #expect(try list.decode(Int.self) == 1)
            #expect(try list.decodeNil())
            var inner = try list.nestedUnkeyedContainer()
            #expect(try inner.decode(Bool.self))
            #expect(inner.isAtEnd)
            #expect(throws: DecodingError.self) { try inner.decode(Bool.self) }
            #expect(list.codingPath.map(\.stringValue) == ["list"])
            try super.init(from: container.superDecoder())
            _ = try container.superDecoder(forKey: .parent)
        }

        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(b, forKey: .b)
            var nested = container.nestedContainer(keyedBy: Key.self, forKey: .nested)
            var list = container.nestedUnkeyedContainer(forKey: .list)
            try nested.encode("in", forKey: .b)
            try list.encode(1)
            try list.encodeNil()
            var inner = list.nestedUnkeyedContainer()
            try inner.encode(true)
            try super.encode(to: container.superEncoder())
            _ = container.superEncoder(forKey: .parent)
        }
    }

    @Test func `nested containers and super encoders keep their places`() throws {
        let value = Derived()
        value.a = 7
        let text = try json(value)
        #expect(text == #"{"b":2,"nested":{"b":"in"},"list":[1,null,[true]],"super":{"a":7},"parent":{}}"#)
        #expect(try decode(Derived.self, text).a == 7)
    }

    @Test func `decimals keep their digits or are refused`() throws {
        let text = "12345678901234567890123456789012345.678"
        #expect(try json(decode(Decimal.self, text)) == text)
        #expect(try json(decode(Decimal.self, "1e2")) == "100")
        #expect(try json(Decimal(string: "-0.000001")) == "-0.000001")
        for text in ["1e400", "1e999999999", "\"1\"", "123456789012345678901234567890123456789.5"] {
            #expect(throws: DecodingError.self, "\(text)") { try decode(Decimal.self, text) }
        }
        #expect(throws: EncodingError.self) { try json(Decimal.nan) }
    }

    @Test func `names of members replace each other whether nested or not`() throws {
        struct Twice: Encodable {
            let nestedLast: Bool
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Derived.Key.self)
                if nestedLast { try container.encode(1, forKey: .nested) }
                var nested = container.nestedContainer(keyedBy: Derived.Key.self, forKey: .nested)
                try nested.encode(2, forKey: .b)
                var again = container.nestedContainer(keyedBy: Derived.Key.self, forKey: .nested)
                try again.encode(3, forKey: .list)
                if !nestedLast { try container.encode(1, forKey: .nested) }
            }
        }
        #expect(try json(Twice(nestedLast: true)) == #"{"nested":{"b":2,"list":3}}"#)
        #expect(try json(Twice(nestedLast: false)) == #"{"nested":1}"#)
    }

    @Test func `a type that encodes nothing or twice is an error, not a crash`() {
        struct Nothing: Encodable {
            func encode(to encoder: any Encoder) throws {}
        }
        struct Twice: Encodable {
            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                try container.encode(1)
                try container.encode(2)
            }
        }
        struct Mixed: Encodable {
            func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                try list.encode(1)
                _ = encoder.container(keyedBy: Derived.Key.self)
            }
        }
        final class Loop: Encodable {
            enum Key: CodingKey { case next }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Key.self)
                try container.encode(self, forKey: .next)
            }
        }
        #expect(throws: EncodingError.self) { try json(Nothing()) }
        #expect(throws: EncodingError.self) { try json(Twice()) }
        #expect(throws: EncodingError.self) { try json(Mixed()) }
        #expect(throws: EncodingError.self) { try json(Loop()) }
    }

    @Test func `user info reaches the types`() throws {
        struct Asking: Codable, Equatable {
            static let key = CodingUserInfoKey(rawValue: "who")
            var who: String
            init(from decoder: any Decoder) throws { who = Self.key.flatMap { decoder.userInfo[$0] as? String } ?? "" }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                try container.encode(Self.key.flatMap { encoder.userInfo[$0] as? String })
            }
        }
        let key = try #require(Asking.key)
        let value = try JSONValueDecoder(userInfo: [key: "me"]).decode(Asking.self, from: nil)
        #expect(value.who == "me")
        #expect(try JSONValueEncoder(userInfo: [key: "you"]).encode([value]) == ["you"])
    }

    @Test func `values pass through Foundation's encoder and decoder`() throws {
        let text = #"{"a":[1,-2.5,1e2,true,null,"x",18446744073709551615,0.1],"o":{},"l":[]}"#
        let value = try JSONValue(parsing: text)
        let data = try JSONEncoder().encode(value)
        #expect(try JSONDecoder().decode(JSONValue.self, from: data) == value)
        #expect(try JSONValue(parsing: data) == value)
        #expect(try JSONDecoder().decode([String: JSONValue].self, from: data)["a"] == value["a"])
        struct Holder: Codable, Equatable { var payload: JSONValue }
        let holder = Holder(payload: value)
        #expect(try JSONDecoder().decode(Holder.self, from: JSONEncoder().encode(holder)) == holder)
        #expect(try JSONValueDecoder().decode(Holder.self, from: JSONValueEncoder().encode(holder)) == holder)
    }
}

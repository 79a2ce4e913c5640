// Random values round trip; random damage never crashes. A failure prints the seed that repeats it.

import SkeinCore
import Testing

@Suite("JSON fuzz", .timeLimit(.minutes(2)))
struct JSONFuzzTests {
    /// SplitMix64: small, and the same everywhere.
    struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }

        mutating func string() -> String {
            let pools: [ClosedRange<UInt32>] = [
                0x20...0x7E, 0x01...0x1F, 0x80...0x7FF, 0x4E00...0x4E20, 0x1F600...0x1F640,
            ]
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...12, using: &self) {
                let pool = pools[Int.random(in: 0..<pools.count, using: &self)]
                if let scalar = Unicode.Scalar(UInt32.random(in: pool, using: &self)) { text.append(scalar) }
            }
            return String(text)
        }

        mutating func number() -> String {
            func digits(_ range: ClosedRange<Int>) -> String {
                (0..<Int.random(in: range, using: &self)).map { _ in String(Int.random(in: 0...9, using: &self)) }
                    .joined()
            }
            var text = Bool.random(using: &self) ? "-" : ""
            text += Bool.random(using: &self) ? "0" : String(Int.random(in: 1...9, using: &self)) + digits(0...25)
            if Bool.random(using: &self) { text += "." + digits(1...20) }
            if Bool.random(using: &self) {
                text += ["e", "E", "e+", "e-"][Int.random(in: 0...3, using: &self)] + digits(1...4)
            }
            return text
        }

        mutating func value(depth: Int) -> JSONValue {
            switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &self) {
            case 0: return .null
            case 1: return .bool(Bool.random(using: &self))
            case 2: return .int(Int64.random(in: .min ... .max, using: &self))
            case 3: return JSONValue.double(Double(bitPattern: next())) ?? .null
            case 4: return JSONValue.number(number()) ?? .string("no number")
            case 5: return .string(string())
            case 6: return .array((0..<Int.random(in: 0...5, using: &self)).map { _ in value(depth: depth - 1) })
            case _:
                var object = JSONObject()
                for _ in 0..<Int.random(in: 0...20, using: &self) { object[string()] = value(depth: depth - 1) }
                return .object(object)
            }
        }
    }

    @Test(arguments: 0..<300)
    func `a random value survives every way out and in`(seed: UInt64) throws {
        var generator = Generator(state: seed)
        let value = generator.value(depth: 4)
        let bytes = value.serialized()
        #expect(value != .string("no number"))
        #expect(bytes.count == value.byteCount)
        #expect(value.exceeds() == nil)
        let parsed = try JSONValue(parsing: bytes)
        #expect(parsed == value)
        #expect(parsed.hashValue == value.hashValue)
        #expect(parsed.serialized() == bytes)
        #expect(try JSONValue(parsing: value.serialized(.pretty)).serialized() == bytes)
        let canonical = value.serialized(.canonical)
        let reread = try JSONValue(parsing: canonical)
        #expect(reread == value)
        #expect(reread.serialized(.canonical) == canonical)
        #expect(try JSONValueEncoder().encode(value) == value)
        for node in try JSONPath("$..*").nodes(in: value) {
            #expect(try JSONPath(node.path).select(from: value) == [node.value])
        }
    }

    @Test(arguments: 0..<300)
    func `random damage is refused or read, but never crashes`(seed: UInt64) {
        var generator = Generator(state: seed &+ 1_000_000)
        let original = generator.value(depth: 4).serialized()
        for _ in 0..<50 {
            var bytes = original
            for _ in 0...Int.random(in: 0...3, using: &generator) {
                let place = Int.random(in: 0...bytes.count, using: &generator)
                let special = Array("\"\\{}[],:0-.eE+u\u{0}".utf8) + [0x80, 0xC3, 0xED, 0xF4, 0xFF]
                let byte = special[Int.random(in: 0..<special.count, using: &generator)]
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes.insert(byte, at: place)
                case 1 where place < bytes.count: bytes.remove(at: place)
                case 2 where place < bytes.count: bytes[place] = byte
                case _: bytes.removeSubrange(place...)
                }
            }
            do throws(JSONParseError) {
                let value = try JSONValue(parsing: bytes)
                #expect((try? JSONValue(parsing: value.serialized())) == value)
            } catch {
                #expect(error.offset <= bytes.count)
                #expect(error.line >= 1 && error.column >= 1)
            }
        }
    }

    @Test(arguments: 0..<300)
    func `random paths and patterns never crash`(seed: UInt64) {
        var generator = Generator(state: seed &+ 2_000_000)
        let parts = [
            "$", "@", ".", "..", "[", "]", "?", "(", ")", "*", "a", "'a'", "\"b\"", ":", ",", "0", "-1", "==", "<",
            "&&", "||", "!", " ", "length(",
            "match(", "search(", "count(", "value(", "[a-z]", "{2,}", "\\p{L}", "\\\\", "|", "null", "1.5e1", "[?",
            "[?@.a",
        ]
        let value = generator.value(depth: 3)
        for _ in 0..<200 {
            var text = "$"
            for _ in 0..<Int.random(in: 0...10, using: &generator) {
                text += parts[Int.random(in: 0..<parts.count, using: &generator)]
            }
            guard let path = try? JSONPath(text) else { continue }
            _ = try? path.nodes(in: value)
            _ = try? JSONPath("$[?search(@, \(JSONValue.string(text)))]").select(from: value)
        }
    }
}

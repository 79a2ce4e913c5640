// The bounds on documents from outside and on values made in code.

import SkeinCore
import Testing

@Suite("JSON limits", .timeLimit(.minutes(1)))
struct JSONLimitsTests {
    func code(_ text: String, _ limits: JSONLimits) -> JSONParseError.Code? {
        do throws(JSONParseError) {
            _ = try JSONValue(parsing: text, limits: limits)
            return nil
        } catch {
            return error.code
        }
    }

    static func nested(_ levels: Int) -> String {
        String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }

    static let table: [(String, JSONLimits, JSONParseError.Code?)] = [
        (nested(64), .default, nil),
        (nested(65), .default, .tooDeep),
        (String(repeating: "[", count: 1_000_000), .default, .tooDeep),
        (String(repeating: "{\"a\":", count: 100_000), .default, .tooDeep),
        (nested(512), JSONLimits(maxDepth: 100_000), nil),
        (nested(513), JSONLimits(maxDepth: 100_000), .tooDeep),
        ("[]", JSONLimits(maxDepth: 0), .tooDeep),
        ("1", JSONLimits(maxDepth: 0), nil),
        ("[1,2]", JSONLimits(maxBytes: 5), nil),
        ("[1,2] ", JSONLimits(maxBytes: 5), .tooLarge),
        ("[1,[2,3]]", JSONLimits(maxValues: 4), nil),
        ("[1,[2,3]]", JSONLimits(maxValues: 3), .tooManyValues),
        ("{\"a\":1,\"b\":[2]}", JSONLimits(maxValues: 2), .tooManyValues),
        (String(repeating: "1", count: 1000), .default, nil),
        (String(repeating: "1", count: 1001), .default, .numberTooLong),
        ("-12.5e+3", JSONLimits(maxNumberLength: 8), nil),
        ("-12.5e+3", JSONLimits(maxNumberLength: 7), .numberTooLong),
        ("12345", JSONLimits(maxNumberLength: 4), .numberTooLong),
        (#""\u0000""#, JSONLimits(allowsNulCharacter: true), nil),
        (#"{"\u0000":1}"#, .default, .nulCharacter),
    ]

    @Test(arguments: table)
    func `a document keeps the limits or is refused`(text: String, limits: JSONLimits, expected: JSONParseError.Code?) {
        #expect(code(text, limits) == expected)
    }

    @Test func `a value made in code is held to the same limits`() throws {
        for (text, limits, expected) in Self.table where text.utf8.count < 10_000 && expected != .tooLarge {
            let generous = JSONLimits(maxDepth: 512, maxNumberLength: 5000, allowsNulCharacter: true)
            guard let value = try? JSONValue(parsing: text, limits: generous) else { continue }
            #expect(value.exceeds(limits) == expected, "\(text)")
        }
        #expect(JSONValue.string("abc").exceeds(JSONLimits(maxBytes: 4)) == .tooLarge)
    }

    @Test(
        arguments: [
            ("1", 0, 0), ("[]", 1, 0), ("{}", 1, 0), ("[[],[[]]]", 3, 0), (#"{"a":{"b":[{"c":1}]},"d":2}"#, 4, 4),
        ] as [(String, Int, Int)])
    func `depth and number of keys are counted`(text: String, depth: Int, keys: Int) throws {
        let value = try JSONValue(parsing: text)
        #expect(value.depth == depth)
        #expect(value.keyCount == keys)
    }
}

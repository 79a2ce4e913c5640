// What the parser accepts and refuses, by table.

import SkeinCore
import Testing

@Suite("JSON parser", .timeLimit(.minutes(1)))
struct JSONParserTests {
    @Test(
        arguments: [
            ("null", JSONValue.null), ("true", true), ("false", false), ("0", 0), ("-1", -1), (" 12 ", 12),
            ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
            ("\"\"", ""), (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u20AC\uD83D\uDE00""#, "é€😀"),
            (#""é€😀""#, "é€😀"), ("\"\u{7F}\u{2028}\"", "\u{7F}\u{2028}"), ("[]", []), ("[ ]", []), ("{}", [:]),
            ("{\t}", [:]),
            ("[1,[2,[]],{\"a\":null}]", [1, [2, []], ["a": nil]]), (#"{"":{"b":[true]}}"#, ["": ["b": [true]]]),
            ("\r\n[ 1 ,\n2 ]\t", [1, 2]),
        ] as [(String, JSONValue)])
    func `a document becomes its value`(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    @Test(
        arguments: [
            ("", .unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("01", .invalidNumber, 1), ("-01", .invalidNumber, 2),
            ("+1", .unexpectedCharacter, 0), ("1+2", .trailingContent, 1), ("-", .unexpectedEnd, 1),
            ("-a", .invalidNumber, 1),
            ("1.", .unexpectedEnd, 2), ("1.e5", .invalidNumber, 2), (".5", .unexpectedCharacter, 0),
            ("1e", .unexpectedEnd, 2),
            ("1e+", .unexpectedEnd, 3), ("1ex", .invalidNumber, 2), ("1e1.5", .trailingContent, 3),
            ("0x10", .trailingContent, 1),
            ("1e9999999999999", .exponentTooLarge, 2), ("-1e-9999999999999", .exponentTooLarge, 4),
            ("NaN", .unexpectedCharacter, 0), ("Infinity", .unexpectedCharacter, 0), ("-Infinity", .invalidNumber, 1),
            ("[1,]", .unexpectedCharacter, 3), ("[,1]", .unexpectedCharacter, 1), ("[1 2]", .unexpectedCharacter, 3),
            ("[1", .unexpectedEnd, 2), ("[", .unexpectedEnd, 1), ("]", .unexpectedCharacter, 0),
            ("[1}", .unexpectedCharacter, 2),
            ("{\"a\":1,}", .unexpectedCharacter, 7), ("{\"a\"}", .unexpectedCharacter, 4),
            ("{\"a\":}", .unexpectedCharacter, 5),
            ("{a:1}", .unexpectedCharacter, 1), ("{1:1}", .unexpectedCharacter, 1), ("{\"a\":1", .unexpectedEnd, 6),
            ("{\"a\" 1}", .unexpectedCharacter, 5), ("{\"a\":1,,\"b\":2}", .unexpectedCharacter, 7),
            ("{", .unexpectedEnd, 1),
            ("tru", .unexpectedEnd, 3), ("trux", .invalidLiteral, 0), ("True", .unexpectedCharacter, 0),
            ("nulll", .trailingContent, 4),
            ("1 1", .trailingContent, 2), ("{} x", .trailingContent, 3), ("// c\n1", .unexpectedCharacter, 0),
            ("'a'", .unexpectedCharacter, 0),
            ("\"a", .unexpectedEnd, 2), ("\"a\nb\"", .controlCharacter, 2), ("\"\t\"", .controlCharacter, 1),
            ("\"\u{0}\"", .controlCharacter, 1),
            (#""\x""#, .invalidEscape, 1), (#""\u12G4""#, .invalidEscape, 5), (#""\u12"#, .unexpectedEnd, 5),
            (#""\"#, .unexpectedEnd, 2),
            (#""\uD800""#, .loneSurrogate, 1), (#""a\uDC00""#, .loneSurrogate, 2),
            (#""\uD800\u0041""#, .loneSurrogate, 1),
            (#""\uD800\n""#, .loneSurrogate, 1), (#""\uD800\uD800""#, .loneSurrogate, 1),
            (#""\u0000""#, .nulCharacter, 1),
            ("\u{FEFF}1", .byteOrderMark, 0), (#"{"a":1,"a":2}"#, .duplicateKey, 7),
            (#"{"a":1,"\u0061":2}"#, .duplicateKey, 7),
        ] as [(String, JSONParseError.Code, Int)])
    func `anything else is refused with reason and place`(text: String, code: JSONParseError.Code, offset: Int) {
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: text) }
        #expect(error?.code == code)
        #expect(error?.offset == offset)
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0xAF], [0xC1, 0x80], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE2, 0x82],
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
            [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE],
            [0xFF],
        ] as [[UInt8]])
    func `bytes that are no UTF-8 are refused`(bytes: [UInt8]) {
        for document in [[0x22] + bytes + [0x22], [0x22, 0x61] + bytes] {
            let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: document) }
            #expect(error?.code == .invalidUTF8)
        }
    }

    @Test(
        arguments: [
            [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBF],
            [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF],
        ] as [[UInt8]])
    func `the first and last sequence of every length is accepted`(bytes: [UInt8]) throws {
        let value = try JSONValue(parsing: [0x22] + bytes + [0x22])
        #expect(value.string.map { Array($0.utf8) } == bytes)
    }

    @Test func `an error names line, column, byte and place`() {
        let text = "{\n  \"a/b\": [1, \"é\", {\"c\": tru}]\n}"
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: text) }
        #expect(error?.line == 2)
        #expect(error?.column == 25)
        #expect(error?.offset == 27)
        #expect(error?.path.description == "/a~1b/2/c")
        #expect(
            error?.description == "Only true, false and null are literals. (line 2, column 25, byte 27, in /a~1b/2/c)")
    }

    @Test func `members keep the order in which they are written`() throws {
        let text = #"{"z":1,"a":{"y":1,"b":2},"m":[{"d":0,"c":0}]}"#
        let value = try JSONValue(parsing: text)
        #expect(value.object?.keys == ["z", "a", "m"])
        #expect(value.text() == text)
    }

    @Test func `names that only look alike are different`() throws {
        let value = try JSONValue(parsing: #"{"\u00e9":1,"e\u0301":2}"#)
        #expect(value["\u{e9}"] == 1)
        #expect(value["e\u{301}"] == 2)
        #expect(JSONValue.string("\u{e9}") != JSONValue.string("e\u{301}"))
    }

    @Test func `bytes may come from any collection`() throws {
        let bytes = Array(#"[1,"a"]"#.utf8)
        let expected: JSONValue = [1, "a"]
        #expect(try bytes.withUnsafeBytes { try JSONValue(parsing: $0) } == expected)
        #expect(try JSONValue(parsing: ([0] + bytes)[1...]) == expected)
        #expect(try JSONValue(parsing: bytes.reversed().reversed() as [UInt8]) == expected)
        #expect(try JSONValue(parsing: bytes.lazy.map { $0 }) == expected)
    }
}

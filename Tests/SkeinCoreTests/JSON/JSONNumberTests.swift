// Numbers: exact, equal by value, printed as written.

import SkeinCore
import Testing

@Suite("JSON numbers", .timeLimit(.minutes(1)))
struct JSONNumberTests {
    func number(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }

    @Test(arguments: [
        "0", "-0", "1.0", "1.10", "1e2", "1E+2", "1e-2", "-0.0", "0.1", "123456789012345678901234567890", "1e999999999",
        "-1e-999999999",
        "3.141592653589793238462643383279", "9223372036854775808", "-9223372036854775809",
    ])
    func `a number is printed as it was written`(text: String) throws {
        let value = try number(text)
        #expect(value.text() == text)
        #expect(value.byteCount == text.utf8.count)
        #expect(try JSONValue(parsing: value.serialized()) == value)
    }

    @Test(arguments: [
        ["1", "1.0", "1e0", "10e-1", "0.1e1", "1.000", "100E-2"],
        ["0", "-0", "0.0", "-0e5", "0e999999999", "0e-999999999"],
        ["100", "1e2", "1E+02", "100.0", "0.01e4"], ["-12.5", "-1.25e1", "-125e-1", "-12.50"],
        ["9223372036854775807", "9223372036854775807.0"], ["-9223372036854775808", "-9223372036854775808.00"],
        ["1e999999999", "10e999999998", "0.1e1000000000"],
        ["123456789012345678901234567890", "12345678901234567890123456789e1"],
    ])
    func `notations of one value are equal and hash equally`(texts: [String]) throws {
        let values = try texts.map(number)
        for value in values {
            #expect(value == values[0])
            #expect(value.hashValue == values[0].hashValue)
            #expect(JSONValue.compare(value, values[0]) == .same)
            #expect(value.serialized(.canonical) == values[0].serialized(.canonical))
        }
        #expect(Set(values).count == 1)
    }

    @Test func `numbers are ordered exactly`() throws {
        let texts = [
            "-1e999999999", "-9223372036854775809", "-9223372036854775808", "-9223372036854775807.9", "-2", "-1.5",
            "-1e-999999999", "0",
            "1e-999999999", "1e-400", "0.1", "0.10000000000000000000000000001", "1",
            "1.00000000000000000000000000000001", "2", "10",
            "9007199254740992", "9007199254740993", "9007199254740993.5", "9223372036854775807", "9223372036854775808",
            "1e400", "1e401",
        ]
        let values = try texts.map(number)
        for (i, left) in values.enumerated() {
            for (j, right) in values.enumerated() {
                #expect((left < right) == (i < j), "\(left) \(right)")
                #expect((left <= right) == (i <= j), "\(left) \(right)")
                #expect((left > right) == (i > j), "\(left) \(right)")
                #expect((left >= right) == (i >= j), "\(left) \(right)")
                #expect((left == right) == (i == j), "\(left) \(right)")
            }
        }
    }

    @Test(
        arguments: [
            ("1", 1, 1), ("1.0", 1, 1), ("1e2", 100, 100), ("1.5", nil, 1.5),
            ("9223372036854775808", nil, 9_223_372_036_854_775_808),
            ("-9223372036854775808.0", .min, -9_223_372_036_854_775_808), ("1e400", nil, nil), ("1e-400", nil, 0),
            ("-0", 0, 0),
            ("1e999999999999", nil, nil),
        ] as [(String, Int64?, Double?)])
    func `accessors give what fits`(text: String, integer: Int64?, double: Double?) throws {
        let value = try number(text)
        #expect(value.int64 == integer)
        #expect(value.double == double)
        #expect(value.decimal != nil)
        #expect(value.string == nil)
    }

    @Test(arguments: [
        ("1E+2", "100"), ("1.50", "1.5"), ("-0", "0"), ("0.000001", "0.000001"), ("0.0000001", "1e-7"),
        ("123456789012345678901", "123456789012345678901"),
        ("1234567890123456789012", "1.234567890123456789012e+21"), ("1e21", "1e+21"), ("1e20", "100000000000000000000"),
        ("-1.25e-9", "-1.25e-9"),
        ("1e999999999", "1e+999999999"), ("12.5", "12.5"), ("9223372036854775807", "9223372036854775807"),
    ])
    func `the canonical form has one notation per value`(text: String, canonical: String) throws {
        #expect(try number(text).text(.canonical) == canonical)
    }

    @Test func `numbers are made from Swift's types`() {
        #expect(JSONValue.double(1.5)?.text() == "1.5")
        #expect(JSONValue.double(3.0)?.text() == "3")
        #expect(JSONValue.double(1e300)?.text() == "1e+300")
        #expect(JSONValue.double(Double.leastNonzeroMagnitude)?.text() == "5e-324")
        #expect(JSONValue.double(Double.nan) == nil)
        #expect(JSONValue.double(-Double.infinity) == nil)
        #expect(JSONValue.integer(UInt64.max).text() == "18446744073709551615")
        #expect(JSONValue.integer(UInt8(7)) == 7)
        #expect(JSONValue.number("1.0")?.text() == "1.0")
        #expect(JSONValue.number("01") == nil)
        #expect(JSONValue.number("") == nil)
        #expect(JSONDecimal("1 ") == nil)
        #expect(JSONDecimal("1e1000000000000") == nil)
        #expect(JSONDecimal("18446744073709551615")?.uint64Value == .max)
        #expect((2.5 as JSONValue).text() == "2.5")
    }
}

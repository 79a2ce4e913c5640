// The types whose JSON form is decided here and not by their own `encode(to:)`.

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A type with a JSON form of its own.
protocol JSONDirectlyEncodable {
    func json(at encoding: JSONEncoding) throws -> JSONValue
}

/// A type that needs no encoder at all.
protocol JSONPlainEncodable: JSONDirectlyEncodable {
    /// The JSON form; `nil` for a number JSON does not have.
    var plainJSON: JSONValue? { get }
}

extension JSONPlainEncodable {
    func json(at encoding: JSONEncoding) throws -> JSONValue {
        guard let json = plainJSON else { throw encoding.invalid(self, "\(self) is no JSON number.") }
        return json
    }
}

extension JSONPlainEncodable where Self: FixedWidthInteger {
    var plainJSON: JSONValue? { .integer(self) }
}

extension Int: JSONPlainEncodable {}
extension Int8: JSONPlainEncodable {}
extension Int16: JSONPlainEncodable {}
extension Int32: JSONPlainEncodable {}
extension Int64: JSONPlainEncodable {}
extension Int128: JSONPlainEncodable {}
extension UInt: JSONPlainEncodable {}
extension UInt8: JSONPlainEncodable {}
extension UInt16: JSONPlainEncodable {}
extension UInt32: JSONPlainEncodable {}
extension UInt64: JSONPlainEncodable {}
extension UInt128: JSONPlainEncodable {}

extension Bool: JSONPlainEncodable {
    var plainJSON: JSONValue? { .bool(self) }
}

extension String: JSONPlainEncodable {
    var plainJSON: JSONValue? { .string(self) }
}

extension Double: JSONPlainEncodable {
    var plainJSON: JSONValue? { .double(self) }
}

extension Float: JSONPlainEncodable {
    var plainJSON: JSONValue? { .double(self) }
}

extension JSONValue: JSONPlainEncodable {
    var plainJSON: JSONValue? { self }
}

extension JSONObject: JSONPlainEncodable {
    var plainJSON: JSONValue? { .object(self) }
}

extension JSONDecimal: JSONPlainEncodable {
    var plainJSON: JSONValue? { .number(text) }
}

extension Duration: JSONPlainEncodable {
    var plainJSON: JSONValue? { .milliseconds(self) }
}

extension UUID: JSONPlainEncodable {
    var plainJSON: JSONValue? { .string(uuidString.lowercased()) }
}

extension URL: JSONPlainEncodable {
    var plainJSON: JSONValue? { .string(absoluteString) }
}

extension Data: JSONPlainEncodable {
    var plainJSON: JSONValue? { .string(base64EncodedString()) }
}

extension Decimal: JSONPlainEncodable {
    var plainJSON: JSONValue? { JSONValue.number(description) }
}

extension Date: JSONDirectlyEncodable {
    func json(at encoding: JSONEncoding) throws -> JSONValue {
        let scaled = (timeIntervalSinceReferenceDate * 1e6).rounded()
        guard scaled.magnitude < 1e18,
            let text = JSONTimestamp(microseconds: Int64(scaled) + Self.referenceMicroseconds).text
        else { throw encoding.invalid(self, "The date is outside the years 0000 to 9999.") }
        return .string(text)
    }

    /// 2001-01-01T00:00:00Z.
    static var referenceMicroseconds: Int64 { 978_307_200_000_000 }
}

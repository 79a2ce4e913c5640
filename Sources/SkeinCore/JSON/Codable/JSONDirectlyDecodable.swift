// The reverse of JSONDirectlyEncodable: types whose JSON form is decided here.

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A type that is read from a value without its own `init(from:)`.
protocol JSONDirectlyDecodable {
    static func make(from value: JSONValue, at decoding: JSONDecoding) throws -> Self
}

/// A type that needs no decoder: one value makes it or not.
protocol JSONPlainDecodable: JSONDirectlyDecodable {
    /// What the value must be.
    static var kind: JSONValue.Kind? { get }
    /// The result; `nil` when the value is of another kind or out of range.
    static func plain(_ value: JSONValue) -> Self?
}

extension JSONPlainDecodable {
    static func make(from value: JSONValue, at decoding: JSONDecoding) throws -> Self {
        guard let result = plain(value) else { throw decoding.mismatch(Self.self, kind, value) }
        return result
    }
}

extension JSONPlainDecodable where Self: FixedWidthInteger {
    static var kind: JSONValue.Kind? { .number }

    static func plain(_ value: JSONValue) -> Self? {
        switch value {
        case .int(let integer): Self(exactly: integer)
        case .decimal(let decimal):
            Self(decimal.text) ?? JSONNormalNumber(decimal).uint64.flatMap(Self.init(exactly:))
                ?? decimal.int64Value.flatMap(Self.init(exactly:))
        case .null, .bool, .string, .array, .object: nil
        }
    }
}

extension Int: JSONPlainDecodable {}
extension Int8: JSONPlainDecodable {}
extension Int16: JSONPlainDecodable {}
extension Int32: JSONPlainDecodable {}
extension Int64: JSONPlainDecodable {}
extension Int128: JSONPlainDecodable {}
extension UInt: JSONPlainDecodable {}
extension UInt8: JSONPlainDecodable {}
extension UInt16: JSONPlainDecodable {}
extension UInt32: JSONPlainDecodable {}
extension UInt64: JSONPlainDecodable {}
extension UInt128: JSONPlainDecodable {}

extension Bool: JSONPlainDecodable {
    static var kind: JSONValue.Kind? { .bool }
    static func plain(_ value: JSONValue) -> Bool? { value.bool }
}

extension String: JSONPlainDecodable {
    static var kind: JSONValue.Kind? { .string }
    static func plain(_ value: JSONValue) -> String? { value.string }
}

extension Double: JSONPlainDecodable {
    static var kind: JSONValue.Kind? { .number }
    static func plain(_ value: JSONValue) -> Double? { value.double }
}

extension Float: JSONPlainDecodable {
    static var kind: JSONValue.Kind? { .number }

    static func plain(_ value: JSONValue) -> Float? {
        guard let float = value.decimal.flatMap({ Float($0.text) }), float.isFinite else { return nil }
        return float
    }
}

extension JSONValue: JSONPlainDecodable {
    static var kind: JSONValue.Kind? { nil }
    static func plain(_ value: JSONValue) -> JSONValue? { value }
}

extension JSONObject: JSONPlainDecodable {
    static var kind: JSONValue.Kind? { .object }
    static func plain(_ value: JSONValue) -> JSONObject? { value.object }
}

extension JSONDecimal: JSONPlainDecodable {
    static var kind: JSONValue.Kind? { .number }
    static func plain(_ value: JSONValue) -> JSONDecimal? { value.decimal }
}

extension Duration: JSONPlainDecodable {
    static var kind: JSONValue.Kind? { .number }
    static func plain(_ value: JSONValue) -> Duration? { value.durationFromMilliseconds }
}

extension UUID: JSONPlainDecodable {
    static var kind: JSONValue.Kind? { .string }
    static func plain(_ value: JSONValue) -> UUID? { value.string.flatMap { UUID(uuidString: $0) } }
}

extension URL: JSONPlainDecodable {
    static var kind: JSONValue.Kind? { .string }
    static func plain(_ value: JSONValue) -> URL? { value.string.flatMap { URL(string: $0) } }
}

extension Data: JSONPlainDecodable {
    static var kind: JSONValue.Kind? { .string }
    static func plain(_ value: JSONValue) -> Data? { value.string.flatMap { Data(base64Encoded: $0) } }
}

extension Decimal: JSONPlainDecodable {
    static var kind: JSONValue.Kind? { .number }

    /// Only numbers that fit its 38 digits exactly.
    static func plain(_ value: JSONValue) -> Decimal? {
        guard let number = value.decimal, let decimal = Decimal(string: number.text),
            JSONDecimal(decimal.description) == number
        else { return nil }
        return decimal
    }
}

extension Date: JSONPlainDecodable {
    static var kind: JSONValue.Kind? { .string }

    static func plain(_ value: JSONValue) -> Date? {
        guard let timestamp = value.string.flatMap({ JSONTimestamp($0) }) else { return nil }
        return Date(timeIntervalSinceReferenceDate: Double(timestamp.microseconds - referenceMicroseconds) / 1e6)
    }
}

extension Optional: JSONDirectlyDecodable where Wrapped: Decodable {
    static func make(from value: JSONValue, at decoding: JSONDecoding) throws -> Wrapped? {
        value.isNull ? nil : try decoding.read(Wrapped.self, value)
    }
}

extension Array: JSONDirectlyDecodable where Element: Decodable {
    static func make(from value: JSONValue, at decoding: JSONDecoding) throws -> [Element] {
        guard case .array(let elements) = value else { throw decoding.mismatch(Self.self, .array, value) }
        var result: [Element] = []
        result.reserveCapacity(elements.count)
        let plain = Element.self as? any JSONPlainDecodable.Type
        for (index, element) in elements.enumerated() {
            if let plain, let made = plain.plain(element) as? Element {
                result.append(made)
                continue
            }
            result.append(try decoding.nested(JSONCodingKey(intValue: index), element).read(Element.self, element))
        }
        return result
    }
}

extension Dictionary: JSONDirectlyDecodable where Key: Decodable, Value: Decodable {
    static func make(from value: JSONValue, at decoding: JSONDecoding) throws -> [Key: Value] {
        guard JSONDictionaryKey.isObjectKey(Key.self) else { return try Self(from: decoding) }
        guard case .object(let object) = value else { throw decoding.mismatch(Self.self, .object, value) }
        var result: [Key: Value] = [:]
        result.reserveCapacity(object.count)
        for (name, member) in object {
            let nested = decoding.nested(JSONCodingKey(stringValue: name), member)
            guard let key = JSONDictionaryKey.key(Key.self, named: name) else {
                throw nested.corrupted("\"\(name)\" is no \(Key.self).")
            }
            result[key] = try nested.read(Value.self, member)
        }
        return result
    }
}

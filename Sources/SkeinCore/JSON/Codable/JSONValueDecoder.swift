// JSONValue to Decodable, with no text in between.

/// Decodes any `Decodable` type from a ``JSONValue``, in the forms ``JSONValueEncoder`` writes.
///
/// A `Date` may have any RFC 3339 offset and fraction; whole numbers may be written with a fraction of zero. A
/// `DecodingError` with a coding path is thrown for everything that does not fit, also for numbers out of range and for
/// a `Decimal` of more than 38 digits.
public struct JSONValueDecoder: Sendable {
    /// What decoded types may ask for.
    public var userInfo: [CodingUserInfoKey: any Sendable]

    /// Creates a decoder.
    public init(userInfo: [CodingUserInfoKey: any Sendable] = [:]) {
        self.userInfo = userInfo
    }

    /// Decodes a value of a type.
    public func decode<T: Decodable>(_ type: T.Type = T.self, from value: JSONValue) throws -> T {
        try JSONDecoding(value: value, codingPath: [], sendableInfo: userInfo).read(type, value)
    }
}

/// The decoder handed to one value, at one place.
struct JSONDecoding {
    let value: JSONValue
    var codingPath: [any CodingKey]
    let sendableInfo: [CodingUserInfoKey: any Sendable]

    /// Reads a value at this place, directly or through the type's own `init(from:)`.
    func read<T: Decodable>(_ type: T.Type, _ value: JSONValue) throws -> T {
        if let direct = type as? any JSONDirectlyDecodable.Type,
            let result = try direct.make(from: value, at: self) as? T
        {
            return result
        }
        guard codingPath.count <= JSONLimits.depthCeiling else { throw corrupted("The value is nested too deeply.") }
        return try T(from: self)
    }

    func nested(_ key: any CodingKey, _ value: JSONValue) -> JSONDecoding {
        JSONDecoding(value: value, codingPath: codingPath + [key], sendableInfo: sendableInfo)
    }

    func corrupted(_ message: String) -> DecodingError {
        .dataCorrupted(DecodingError.Context(codingPath: codingPath, debugDescription: message))
    }

    /// The error for a value that did not make the type.
    func mismatch(_ type: Any.Type, _ kind: JSONValue.Kind?, _ value: JSONValue) -> DecodingError {
        if value.kind == kind { return corrupted("The \(value.kind.rawValue) is no \(type).") }
        let context = DecodingError.Context(
            codingPath: codingPath,
            debugDescription: "\(kind?.rawValue ?? "\(type)") was expected, \(value.kind.rawValue) was found.")
        return value.isNull ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }
}

extension JSONDecoding: Decoder {
    var userInfo: [CodingUserInfoKey: Any] { sendableInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = value else { throw mismatch([String: JSONValue].self, .object, value) }
        return KeyedDecodingContainer(JSONKeyedDecoding<Key>(object: object, decoding: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw mismatch([JSONValue].self, .array, value) }
        return JSONUnkeyedDecoding(elements: elements, decoding: self)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }
}

extension JSONDecoding: SingleValueDecodingContainer {
    func decodeNil() -> Bool { value.isNull }

    func decode<T: Decodable & JSONPlainDecodable>(_ type: T.Type) throws -> T {
        try T.make(from: value, at: self)
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try read(type, value)
    }
}

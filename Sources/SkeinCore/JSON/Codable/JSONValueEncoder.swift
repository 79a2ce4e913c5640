// Encodable to JSONValue, with no text in between.

/// Encodes any `Encodable` value as a ``JSONValue``.
///
/// - `Date` becomes RFC 3339 in UTC with microseconds, `Duration` milliseconds, `Decimal` a number, `Data` base64,
///   `UUID` and `URL` strings (a `UUID` in lower case); integers keep all their bits.
/// - Dictionaries whose keys are `String`, `Int`, `CodingKeyRepresentable` or `RawRepresentable` by `String` or `Int`
///   become objects with sorted keys; `Set`s become arrays in a stable order. Other dictionaries become arrays of keys
///   and values, as in Swift.
/// - `EncodingError` with a coding path is thrown for infinite numbers and NaN, for dates outside the years 0000 to
///   9999, for values that encode nothing, and for nesting deeper than ``JSONLimits/depthCeiling``.
public struct JSONValueEncoder: Sendable {
    /// What encoded types may ask for.
    public var userInfo: [CodingUserInfoKey: any Sendable]

    /// Creates an encoder.
    public init(userInfo: [CodingUserInfoKey: any Sendable] = [:]) {
        self.userInfo = userInfo
    }

    /// Encodes a value.
    public func encode(_ value: some Encodable) throws -> JSONValue {
        try JSONEncoding(codingPath: [], session: JSONEncodingSession(userInfo: userInfo)).json(value)
    }
}

/// What all encoders of one call share.
final class JSONEncodingSession {
    let userInfo: [CodingUserInfoKey: any Sendable]
    /// A misuse by a function that cannot throw; reported as soon as the type's `encode(to:)` returns.
    var failure: EncodingError?

    init(userInfo: [CodingUserInfoKey: any Sendable]) {
        self.userInfo = userInfo
    }
}

/// The encoder handed to one value, at one place.
struct JSONEncoding {
    var codingPath: [any CodingKey]
    let session: JSONEncodingSession
    var node = JSONEncodingNode()

    /// Encodes a value at this place, directly or through its own `encode(to:)`.
    func json<T: Encodable>(_ value: T) throws -> JSONValue {
        // The type is asked first: a failed cast of the value would copy it.
        if T.self is any JSONDirectlyEncodable.Type, let direct = value as? any JSONDirectlyEncodable {
            return try direct.json(at: self)
        }
        guard codingPath.count <= JSONLimits.depthCeiling else {
            throw invalid(value, "The value is nested too deeply.")
        }
        try value.encode(to: self)
        if let failure = session.failure { throw failure }
        guard let result = node.finished else { throw invalid(value, "\(T.self) did not encode anything.") }
        return result
    }

    /// The encoder of a fresh place below this one.
    func nested(_ key: any CodingKey) -> JSONEncoding {
        JSONEncoding(codingPath: codingPath + [key], session: session)
    }

    func nested(_ key: any CodingKey, node: JSONEncodingNode) -> JSONEncoding {
        JSONEncoding(codingPath: codingPath + [key], session: session, node: node)
    }

    func invalid(_ value: Any, _ message: String) -> EncodingError {
        .invalidValue(value, EncodingError.Context(codingPath: codingPath, debugDescription: message))
    }

    func noteMisuse(_ message: String) {
        if session.failure == nil { session.failure = invalid(codingPath, message) }
    }
}

extension JSONEncoding: Encoder {
    var userInfo: [CodingUserInfoKey: Any] { session.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if !node.become(.object) { noteMisuse("A keyed container was asked for after another kind of value.") }
        return KeyedEncodingContainer(JSONKeyedEncoding<Key>(encoding: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if !node.become(.array) { noteMisuse("An unkeyed container was asked for after another kind of value.") }
        return JSONUnkeyedEncoding(encoding: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

extension JSONEncoding: SingleValueEncodingContainer {
    func encodeNil() throws {
        try set(.null)
    }

    func encode<T: Encodable & JSONPlainEncodable>(_ value: T) throws {
        guard let json = value.plainJSON else { throw invalid(value, "\(value) is no JSON number.") }
        try set(json)
    }

    func encode<T: Encodable>(_ value: T) throws {
        try set(try JSONEncoding(codingPath: codingPath, session: session).json(value))
    }

    private func set(_ value: JSONValue) throws {
        guard node.set(value) else { throw invalid(value, "A single value was encoded after another value.") }
    }
}

// Objects being decoded.

/// Reads members of one object.
struct JSONKeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let object: JSONObject
    let decoding: JSONDecoding

    var codingPath: [any CodingKey] { decoding.codingPath }
    var allKeys: [Key] { object.keys.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool {
        object.contains(key: key.stringValue)
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        try member(key).isNull
    }

    func decode<T: Decodable & JSONPlainDecodable>(_ type: T.Type, forKey key: Key) throws -> T {
        let value = try member(key)
        guard let result = T.plain(value) else { throw decoding.nested(key, value).mismatch(type, T.kind, value) }
        return result
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        let value = try member(key)
        return try decoding.nested(key, value).read(type, value)
    }

    func decodeIfPresent<T: Decodable & JSONPlainDecodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        guard let value = object[key.stringValue], !value.isNull else { return nil }
        guard let result = T.plain(value) else { throw decoding.nested(key, value).mismatch(type, T.kind, value) }
        return result
    }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        guard let value = object[key.stringValue], !value.isNull else { return nil }
        return try decoding.nested(key, value).read(type, value)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws
        -> KeyedDecodingContainer<Nested>
    {
        try decoding.nested(key, try member(key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoding.nested(key, try member(key)).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        let key = JSONCodingKey.super
        return decoding.nested(key, object[key.stringValue] ?? .null)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        decoding.nested(key, object[key.stringValue] ?? .null)
    }

    private func member(_ key: Key) throws -> JSONValue {
        guard let value = object[key.stringValue] else {
            let context = DecodingError.Context(
                codingPath: codingPath, debugDescription: "There is no member \"\(key.stringValue)\".")
            throw DecodingError.keyNotFound(key, context)
        }
        return value
    }
}

// Objects being encoded.

/// Writes members into the node of its encoder.
struct JSONKeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoding: JSONEncoding

    var codingPath: [any CodingKey] { encoding.codingPath }

    func encodeNil(forKey key: Key) throws {
        encoding.node.put(.null, for: key.stringValue)
    }

    func encode<T: Encodable & JSONPlainEncodable>(_ value: T, forKey key: Key) throws {
        guard let json = value.plainJSON else {
            throw encoding.nested(key).invalid(value, "\(value) is no JSON number.")
        }
        encoding.node.put(json, for: key.stringValue)
    }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        encoding.node.put(try encoding.nested(key).json(value), for: key.stringValue)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<
        Nested
    > {
        encoding.nested(key, node: encoding.node.child(for: key.stringValue)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        encoding.nested(key, node: encoding.node.child(for: key.stringValue)).unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
        superEncoder(at: JSONCodingKey.super)
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        superEncoder(at: key)
    }

    private func superEncoder(at key: any CodingKey) -> any Encoder {
        encoding.nested(key, node: encoding.node.child(for: key.stringValue))
    }
}

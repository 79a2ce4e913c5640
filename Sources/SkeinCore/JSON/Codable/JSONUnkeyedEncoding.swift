// Arrays being encoded.

/// Appends elements to the node of its encoder.
struct JSONUnkeyedEncoding: UnkeyedEncodingContainer {
    let encoding: JSONEncoding

    var codingPath: [any CodingKey] { encoding.codingPath }
    var count: Int { encoding.node.count }
    private var nextKey: JSONCodingKey { JSONCodingKey(intValue: count) }

    func encodeNil() throws {
        encoding.node.append(JSONValue.null)
    }

    func encode<T: Encodable & JSONPlainEncodable>(_ value: T) throws {
        guard let json = value.plainJSON else {
            throw encoding.nested(nextKey).invalid(value, "\(value) is no JSON number.")
        }
        encoding.node.append(json)
    }

    func encode<T: Encodable>(_ value: T) throws {
        encoding.node.append(try encoding.nested(nextKey).json(value))
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        appendNested().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        appendNested().unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
        appendNested()
    }

    private func appendNested() -> JSONEncoding {
        let nested = encoding.nested(nextKey)
        encoding.node.append(nested.node)
        return nested
    }
}

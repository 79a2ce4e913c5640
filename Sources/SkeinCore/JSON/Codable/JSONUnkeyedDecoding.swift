// Arrays being decoded.

/// Reads the elements of one array in turn; a failed read does not move on.
struct JSONUnkeyedDecoding: UnkeyedDecodingContainer {
    let elements: [JSONValue]
    let decoding: JSONDecoding
    private(set) var currentIndex = 0

    init(elements: [JSONValue], decoding: JSONDecoding) {
        self.elements = elements
        self.decoding = decoding
    }

    var codingPath: [any CodingKey] { decoding.codingPath }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    mutating func decodeNil() throws -> Bool {
        guard try next(Never?.self).value.isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable & JSONPlainDecodable>(_ type: T.Type) throws -> T {
        guard !isAtEnd, let result = T.plain(elements[currentIndex]) else {
            let next = try next(type)
            throw next.mismatch(type, T.kind, next.value)
        }
        currentIndex += 1
        return result
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let next = try next(type)
        let result = try next.read(type, next.value)
        currentIndex += 1
        return result
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested>
    {
        let container = try next([String: JSONValue].self).container(keyedBy: type)
        currentIndex += 1
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try next([JSONValue].self).unkeyedContainer()
        currentIndex += 1
        return container
    }

    mutating func superDecoder() throws -> any Decoder {
        let next = try next(JSONValue.self)
        currentIndex += 1
        return next
    }

    private func next(_ type: Any.Type) throws -> JSONDecoding {
        let key = JSONCodingKey(intValue: currentIndex)
        guard !isAtEnd else {
            let context = DecodingError.Context(
                codingPath: codingPath + [key], debugDescription: "The array has only \(elements.count) elements.")
            throw DecodingError.valueNotFound(type, context)
        }
        return decoding.nested(key, elements[currentIndex])
    }
}

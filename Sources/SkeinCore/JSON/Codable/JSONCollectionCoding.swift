// Arrays, optionals, sets and dictionaries: the order of hashed collections must not depend on the process.

extension Optional: JSONDirectlyEncodable where Wrapped: Encodable {
    func json(at encoding: JSONEncoding) throws -> JSONValue {
        guard let self else { return .null }
        return try encoding.json(self)
    }
}

extension Array: JSONDirectlyEncodable where Element: Encodable {
    func json(at encoding: JSONEncoding) throws -> JSONValue {
        guard encoding.codingPath.count <= JSONLimits.depthCeiling else {
            throw encoding.invalid(self, "The value is nested too deeply.")
        }
        var elements: [JSONValue] = []
        elements.reserveCapacity(count)
        let isPlain = Element.self is any JSONPlainEncodable.Type
        for (index, element) in enumerated() {
            if isPlain, let json = (element as? any JSONPlainEncodable)?.plainJSON {
                elements.append(json)
                continue
            }
            elements.append(try encoding.nested(JSONCodingKey(intValue: index)).json(element))
        }
        return .array(elements)
    }
}

extension Set: JSONDirectlyEncodable where Element: Encodable {
    func json(at encoding: JSONEncoding) throws -> JSONValue {
        guard case .array(let elements) = try Array(self).json(at: encoding) else { return .array([]) }
        let sorted = elements.map { (bytes: $0.serialized(.canonical), value: $0) }
            .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        return .array(sorted.map(\.value))
    }
}

extension Dictionary: JSONDirectlyEncodable where Key: Encodable, Value: Encodable {
    func json(at encoding: JSONEncoding) throws -> JSONValue {
        guard encoding.codingPath.count <= JSONLimits.depthCeiling else {
            throw encoding.invalid(self, "The value is nested too deeply.")
        }
        guard JSONDictionaryKey.isObjectKey(Key.self) else { return try pairs(at: encoding) }
        var members: [(String, JSONValue)] = []
        members.reserveCapacity(count)
        for (key, value) in self {
            let name = JSONDictionaryKey.name(of: key)
            members.append((name, try encoding.nested(JSONCodingKey(stringValue: name)).json(value)))
        }
        members.sort { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
        return .object(JSONObject(members))
    }

    private func pairs(at encoding: JSONEncoding) throws -> JSONValue {
        var pairs: [(order: [UInt8], key: JSONValue, value: JSONValue)] = []
        for (index, (key, value)) in enumerated() {
            let name = try encoding.nested(JSONCodingKey(intValue: 2 * index)).json(key)
            let json = try encoding.nested(JSONCodingKey(intValue: 2 * index + 1)).json(value)
            pairs.append((name.serialized(.canonical), name, json))
        }
        pairs.sort { $0.order.lexicographicallyPrecedes($1.order) }
        return .array(pairs.flatMap { [$0.key, $0.value] })
    }
}

/// Which dictionary keys are names of members, and how they are written.
enum JSONDictionaryKey {
    static func isObjectKey<Key>(_ type: Key.Type) -> Bool {
        if type == String.self || type == Int.self || type is any CodingKeyRepresentable.Type { return true }
        guard let raw = type as? any RawRepresentable.Type else { return false }
        return hasNameOrNumber(raw)
    }

    static func name<Key>(of key: Key) -> String {
        if let string = key as? String { return string }
        if let representable = key as? any CodingKeyRepresentable { return representable.codingKey.stringValue }
        if let raw = key as? any RawRepresentable { return "\(raw.rawValue)" }
        return "\(key)"
    }

    static func key<Key>(_ type: Key.Type, named name: String) -> Key? {
        if let key = name as? Key { return key }
        if type == Int.self { return Int(name) as? Key }
        if let representable = type as? any CodingKeyRepresentable.Type {
            return representable.init(codingKey: JSONCodingKey(stringValue: name)) as? Key
        }
        guard let raw = type as? any RawRepresentable.Type else { return nil }
        return make(raw, named: name) as? Key
    }

    private static func hasNameOrNumber<Raw: RawRepresentable>(_ type: Raw.Type) -> Bool {
        Raw.RawValue.self == String.self || Raw.RawValue.self == Int.self
    }

    private static func make<Raw: RawRepresentable>(_ type: Raw.Type, named name: String) -> Raw? {
        if let value = name as? Raw.RawValue { return Raw(rawValue: value) }
        if let value = Int(name) as? Raw.RawValue { return Raw(rawValue: value) }
        return nil
    }
}

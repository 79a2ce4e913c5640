/// Asks a type for its coding keys without having a value: a decoder that notes the keys of the first container and
/// gives nothing.
final class CodingKeyProbe: Decoder {
    private struct Stop: Error {}
    private var keys: (any CodingKey.Type)?

    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    /// Whether the type decodes a member of this name. False when it does not decode members, or cannot be asked.
    static func hasKey(_ name: String, in type: (some Decodable).Type) -> Bool {
        let probe = CodingKeyProbe()
        _ = try? type.init(from: probe)
        return probe.keys?.init(stringValue: name) != nil
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        if keys == nil { keys = type }
        throw Stop()
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw Stop() }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw Stop() }
}

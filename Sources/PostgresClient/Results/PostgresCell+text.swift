extension PostgresCell {
    /// The value in a form for people, whatever its type; long values are cut.
    var text: String {
        let value: String?
        switch column.oid {
        case .bool: value = (try? bool()).map { "\($0)" }
        case .int2, .int4, .int8, .oid, .xid8, .pgLSN: value = (try? int64()).map { "\($0)" }
        case .float4, .float8: value = (try? double()).map { "\($0)" }
        case .uuid: value = (try? uuid()).map { "\($0)" }
        case .timestamp, .timestamptz: value = (try? timestamp()).map { "\($0) us" }
        case .text, .varchar, .bpchar, .name, .json, .jsonb: value = try? string()
        default: value = nil
        }
        guard let value else { return hex }
        return value.count <= 64 ? value : "\(value.prefix(64))…"
    }

    private var hex: String {
        var hex = "\\x"
        for byte in storage.bytes[offset..<(offset + min(length, 32))] {
            hex += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return length > 32 ? hex + "…" : hex
    }
}

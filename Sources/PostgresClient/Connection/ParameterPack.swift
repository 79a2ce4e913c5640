/// The parameters of one query in the form libpq takes; its memory is used again for the next query.
struct ParameterPack {
    private var bytes: [UInt8] = []
    private var offsets: [Int] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    private(set) var types: [UInt32] = []
    private var values: [UnsafePointer<CChar>?] = []

    /// Encodes the parameters, forgetting the previous ones.
    mutating func load(_ parameters: [PostgresParameter]) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(0)
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        types.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
        for parameter in parameters {
            types.append(parameter.oid.rawValue)
            formats.append(parameter.isBinary ? 1 : 0)
            let start = bytes.count
            let isPresent = append(parameter)
            offsets.append(isPresent ? start : -1)
            lengths.append(Int32(clamping: bytes.count - start))
        }
    }

    /// Lends the pointers for one call: count, values, lengths, formats. They are not valid afterwards.
    mutating func withPointers<R>(
        _ body: (Int32, [UnsafePointer<CChar>?], [Int32], [Int32]) -> R
    ) -> R {
        values.removeAll(keepingCapacity: true)
        return bytes.withUnsafeBytes { buffer in
            for offset in offsets {
                values.append(
                    offset < 0 ? nil : buffer.baseAddress?.advanced(by: offset).assumingMemoryBound(to: CChar.self))
            }
            return body(Int32(offsets.count), values, lengths, formats)
        }
    }

    /// Appends the binary form; false for NULL.
    private mutating func append(_ parameter: PostgresParameter) -> Bool {
        switch parameter {
        case .null: return false
        case .bool(let value): return append(value.map { UInt8($0 ? 1 : 0) })
        case .int2(let value): return append(value)
        case .int4(let value): return append(value)
        case .int8(let value): return append(value)
        case .double(let value): return append(value?.bitPattern)
        case .timestamptz(let value): return append(value.map(PostgresTimestamp.encode))
        case .uuid(let value): return append(value?.high) && append(value?.low)
        case .text(let value):
            guard let value else { return false }
            bytes.append(contentsOf: value.utf8)
        case .bytea(let value):
            guard let value else { return false }
            bytes.append(contentsOf: value)
        case .jsonb(let value):
            guard let value else { return false }
            bytes.append(1)
            bytes.append(contentsOf: value)
        case .array(let array):
            bytes.append(contentsOf: array.payload)
        case .untyped(let value):
            guard let value else { return false }
            // Text ends with a NUL for libpq.
            bytes.append(contentsOf: value.utf8)
            bytes.append(0)
        }
        return true
    }

    private mutating func append<T: FixedWidthInteger>(_ value: T?) -> Bool {
        guard let value else { return false }
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
        return true
    }
}

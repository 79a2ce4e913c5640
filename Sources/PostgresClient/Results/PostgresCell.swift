/// One value that is not NULL, with its type; the place where binary values are read.
struct PostgresCell {
    let storage: PostgresResultStorage
    let offset: Int
    let length: Int
    let column: PostgresColumn

    func integer<T: FixedWidthInteger>(_ type: T.Type, at position: Int = 0) throws(PostgresError) -> T {
        guard position >= 0, length - position >= MemoryLayout<T>.size else { throw mismatch("\(T.self)") }
        let start = offset + position
        return storage.bytes.withUnsafeBytes { T(bigEndian: $0.loadUnaligned(fromByteOffset: start, as: T.self)) }
    }

    func raw() -> [UInt8] {
        Array(storage.bytes[offset..<(offset + length)])
    }

    /// Like `raw`, without the version byte of `jsonb`.
    func bytes() throws(PostgresError) -> [UInt8] {
        guard column.oid == .jsonb else { return raw() }
        guard length > 0, storage.bytes[offset] == 1 else { throw .decoding("jsonb of an unknown version") }
        return Array(storage.bytes[(offset + 1)..<(offset + length)])
    }

    func string() throws(PostgresError) -> String {
        switch column.oid {
        case .text, .varchar, .bpchar, .name, .char, .json, .unknown, .jsonb: break
        default: guard column.oid.isUserDefined else { throw mismatch("String") }
        }
        let start = column.oid == .jsonb ? offset + 1 : offset
        guard start <= offset + length,
            let text = String(validating: storage.bytes[start..<(offset + length)], as: UTF8.self)
        else { throw .decoding("column \(column.name) is not valid UTF-8") }
        return text
    }

    func int64() throws(PostgresError) -> Int64 {
        switch column.oid {
        case .int8, .xid8, .pgLSN: try integer(Int64.self)
        case .int4: Int64(try integer(Int32.self))
        case .int2: Int64(try integer(Int16.self))
        case .oid: Int64(try integer(UInt32.self))
        default: throw mismatch("Int64")
        }
    }

    func narrow<T: FixedWidthInteger>(_ type: T.Type, from oids: PostgresOID...) throws(PostgresError) -> T {
        guard oids.contains(column.oid), let value = T(exactly: try int64()) else { throw mismatch("\(T.self)") }
        return value
    }

    func double() throws(PostgresError) -> Double {
        switch column.oid {
        case .float8: Double(bitPattern: try integer(UInt64.self))
        case .float4: Double(Float(bitPattern: try integer(UInt32.self)))
        default: throw mismatch("Double")
        }
    }

    func bool() throws(PostgresError) -> Bool {
        guard column.oid == .bool else { throw mismatch("Bool") }
        return try integer(UInt8.self) != 0
    }

    func uuid() throws(PostgresError) -> PostgresUUID {
        guard column.oid == .uuid, length == 16 else { throw mismatch("UUID") }
        return PostgresUUID(high: try integer(UInt64.self), low: try integer(UInt64.self, at: 8))
    }

    func timestamp() throws(PostgresError) -> Int64 {
        guard column.oid == .timestamptz || column.oid == .timestamp else { throw mismatch("timestamp") }
        guard let value = PostgresTimestamp.decode(try integer(Int64.self)) else {
            throw .decoding("column \(column.name) holds an instant beyond the range of microseconds since 1970")
        }
        return value
    }

    func mismatch(_ wanted: String) -> PostgresError {
        .decoding(
            "column \(column.name) of type \(column.oid.rawValue) and \(length) bytes can not be read as \(wanted)")
    }
}

// Arrays whose elements all have one size.

extension PostgresArray {
    @inline(__always)
    private static func fixed<Value>(
        _ values: some Collection<Value>, _ element: PostgresOID, width: Int,
        write: (inout PostgresArrayWriter, Value) -> Void
    ) -> PostgresArray {
        contiguously(values) { values in
            PostgresArray(element, count: values.count, capacity: values.count * (width + 4)) { writer in
                for value in values { write(&writer, value) }
            }
        }
    }

    /// Lends the elements as one buffer, so that the loop over them is compiled for their type and not for any
    /// collection.
    @inline(__always)
    static func contiguously<Value>(
        _ values: some Collection<Value>, _ body: (UnsafeBufferPointer<Value>) -> PostgresArray
    ) -> PostgresArray {
        values.withContiguousStorageIfAvailable(body) ?? Array(values).withUnsafeBufferPointer(body)
    }

    /// `uuid[]`.
    package static func uuids(_ values: some Collection<PostgresUUID>) -> PostgresArray {
        fixed(values, .uuid, width: 16) { writer, value in writer.uuid(value) }
    }

    /// `uuid[]` with NULL for nil.
    package static func uuids(optional values: some Collection<PostgresUUID?>) -> PostgresArray {
        fixed(values, .uuid, width: 16) { writer, value in
            if let value { writer.uuid(value) } else { writer.null() }
        }
    }

    /// `smallint[]`.
    package static func int2s(_ values: some Collection<Int16>) -> PostgresArray {
        fixed(values, .int2, width: 2) { writer, value in writer.integer(value) }
    }

    /// `smallint[]` with NULL for nil.
    package static func int2s(optional values: some Collection<Int16?>) -> PostgresArray {
        fixed(values, .int2, width: 2) { writer, value in
            if let value { writer.integer(value) } else { writer.null() }
        }
    }

    /// `integer[]`.
    package static func int4s(_ values: some Collection<Int32>) -> PostgresArray {
        fixed(values, .int4, width: 4) { writer, value in writer.integer(value) }
    }

    /// `integer[]` with NULL for nil.
    package static func int4s(optional values: some Collection<Int32?>) -> PostgresArray {
        fixed(values, .int4, width: 4) { writer, value in
            if let value { writer.integer(value) } else { writer.null() }
        }
    }

    /// `bigint[]`.
    package static func int8s(_ values: some Collection<Int64>) -> PostgresArray {
        fixed(values, .int8, width: 8) { writer, value in writer.integer(value) }
    }

    /// `bigint[]` with NULL for nil.
    package static func int8s(optional values: some Collection<Int64?>) -> PostgresArray {
        fixed(values, .int8, width: 8) { writer, value in
            if let value { writer.integer(value) } else { writer.null() }
        }
    }

    /// `boolean[]`.
    package static func bools(_ values: some Collection<Bool>) -> PostgresArray {
        fixed(values, .bool, width: 1) { writer, value in writer.integer(UInt8(value ? 1 : 0)) }
    }

    /// `boolean[]` with NULL for nil.
    package static func bools(optional values: some Collection<Bool?>) -> PostgresArray {
        fixed(values, .bool, width: 1) { writer, value in
            if let value { writer.integer(UInt8(value ? 1 : 0)) } else { writer.null() }
        }
    }

    /// `double precision[]`.
    package static func doubles(_ values: some Collection<Double>) -> PostgresArray {
        fixed(values, .float8, width: 8) { writer, value in writer.integer(value.bitPattern) }
    }

    /// `double precision[]` with NULL for nil.
    package static func doubles(optional values: some Collection<Double?>) -> PostgresArray {
        fixed(values, .float8, width: 8) { writer, value in
            if let value { writer.integer(value.bitPattern) } else { writer.null() }
        }
    }

    /// `timestamptz[]`, in microseconds since 1970 with the ends of `Int64` as the infinities.
    package static func timestamps(_ values: some Collection<Int64>) -> PostgresArray {
        fixed(values, .timestamptz, width: 8) { writer, value in writer.integer(PostgresTimestamp.encode(value)) }
    }

    /// `timestamptz[]` with NULL for nil, in microseconds since 1970 with the ends of `Int64` as the infinities.
    package static func timestamps(optional values: some Collection<Int64?>) -> PostgresArray {
        fixed(values, .timestamptz, width: 8) { writer, value in
            if let value { writer.integer(PostgresTimestamp.encode(value)) } else { writer.null() }
        }
    }
}

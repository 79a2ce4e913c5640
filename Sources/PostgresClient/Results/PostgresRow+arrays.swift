// One-dimensional arrays: a NULL array or a NULL element throws; `optionalXs` gives nil for NULL elements.

extension PostgresRow {
    /// `uuid[]` without NULL elements.
    package func uuids(_ column: Int) throws(PostgresError) -> [PostgresUUID] {
        try present(column).array(of: .uuid) { cell throws(PostgresError) in try cell.uuid() }
    }

    /// `uuid[]` with nil for NULL elements.
    package func optionalUuids(_ column: Int) throws(PostgresError) -> [PostgresUUID?] {
        try present(column).optionalArray(of: .uuid) { cell throws(PostgresError) in try cell.uuid() }
    }

    /// `text[]` without NULL elements.
    package func strings(_ column: Int) throws(PostgresError) -> [String] {
        try present(column).array(of: .text) { cell throws(PostgresError) in try cell.string() }
    }

    /// `text[]` with nil for NULL elements.
    package func optionalStrings(_ column: Int) throws(PostgresError) -> [String?] {
        try present(column).optionalArray(of: .text) { cell throws(PostgresError) in try cell.string() }
    }

    /// `bigint[]` without NULL elements.
    package func int64s(_ column: Int) throws(PostgresError) -> [Int64] {
        try present(column).array(of: .int8) { cell throws(PostgresError) in try cell.int64() }
    }

    /// `bigint[]` with nil for NULL elements.
    package func optionalInt64s(_ column: Int) throws(PostgresError) -> [Int64?] {
        try present(column).optionalArray(of: .int8) { cell throws(PostgresError) in try cell.int64() }
    }

    /// `integer[]` without NULL elements.
    package func int32s(_ column: Int) throws(PostgresError) -> [Int32] {
        try present(column).array(of: .int4) { cell throws(PostgresError) in try cell.integer(Int32.self) }
    }

    /// `integer[]` with nil for NULL elements.
    package func optionalInt32s(_ column: Int) throws(PostgresError) -> [Int32?] {
        try present(column).optionalArray(of: .int4) { cell throws(PostgresError) in try cell.integer(Int32.self) }
    }

    /// `smallint[]` without NULL elements.
    package func int16s(_ column: Int) throws(PostgresError) -> [Int16] {
        try present(column).array(of: .int2) { cell throws(PostgresError) in try cell.integer(Int16.self) }
    }

    /// `smallint[]` with nil for NULL elements.
    package func optionalInt16s(_ column: Int) throws(PostgresError) -> [Int16?] {
        try present(column).optionalArray(of: .int2) { cell throws(PostgresError) in try cell.integer(Int16.self) }
    }

    /// `boolean[]` without NULL elements.
    package func bools(_ column: Int) throws(PostgresError) -> [Bool] {
        try present(column).array(of: .bool) { cell throws(PostgresError) in try cell.bool() }
    }

    /// `boolean[]` with nil for NULL elements.
    package func optionalBools(_ column: Int) throws(PostgresError) -> [Bool?] {
        try present(column).optionalArray(of: .bool) { cell throws(PostgresError) in try cell.bool() }
    }

    /// `bytea[]` without NULL elements.
    package func byteas(_ column: Int) throws(PostgresError) -> [[UInt8]] {
        try present(column).array(of: .bytea) { cell throws(PostgresError) in try cell.bytes() }
    }

    /// `bytea[]` with nil for NULL elements.
    package func optionalByteas(_ column: Int) throws(PostgresError) -> [[UInt8]?] {
        try present(column).optionalArray(of: .bytea) { cell throws(PostgresError) in try cell.bytes() }
    }

    /// `jsonb[]` without NULL elements.
    package func jsonbs(_ column: Int) throws(PostgresError) -> [[UInt8]] {
        try present(column).array(of: .jsonb) { cell throws(PostgresError) in try cell.bytes() }
    }

    /// `jsonb[]` with nil for NULL elements.
    package func optionalJsonbs(_ column: Int) throws(PostgresError) -> [[UInt8]?] {
        try present(column).optionalArray(of: .jsonb) { cell throws(PostgresError) in try cell.bytes() }
    }

    /// `double precision[]` without NULL elements.
    package func doubles(_ column: Int) throws(PostgresError) -> [Double] {
        try present(column).array(of: .float8) { cell throws(PostgresError) in try cell.double() }
    }

    /// `double precision[]` with nil for NULL elements.
    package func optionalDoubles(_ column: Int) throws(PostgresError) -> [Double?] {
        try present(column).optionalArray(of: .float8) { cell throws(PostgresError) in try cell.double() }
    }

    /// `timestamptz[]` without NULL elements.
    package func timestamps(_ column: Int) throws(PostgresError) -> [Int64] {
        try present(column).array(of: .timestamptz) { cell throws(PostgresError) in try cell.timestamp() }
    }

    /// `timestamptz[]` with nil for NULL elements.
    package func optionalTimestamps(_ column: Int) throws(PostgresError) -> [Int64?] {
        try present(column).optionalArray(of: .timestamptz) { cell throws(PostgresError) in try cell.timestamp() }
    }
}

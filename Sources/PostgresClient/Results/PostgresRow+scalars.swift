// Scalars: `x` throws for NULL, `xIfPresent` returns nil for it.

extension PostgresRow {
    /// `boolean`.
    package func bool(_ column: Int) throws(PostgresError) -> Bool {
        try present(column).bool()
    }

    /// `boolean`. nil for NULL.
    package func boolIfPresent(_ column: Int) throws(PostgresError) -> Bool? {
        try cell(column)?.bool()
    }

    /// `smallint`.
    package func int16(_ column: Int) throws(PostgresError) -> Int16 {
        try present(column).narrow(Int16.self, from: .int2)
    }

    /// `smallint`. nil for NULL.
    package func int16IfPresent(_ column: Int) throws(PostgresError) -> Int16? {
        try cell(column)?.narrow(Int16.self, from: .int2)
    }

    /// `integer` or smaller.
    package func int32(_ column: Int) throws(PostgresError) -> Int32 {
        try present(column).narrow(Int32.self, from: .int4, .int2)
    }

    /// `integer` or smaller. nil for NULL.
    package func int32IfPresent(_ column: Int) throws(PostgresError) -> Int32? {
        try cell(column)?.narrow(Int32.self, from: .int4, .int2)
    }

    /// `bigint` or smaller, `oid`, `xid8`, `pg_lsn`.
    package func int64(_ column: Int) throws(PostgresError) -> Int64 {
        try present(column).int64()
    }

    /// `bigint` or smaller, `oid`, `xid8`, `pg_lsn`. nil for NULL.
    package func int64IfPresent(_ column: Int) throws(PostgresError) -> Int64? {
        try cell(column)?.int64()
    }

    /// `double precision` or `real`.
    package func double(_ column: Int) throws(PostgresError) -> Double {
        try present(column).double()
    }

    /// `double precision` or `real`. nil for NULL.
    package func doubleIfPresent(_ column: Int) throws(PostgresError) -> Double? {
        try cell(column)?.double()
    }

    /// Any kind of text, an enum, or `json`/`jsonb` as its text.
    package func string(_ column: Int) throws(PostgresError) -> String {
        try present(column).string()
    }

    /// Any kind of text, an enum, or `json`/`jsonb` as its text. nil for NULL.
    package func stringIfPresent(_ column: Int) throws(PostgresError) -> String? {
        try cell(column)?.string()
    }

    /// The bytes of any type as the server sends them; `jsonb` as JSON text without its version byte.
    package func bytes(_ column: Int) throws(PostgresError) -> [UInt8] {
        try present(column).bytes()
    }

    /// The bytes of any type as the server sends them; `jsonb` as JSON text without its version byte. nil for NULL.
    package func bytesIfPresent(_ column: Int) throws(PostgresError) -> [UInt8]? {
        try cell(column)?.bytes()
    }

    /// `uuid`.
    package func uuid(_ column: Int) throws(PostgresError) -> PostgresUUID {
        try present(column).uuid()
    }

    /// `uuid`. nil for NULL.
    package func uuidIfPresent(_ column: Int) throws(PostgresError) -> PostgresUUID? {
        try cell(column)?.uuid()
    }

    /// `timestamptz` or `timestamp` in microseconds since 1970; the ends of `Int64` are the infinities.
    package func timestamp(_ column: Int) throws(PostgresError) -> Int64 {
        try present(column).timestamp()
    }

    /// `timestamptz` or `timestamp` in microseconds since 1970; the ends of `Int64` are the infinities. nil for NULL.
    package func timestampIfPresent(_ column: Int) throws(PostgresError) -> Int64? {
        try cell(column)?.timestamp()
    }
}

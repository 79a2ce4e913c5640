/// One column of a result.
package struct PostgresColumn: Hashable, Sendable {
    /// The name as the statement gives it.
    package let name: String
    /// The type.
    package let oid: PostgresOID
}

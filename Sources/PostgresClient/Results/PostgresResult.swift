/// The answer to one statement, copied out of libpq into one buffer; safe to keep and to share.
package struct PostgresResult: Sendable {
    let storage: PostgresResultStorage
    /// The number of rows a command touched (INSERT, UPDATE, DELETE, SELECT, …); 0 where the server does not say.
    package let affected: Int
    /// What the server says it did, such as `INSERT 0 5`, `COMMIT` or `ROLLBACK`.
    package let commandTag: String
    /// WARNINGs that came with the command, on its last result: one during commit means degraded durability.
    package internal(set) var warnings: [String] = []

    /// The number of rows returned.
    package var rowCount: Int { storage.rowCount }
    /// The columns in order; empty when the statement returns no rows.
    package var columns: [PostgresColumn] { storage.columns }
    /// The rows in order.
    package var rows: PostgresRows { PostgresRows(storage: storage) }
    /// The first row, if there is one.
    package var first: PostgresRow? { rows.first }

    /// The position of a column.
    /// - Throws: `decoding` when there is none of this name.
    package func index(of column: String) throws(PostgresError) -> Int {
        try storage.index(of: column)
    }
}

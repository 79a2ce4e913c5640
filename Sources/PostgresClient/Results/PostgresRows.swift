/// The rows of a result.
package struct PostgresRows: RandomAccessCollection, Sendable {
    let storage: PostgresResultStorage

    /// 0.
    package var startIndex: Int { 0 }
    /// The number of rows.
    package var endIndex: Int { storage.rowCount }
    /// The row at a position, which must exist.
    package subscript(position: Int) -> PostgresRow {
        precondition(position >= 0 && position < storage.rowCount, "row \(position) of \(storage.rowCount)")
        return PostgresRow(storage: storage, index: position)
    }
}

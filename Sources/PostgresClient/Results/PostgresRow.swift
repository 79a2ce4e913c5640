/// One row of a result. Every reader checks the type of the column and throws `decoding` when it does not fit.
package struct PostgresRow: Sendable {
    let storage: PostgresResultStorage
    let index: Int

    /// The cell, or nil for NULL.
    func cell(_ column: Int) throws(PostgresError) -> PostgresCell? {
        let cell = try storage.cell(row: index, column: column)
        guard cell.length >= 0 else { return nil }
        return PostgresCell(
            storage: storage, offset: cell.offset, length: cell.length, column: storage.columns[column])
    }

    /// The cell; NULL is an error.
    func present(_ column: Int) throws(PostgresError) -> PostgresCell {
        guard let cell = try cell(column) else {
            throw .decoding("column \(storage.columns[column].name) is NULL")
        }
        return cell
    }

    /// The position of a column, to be handed to the readers.
    package subscript(name: String) -> Int {
        get throws(PostgresError) { try storage.index(of: name) }
    }

    /// True when the value is NULL.
    package func isNull(_ column: Int) throws(PostgresError) -> Bool {
        try cell(column) == nil
    }

    /// A value of a row that came as text, as the server wrote it; nil for NULL.
    package func raw(_ column: Int) throws(PostgresError) -> String? {
        guard let cell = try cell(column) else { return nil }
        return String(decoding: cell.raw(), as: UTF8.self)
    }

    /// Any value as text for people: logs and errors, not for parsing. NULL is `NULL`.
    package func text(_ column: Int) throws(PostgresError) -> String {
        try cell(column)?.text ?? "NULL"
    }
}

/// The cells of a result: one buffer of bytes, and where each cell lies in it.
final class PostgresResultStorage: Sendable {
    struct Cell {
        let offset: Int
        /// -1 for NULL.
        let length: Int
    }

    let columns: [PostgresColumn]
    let rowCount: Int
    let bytes: [UInt8]
    let cells: [Cell]

    init(columns: [PostgresColumn], rowCount: Int, bytes: [UInt8], cells: [Cell]) {
        self.columns = columns
        self.rowCount = rowCount
        self.bytes = bytes
        self.cells = cells
    }

    func index(of name: String) throws(PostgresError) -> Int {
        guard let index = columns.firstIndex(where: { $0.name == name }) else {
            throw .decoding("no column \(name) among \(columns.map(\.name).joined(separator: ", "))")
        }
        return index
    }

    func cell(row: Int, column: Int) throws(PostgresError) -> Cell {
        guard column >= 0, column < columns.count else {
            throw .decoding("no column \(column) in a row of \(columns.count)")
        }
        return cells[row * columns.count + column]
    }
}

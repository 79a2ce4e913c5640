/// Which statements exist on one server session, as far as its answers tell.
struct PreparedStatements {
    private struct Entry {
        var sql: String
        var types: [UInt32]
        var isConfirmed = false
        var columns: [PostgresColumn]?
    }

    /// What must be sent before a statement can be executed.
    enum Need {
        case nothing
        case prepare
        case replace
    }

    private var entries: [String: Entry] = [:]
    private var unconfirmed: Set<String> = []
    /// Names taken on the server by something that may not be ours.
    private var foreign: Set<String> = []

    /// What a use needs. A name with other text or other types is replaced.
    func need(_ statement: PostgresStatement, types: [UInt32]) -> Need {
        guard let entry = entries[statement.name] else {
            return foreign.contains(statement.name) ? .replace : .prepare
        }
        return entry.sql == statement.sql && entry.types == types ? .nothing : .replace
    }

    /// True while the server has not answered a preparation of one of these that another command brought along.
    func isAwaited(_ queries: [PostgresQuery]) -> Bool {
        !unconfirmed.isEmpty && queries.contains { unconfirmed.contains($0.statement.name) }
    }

    mutating func sent(_ statement: PostgresStatement, types: [UInt32]) {
        entries[statement.name] = Entry(sql: statement.sql, types: types)
        foreign.remove(statement.name)
        unconfirmed.insert(statement.name)
    }

    mutating func confirm(_ name: String) {
        entries[name]?.isConfirmed = true
        unconfirmed.remove(name)
    }

    /// The statement does not exist: it is prepared at its next use.
    mutating func forget(_ name: String) {
        entries[name] = nil
        foreign.remove(name)
        unconfirmed.remove(name)
    }

    /// The name exists but not as needed: it is deallocated and prepared at its next use.
    mutating func distrust(_ name: String) {
        forget(name)
        foreign.insert(name)
    }

    /// The columns of a statement, remembered so that their names are not copied for every result.
    func columns(of name: String, count: Int) -> [PostgresColumn]? {
        guard let columns = entries[name]?.columns, columns.count == count else { return nil }
        return columns
    }

    mutating func remember(_ columns: [PostgresColumn], of name: String) {
        entries[name]?.columns = columns
    }
}

/// A command whose bytes have been handed to libpq, with what has come back so far.
struct InFlightCommand {
    /// One message whose answer is awaited, in order.
    enum Item {
        case prepare(PostgresStatement)
        case deallocate(String)
        case execute(PostgresStatement)
        /// The text of a script.
        case script
        /// The rollback of a transaction that a failed script left open.
        case scriptRollback
    }

    var command: PostgresCommand
    var items: [Item] = []
    /// The item whose answer comes next.
    var position = 0
    /// True when the answer of that item has been seen, so that the next NULL of libpq ends it.
    var isAnswered = false
    var results: [PostgresResult] = []
    var failure: PostgresError?
    /// True when the failure is a prepared statement that is missing, stale or foreign: worth one repetition.
    var failedOnPreparation = false
    /// True when Sync, or the text of a script, may have been sent.
    var mayCommit = false

    init(_ command: PostgresCommand) {
        self.command = command
    }

    var item: Item? { position < items.count ? items[position] : nil }

    var statementName: String? {
        switch item {
        case .prepare(let statement), .execute(let statement): statement.name
        case .deallocate(let name): name
        case .script, .scriptRollback, nil: nil
        }
    }
}

public import SkeinCore

/// An open transaction of the store's database, for the SQL of a step's code.
public protocol SQLTransaction: Sendable {
    /// Runs one statement. `$1`, `$2`, … stand for the parameters: numbers, texts and booleans as the database takes them
    /// where they stand, lists and objects as JSON, null as NULL.
    ///
    /// - Returns: the rows by column: numbers, booleans and JSON as such, everything else as the database writes it.
    /// - Throws: `StepFailure` with SQL_ERROR and `{sqlState, constraint?}`; every later statement then fails, too.
    @discardableResult
    func query(_ sql: String, _ parameters: [JSONValue]) async throws -> [JSONObject]
}

extension SQLTransaction {
    @discardableResult
    public func query(_ sql: String, _ parameters: JSONValue...) async throws -> [JSONObject] {
        try await query(sql, parameters)
    }
}

/// A store in whose database the code of steps may write, in one transaction with the row that says so.
public protocol TransactionalStore: ExecutionStore {
    /// Runs `work` in a transaction and appends the row that it makes in the same one: both are durable, or neither.
    /// `work` runs again when the database asks for that (serialization, deadlock).
    ///
    /// - Throws: what `work` throws; `StoreError`, `CancellationError` when the outcome will stay unknown.
    func commit(_ work: @Sendable (any SQLTransaction) async throws -> Append) async throws -> AppendOutcome
}

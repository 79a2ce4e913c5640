/// What went wrong in the client, on the way, or on the server. Never holds a password.
package struct PostgresError: Error, Sendable {
    /// The kind of failure.
    package enum Code: String, Sendable {
        /// The server refused a statement; `sqlState` says why.
        case server
        /// No connection could be made.
        case connectFailed
        /// No connection could be made in time.
        case connectTimeout
        /// The connection died, or was given up because another command on it ran out of time.
        case connectionLost
        /// The command passed its deadline.
        case commandTimeout
        /// No connection of the pool became free in time.
        case poolTimeout
        /// A parameter or statement can not be sent.
        case encoding
        /// A result is not of the type it was read as.
        case decoding
        /// The connection, channel or pool is closed.
        case closed
        /// The waiting task was cancelled after the command had been sent.
        case cancelled
        /// COMMIT was answered by a rollback: a statement of the transaction had failed before.
        case rolledBack
        /// The client was used in a way it does not support.
        case misuse
    }

    /// The kind of failure.
    package var code: Code
    /// The five characters of the server, such as `23505`.
    package var sqlState: String?
    /// The primary message.
    package var message: String
    /// DETAIL of the server.
    package var detail: String?
    /// HINT of the server.
    package var hint: String?
    /// The violated constraint.
    package var constraint: String?
    /// The table concerned.
    package var table: String?
    /// The schema concerned.
    package var schema: String?
    /// The name of the statement that failed.
    package var statement: String?
    /// True when the command may or may not have taken effect: it was sent, perhaps with its commit, and no reply came.
    package var outcomeUnknown: Bool

    /// Makes an error.
    package init(
        code: Code, sqlState: String? = nil, message: String, detail: String? = nil, statement: String? = nil,
        outcomeUnknown: Bool = false
    ) {
        self.code = code
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.statement = statement
        self.outcomeUnknown = outcomeUnknown
    }
}

extension PostgresError: CustomStringConvertible {
    /// Everything known about the failure in one line.
    package var description: String {
        var text = "\(code.rawValue)"
        if let sqlState { text += " \(sqlState)" }
        text += ": \(message)"
        let facts = [
            ("detail", detail), ("hint", hint), ("constraint", constraint), ("table", table), ("schema", schema),
            ("statement", statement),
        ]
        for case (let label, let value?) in facts { text += ", \(label): \(value)" }
        if outcomeUnknown { text += ", outcome unknown" }
        return text
    }
}

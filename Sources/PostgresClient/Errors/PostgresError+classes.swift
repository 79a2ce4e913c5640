// The classes of failures that callers tell apart.

extension PostgresError {
    /// 23505.
    package var isUniqueViolation: Bool { sqlState == "23505" }
    /// 23503.
    package var isForeignKeyViolation: Bool { sqlState == "23503" }
    /// 23514.
    package var isCheckViolation: Bool { sqlState == "23514" }
    /// 55P03: `lock_timeout` passed or NOWAIT failed.
    package var isLockNotAvailable: Bool { sqlState == "55P03" }
    /// 40001 or 40P01: the whole transaction may be repeated.
    package var isSerializationOrDeadlock: Bool { sqlState == "40001" || sqlState == "40P01" }
    /// 57014: cancelled on request or by `statement_timeout`.
    package var isQueryCanceled: Bool { sqlState == "57014" }
    /// The connection is gone or was never made: class 08, 57P01, 57P02, 57P03, and losses without a SQLSTATE.
    package var isConnectionFailure: Bool {
        switch code {
        case .connectFailed, .connectTimeout, .connectionLost: return true
        case .server, .commandTimeout, .poolTimeout, .encoding, .decoding, .closed, .cancelled, .rolledBack, .misuse:
            guard let sqlState else { return false }
            return sqlState.hasPrefix("08") || ["57P01", "57P02", "57P03"].contains(sqlState)
        }
    }
    /// Class 53: disk full, out of memory, too many connections.
    package var isResourceExhausted: Bool { sqlState?.hasPrefix("53") ?? false }
    /// 53100.
    package var isDiskFull: Bool { sqlState == "53100" }
    /// 42P01.
    package var isUndefinedTable: Bool { sqlState == "42P01" }
    /// 3F000.
    package var isUndefinedSchema: Bool { sqlState == "3F000" }
    /// 42P01 or 3F000: the schema has not been migrated.
    package var isUndefinedTableOrSchema: Bool { isUndefinedTable || isUndefinedSchema }
}

extension PostgresError {
    static func encoding(_ message: String, statement: String?) -> PostgresError {
        PostgresError(code: .encoding, message: message, statement: statement)
    }

    static func decoding(_ message: String) -> PostgresError {
        PostgresError(code: .decoding, message: message)
    }

    static func closed(_ what: String) -> PostgresError {
        PostgresError(code: .closed, message: "the \(what) is closed")
    }

    func outcomeUnknown(_ unknown: Bool, statement: String?) -> PostgresError {
        var copy = self
        copy.outcomeUnknown = unknown
        copy.statement = statement ?? self.statement
        return copy
    }
}

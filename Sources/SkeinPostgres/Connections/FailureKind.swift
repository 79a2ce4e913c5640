// What a failure means for whoever has to go on. One table for commits and commands.

import PostgresClient
import Skein

/// What can be done about a failed statement.
enum FailureKind: Equatable {
    /// It may or may not have taken effect.
    case unknown
    /// A key is taken: somebody appended, or the key exists.
    case taken
    /// A lock was not given up in time.
    case locked
    /// Nothing took effect and the same may work at once.
    case again
    /// Nothing took effect and it may work when the server is well again.
    case down
    /// The store is closed.
    case closed
    /// Something in the statement can never be stored.
    case bad
    /// The schema is not what the statements expect.
    case schema
    /// A creator took for the latest what is not the latest any more.
    case stale
    /// Whoever made a child does not hold its parent.
    case orphan

    init(_ error: PostgresError) {
        if error.outcomeUnknown {
            self = .unknown
            return
        }
        switch error.code {
        case .closed: self = .closed
        case .encoding: self = .bad
        case .rolledBack, .misuse, .cancelled: self = .again
        case .decoding: self = .unknown
        case .connectFailed, .connectTimeout, .connectionLost, .commandTimeout, .poolTimeout: self = .down
        case .server: self = Self.of(sqlState: error.sqlState ?? "")
        }
    }

    private static func of(sqlState: String) -> FailureKind {
        switch sqlState {
        case "23505": return .taken
        case "55P03": return .locked
        case "40001", "40P01", "25P02", "57014", "26000": return .again
        case "25006": return .down
        case "SK001": return .stale
        case "SK002": return .orphan
        default: break
        }
        switch sqlState.prefix(2) {
        case "08", "53", "57", "58": return .down
        case "22", "23", "54": return .bad
        case "42", "3F", "3D", "28": return .schema
        default: return .again
        }
    }
}

extension PostgresError {
    /// How often in a row a call that certainly did nothing is tried: waiting for a connection has taken its time
    /// already, while a connection that died unnoticed costs none.
    var patience: Int {
        switch code {
        case .poolTimeout, .connectFailed, .connectTimeout, .commandTimeout: 1
        case .server, .connectionLost, .encoding, .decoding, .closed, .cancelled, .rolledBack, .misuse: 8
        }
    }
}

extension StoreError {
    init(_ error: PostgresError) {
        let code: Code =
            switch FailureKind(error) {
            case .bad: .invalid
            case .schema: .schema
            case .stale, .orphan: .stale
            case .unknown where error.code == .decoding: .corrupt
            case .unknown, .taken, .locked, .again, .down, .closed: .unavailable
            }
        self.init(code, "\(error)")
    }
}

// The names are the contract's (section 3); the codes are what the database holds.

/// Where an execution stands. `completed` and everything after it are ends: nothing changes an ended execution but an
/// operator's reopen.
public enum ExecutionStatus: String, Sendable, Hashable, CaseIterable, Codable {
    case pending, running, waiting, paused
    case rollingBack = "rolling_back"
    case completed, failed, cancelled
    case rolledBack = "rolled_back"
    case rollbackFailed = "rollback_failed"

    /// The database's code: below 10 alive, from 10 ended.
    public var code: Int16 {
        switch self {
        case .pending: 0
        case .running: 1
        case .waiting: 2
        case .paused: 3
        case .rollingBack: 4
        case .completed: 10
        case .failed: 11
        case .cancelled: 12
        case .rolledBack: 13
        case .rollbackFailed: 14
        }
    }

    public init?(code: Int16) {
        guard let status = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = status
    }

    public var isEnded: Bool { code >= 10 }
}

/// How one attempt of a step ended.
public enum AttemptOutcome: String, Sendable, Hashable, CaseIterable, Codable {
    case completed, failed, timeout, waiting, suspended, paused, interrupted, cancelled, skipped
}

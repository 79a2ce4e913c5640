import SkeinCore

/// What the exit code of a command means. The numbers are a promise to scripts.
enum ExitStatus: Int32, Sendable, CaseIterable {
    case ok = 0
    /// Any failure without a number of its own; also an invalid flow and a failed `doctor`.
    case failure = 1
    /// The execution ended `failed` or `rollback_failed`.
    case executionFailed = 2
    /// The execution ended `cancelled` or `rolled_back`.
    case executionCancelled = 3
    case notFound = 4
    case conflict = 5
    case unauthorized = 6
    /// The wait timed out; the execution goes on.
    case waitTimedOut = 7
    case unreachable = 8
    /// Some of several items failed.
    case partial = 9
    case usage = 64
    /// SIGINT.
    case interrupted = 130

    /// How a command ends that waited for an execution.
    init(execution status: ExecutionStatus) {
        switch status {
        case .completed: self = .ok
        case .failed, .rollbackFailed: self = .executionFailed
        case .cancelled, .rolledBack: self = .executionCancelled
        case .pending, .running, .waiting, .paused, .rollingBack: self = .waitTimedOut
        }
    }

    /// How a command ends that the server answered with an HTTP status other than success.
    init(http status: Int) {
        switch status {
        case 401, 403: self = .unauthorized
        case 404, 410: self = .notFound
        case 409, 412: self = .conflict
        default: self = .failure
        }
    }

    /// How a command over several items ends: the one failure there is, or `partial` when some went well.
    init(items: [ExitStatus]) {
        let failed = items.filter { $0 != .ok }
        if failed.isEmpty {
            self = .ok
        } else if failed.count < items.count {
            self = .partial
        } else {
            self = Set(failed).count == 1 ? failed[0] : .failure
        }
    }
}

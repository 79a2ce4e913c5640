import Synchronization

/// Holds the counters that a client's connections share.
final class StatisticsRecorder: Sendable {
    private let counters = Mutex(RedisStatistics())

    /// The counters at this moment.
    var current: RedisStatistics {
        counters.withLock { $0 }
    }

    /// Changes the counters in one step.
    func update(_ change: (inout RedisStatistics) -> Void) {
        counters.withLock { change(&$0) }
    }

    /// Counts the way in which a connection ended.
    func countEnd(_ error: RedisError) {
        update { counters in
            switch error.code {
            case .timeout: counters.timeouts += 1
            case .protocolViolation: counters.protocolViolations += 1
            default: break
            }
        }
    }
}

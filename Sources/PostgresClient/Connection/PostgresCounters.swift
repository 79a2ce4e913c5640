package import Synchronization

/// Counts what the connections of a configuration do; read by benchmarks and metrics.
package final class PostgresCounters: Sendable {
    /// Statements executed, preparations not included.
    package let statements = Atomic<Int>(0)
    /// Sync messages, one per `query` or `batch`: round trips that can carry a commit.
    package let syncs = Atomic<Int>(0)
    /// Connections made.
    package let connects = Atomic<Int>(0)

    /// All zero.
    package init() {}
}

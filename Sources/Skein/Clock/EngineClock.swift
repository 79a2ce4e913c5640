public import SkeinCore

/// Where the engine takes the time from. Two clocks in one: the wall clock that timers and audit use, and a monotonic
/// one for leases and timeouts, which no adjustment of the wall clock can stretch.
public protocol EngineClock: Sendable {
    /// The present, in the database's time where one is known.
    var now: Timestamp { get }
    /// Time since an arbitrary start; never goes back.
    var monotonic: Duration { get }
    /// Returns at `monotonic >= deadline`. Throws `CancellationError` when the task is cancelled.
    func sleep(until deadline: Duration) async throws
    /// The time that queries are asked with instead of the database's own: nil in production, the virtual present in
    /// tests.
    var queryTime: Timestamp? { get }
}

extension EngineClock {
    /// Sleeps for a span of the monotonic clock.
    public func sleep(for span: Duration) async throws {
        try await sleep(until: monotonic + span)
    }
}

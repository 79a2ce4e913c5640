public import SkeinCore
import Synchronization

/// A clock that stands still until it is told to move. Sleepers wake in order of their deadlines.
public final class VirtualClock: EngineClock {
    private struct Sleeper {
        var deadline: Duration
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var elapsed: Duration = .zero
        var nextID = 0
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
    }

    private let origin: Timestamp
    private let state = Mutex(State())

    /// - Parameter start: what `now` says before the first move. Default: 2026-01-01T00:00:00Z.
    public init(start: Timestamp = Timestamp(microseconds: 1_767_225_600_000_000)) {
        origin = start
    }

    public var now: Timestamp { origin + state.withLock { $0.elapsed } }
    public var monotonic: Duration { state.withLock { $0.elapsed } }
    public var queryTime: Timestamp? { now }

    /// The earliest deadline anybody sleeps for.
    public var nextDeadline: Duration? { state.withLock { $0.sleepers.values.map(\.deadline).min() } }

    public func sleep(until deadline: Duration) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    if state.elapsed >= deadline { return .success(()) }
                    state.sleepers[id] = Sleeper(deadline: deadline, continuation: continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                if let sleeper = state.sleepers.removeValue(forKey: id) { return Optional(sleeper) }
                state.cancelled.insert(id)
                return nil
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Moves the clock and wakes everybody whose deadline it reaches.
    public func advance(by span: Duration) {
        let due = state.withLock { state in
            state.elapsed += span
            let ids = state.sleepers.filter { $0.value.deadline <= state.elapsed }.sorted {
                ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key)
            }
            for (id, _) in ids { state.sleepers[id] = nil }
            return ids.map(\.value.continuation)
        }
        for continuation in due { continuation.resume() }
    }

    /// Moves the clock to an instant; an instant in the past changes nothing.
    public func advance(to time: Timestamp) {
        let span = time - now
        if span > .zero { advance(by: span) }
    }
}

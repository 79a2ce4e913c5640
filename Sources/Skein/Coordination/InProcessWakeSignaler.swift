import HeapModule
public import SkeinCore
import Synchronization

/// Wakes among the engines of one process that share one store: they share one instance of this.
public final class InProcessWakeSignaler: WakeSignaler {
    private struct Due: Comparable {
        var at: Timestamp
        var id: ExecutionID

        static func < (lhs: Due, rhs: Due) -> Bool { lhs.at == rhs.at ? lhs.id < rhs.id : lhs.at < rhs.at }
    }

    private struct State {
        /// The truth; an entry of the heap that differs from it is out of date and skipped.
        var times: [ExecutionID: Timestamp] = [:]
        var heap = Heap<Due>()
    }

    private let clock: any EngineClock
    private let maximumDue: Int
    private let broadcast = Broadcast(capacity: 1_024, overflow: WakeHint(executionID: nil, reason: "overflow"))
    private let state = Mutex(State())

    /// Makes a signaler that nobody listens to.
    ///
    /// - Parameters:
    ///   - clock: says what "now" is for hints without a time.
    ///   - maximumDue: executions remembered at most; further ones are left to the store's sweep. Default: one million.
    public init(clock: any EngineClock, maximumDue: Int = 1_000_000) {
        self.clock = clock
        self.maximumDue = max(1, maximumDue)
    }

    public func signal(_ hints: [WakeHint]) {
        guard !hints.isEmpty else { return }
        let batch = WakeBatch(hints, now: clock.now, horizon: nil)
        state.withLock { state in
            for entry in batch.due { remember(entry, in: &state) }
        }
        for message in batch.messages { broadcast.yield(message) }
    }

    public func hints() -> AsyncStream<WakeHint> { broadcast.stream() }

    public func takeDue(at now: Timestamp, limit: Int) async throws -> (ids: [ExecutionID], next: Timestamp?) {
        state.withLock { state in
            var ids: [ExecutionID] = []
            while let earliest = state.heap.min {
                guard state.times[earliest.id] == earliest.at else {
                    state.heap.removeMin()
                    continue
                }
                guard earliest.at <= now, ids.count < limit else { return (ids, earliest.at) }
                state.heap.removeMin()
                state.times[earliest.id] = nil
                ids.append(earliest.id)
            }
            return (ids, nil)
        }
    }

    private func remember(_ entry: WakeBatch.Due, in state: inout State) {
        if let known = state.times[entry.executionID] {
            guard entry.at < known else { return }
        } else if state.times.count >= maximumDue {
            return
        }
        state.times[entry.executionID] = entry.at
        state.heap.insert(Due(at: entry.at, id: entry.executionID))
        if state.heap.count > 2 * state.times.count + 1_024 {
            state.heap = Heap(state.times.map { Due(at: $0.value, id: $0.key) })
        }
    }
}

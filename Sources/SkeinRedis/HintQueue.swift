import Skein

/// Hints that wait for a flush. Bounded: when it is full, the oldest tenth goes at once, so that a full queue stays
/// cheap. A pure value.
struct HintQueue: Sendable {
    private let capacity: Int
    private(set) var hints: [WakeHint] = []

    init(capacity: Int) {
        self.capacity = max(10, capacity)
    }

    /// Adds hints. Returns how many older ones had to go.
    mutating func append(_ more: [WakeHint]) -> Int {
        hints += more
        guard hints.count > capacity else { return 0 }
        let surplus = hints.count - capacity + capacity / 10
        hints.removeFirst(surplus)
        return surplus
    }

    /// Removes and returns the oldest, at most so many.
    mutating func take(_ count: Int) -> [WakeHint] {
        guard hints.count > count else {
            defer { hints = [] }
            return hints
        }
        defer { hints.removeFirst(count) }
        return Array(hints.prefix(count))
    }
}

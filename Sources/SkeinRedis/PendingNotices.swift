import Skein
import SkeinCore

/// Notices that wait for a flush: the highest position of each execution. Bounded: when it is full, the oldest tenth
/// goes. A pure value.
struct PendingNotices: Sendable {
    private let capacity: Int
    private var notices: [ExecutionID: EventNotice] = [:]
    /// In the order in which they came; the keys of `notices`, each once.
    private var order: [ExecutionID] = []

    init(capacity: Int) {
        self.capacity = max(10, capacity)
    }

    var count: Int { order.count }

    /// Adds notices. Returns how many executions' notices had to go.
    mutating func add(_ more: some Sequence<EventNotice>) -> Int {
        for notice in more {
            if let known = notices.index(forKey: notice.executionID) {
                notices.values[known].position = max(notices.values[known].position, notice.position)
                if notice.isEnd { notices.values[known].isEnd = true }
            } else {
                notices[notice.executionID] = notice
                order.append(notice.executionID)
            }
        }
        guard order.count > capacity else { return 0 }
        let surplus = order.count - capacity + capacity / 10
        for id in order.prefix(surplus) { notices[id] = nil }
        order.removeFirst(surplus)
        return surplus
    }

    /// Removes and returns all, the oldest execution first.
    mutating func takeAll() -> [EventNotice] {
        defer {
            notices = [:]
            order = []
        }
        return order.compactMap { notices[$0] }
    }
}

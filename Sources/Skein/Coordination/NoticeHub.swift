package import SkeinCore
import Synchronization

/// The live streams of this process, by tree of executions.
package final class NoticeHub: Sendable {
    /// What happened to a root's audience, in order.
    package enum Change: Sendable, Equatable {
        case firstCame(ExecutionID)
        case lastWent(ExecutionID)
    }

    private struct Audience {
        var nextID = 0
        var listeners: [Int: AsyncStream<EventNotice?>.Continuation] = [:]
    }

    private let capacity: Int
    private let onChange: @Sendable (Change) -> Void
    private let audiences = Mutex<[ExecutionID: Audience]>([:])
    /// How many there are: most instances have none, and every step asks.
    private let count = Atomic<Int>(0)

    /// Makes a hub without listeners.
    ///
    /// - Parameters:
    ///   - capacity: notices that wait for one listener at most; beyond them the oldest go and a nil tells of it.
    ///   - onChange: hears of audiences that begin and end; called in order and under the hub's lock: it must return at
    ///     once and wake no task whose cancellation comes back here.
    package init(capacity: Int = 256, onChange: @escaping @Sendable (Change) -> Void = { _ in }) {
        self.capacity = max(2, capacity)
        self.onChange = onChange
    }

    /// Notices of one tree from now on, until the consumer stops.
    package func stream(root: ExecutionID) -> AsyncStream<EventNotice?> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: EventNotice?.self, bufferingPolicy: .bufferingNewest(capacity))
        let id = audiences.withLock { audiences in
            var audience = audiences[root] ?? Audience()
            audience.nextID += 1
            audience.listeners[audience.nextID] = continuation
            audiences[root] = audience
            count.store(audiences.count, ordering: .releasing)
            if audience.listeners.count == 1 { onChange(.firstCame(root)) }
            return audience.nextID
        }
        continuation.onTermination = { [weak self] _ in self?.remove(id, root: root) }
        return stream
    }

    /// Whether anybody in this process listens to the tree.
    package func hasListeners(root: ExecutionID) -> Bool {
        count.load(ordering: .acquiring) > 0 && audiences.withLock { $0[root] != nil }
    }

    package func deliver(_ notice: EventNotice) { yield(notice, root: notice.rootID) }

    /// Tells the tree's listeners that something may have been missed.
    package func interrupt(root: ExecutionID) { yield(nil, root: root) }

    private func yield(_ element: EventNotice?, root: ExecutionID) {
        // Outside the lock: `yield` may take a lock of the listener's task, and a task that is being cancelled holds that
        // one while `remove` waits for ours.
        guard let audience = audiences.withLock({ $0[root] }) else { return }
        for listener in audience.listeners.values {
            guard case .dropped = listener.yield(element) else { continue }
            listener.yield(nil)
        }
    }

    private func remove(_ id: Int, root: ExecutionID) {
        audiences.withLock { audiences in
            guard audiences[root]?.listeners.removeValue(forKey: id) != nil, audiences[root]?.listeners.isEmpty == true
            else { return }
            audiences[root] = nil
            count.store(audiences.count, ordering: .releasing)
            onChange(.lastWent(root))
        }
    }
}

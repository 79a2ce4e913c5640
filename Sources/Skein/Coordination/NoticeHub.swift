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

    /// Makes a hub without listeners.
    ///
    /// - Parameters:
    ///   - capacity: notices that wait for one listener at most; beyond them the oldest go and a nil tells of it.
    ///   - onChange: hears of audiences that begin and end; called in order, must return at once.
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
            if audience.listeners.count == 1 { onChange(.firstCame(root)) }
            return audience.nextID
        }
        continuation.onTermination = { [weak self] _ in self?.remove(id, root: root) }
        return stream
    }

    /// Whether anybody in this process listens to the tree.
    package func hasListeners(root: ExecutionID) -> Bool { audiences.withLock { $0[root] != nil } }

    package func deliver(_ notice: EventNotice) { yield(notice, root: notice.rootID) }

    /// Tells the tree's listeners that something may have been missed.
    package func interrupt(root: ExecutionID) { yield(nil, root: root) }

    private func yield(_ element: EventNotice?, root: ExecutionID) {
        audiences.withLock { audiences in
            guard let audience = audiences[root] else { return }
            for listener in audience.listeners.values {
                guard case .dropped = listener.yield(element) else { continue }
                listener.yield(nil)
            }
        }
    }

    private func remove(_ id: Int, root: ExecutionID) {
        audiences.withLock { audiences in
            guard audiences[root]?.listeners.removeValue(forKey: id) != nil, audiences[root]?.listeners.isEmpty == true
            else { return }
            audiences[root] = nil
            onChange(.lastWent(root))
        }
    }
}

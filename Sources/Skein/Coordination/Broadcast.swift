import Synchronization

/// Hands each element to every listener. A listener that falls behind loses the oldest elements and finds the overflow
/// element among the newest, so that it knows.
package final class Broadcast<Element: Sendable>: Sendable {
    private struct State {
        var nextID = 0
        var listeners: [Int: AsyncStream<Element>.Continuation] = [:]
    }

    private let capacity: Int
    private let overflow: Element
    private let state = Mutex(State())

    /// Makes a broadcast without listeners.
    ///
    /// - Parameters:
    ///   - capacity: elements that wait for one listener at most.
    ///   - overflow: what a listener finds when some were lost.
    package init(capacity: Int, overflow: Element) {
        self.capacity = max(2, capacity)
        self.overflow = overflow
    }

    /// Elements from now on, until the consumer stops.
    package func stream() -> AsyncStream<Element> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Element.self, bufferingPolicy: .bufferingNewest(capacity))
        let id = state.withLock { state in
            state.nextID += 1
            state.listeners[state.nextID] = continuation
            return state.nextID
        }
        continuation.onTermination = { [weak self] _ in self?.remove(id) }
        return stream
    }

    /// Never waits. Elements of one caller stay in order.
    package func yield(_ element: Element) {
        // Outside the lock: `yield` may take a lock of the listener's task, and a task that is being cancelled holds that
        // one while `remove` waits for ours.
        for listener in Array(state.withLock { $0.listeners.values }) {
            guard case .dropped = listener.yield(element) else { continue }
            listener.yield(overflow)
        }
    }

    private func remove(_ id: Int) {
        state.withLock { _ = $0.listeners.removeValue(forKey: id) }
    }
}

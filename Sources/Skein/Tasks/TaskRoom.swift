import SkeinCore
import Synchronization

/// How many tasks this instance runs at once, of each name and in all.
final class TaskRoom: Sendable {
    private struct State {
        var limits: [String: Int] = [:]
        /// Kept when a name is registered again.
        var running: [String: Int] = [:]
        var total = 0
        /// There is more to do than there is room for, as far as is known.
        var hasBacklog = false
        var isPaused = false

        func room(for type: String, in all: Int) -> Int {
            isPaused ? 0 : min(all - total, limits[type].map { $0 - running[type, default: 0] } ?? .max)
        }
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = max(1, limit) }

    /// - Parameter limit: nil for none of its own.
    func set(_ limit: Int?, of type: String) {
        state.withLock { $0.limits[type] = limit.map { max(1, $0) } }
    }

    func pause() { state.withLock { $0.isPaused = true } }
    func resume() { state.withLock { $0.isPaused = false } }
    var isPaused: Bool { state.withLock { $0.isPaused } }

    func hasRoom(for type: String) -> Bool { state.withLock { $0.room(for: type, in: limit) > 0 } }

    /// False: it is full, and who asks has to leave the task to others.
    func enter(_ type: String) -> Bool {
        state.withLock { state in
            guard state.room(for: type, in: limit) > 0 else {
                state.hasBacklog = true
                return false
            }
            state.running[type, default: 0] += 1
            state.total += 1
            return true
        }
    }

    /// Returns whether somebody may wait for the room that it made.
    func leave(_ type: String) -> Bool {
        state.withLock { state in
            let left = state.running[type, default: 0] - 1
            state.running[type] = left > 0 ? left : nil
            state.total -= 1
            return state.hasBacklog
        }
    }

    /// The types of tasks that there is room for, and for how many together.
    func open(_ types: [String]) -> (types: [String], room: Int) {
        state.withLock { state in
            let open = types.filter { state.room(for: $0, in: limit) > 0 }
            let room = open.reduce(0) { min(limit, $0 + min(limit, state.room(for: $1, in: limit))) }
            return (open, min(room, limit - state.total))
        }
    }

    /// - Parameter isOver: all that was due has been taken.
    func looked(isOver: Bool) {
        state.withLock { state in
            // What is full was not looked for.
            let isFull = state.total >= limit || state.limits.contains { state.running[$0.key, default: 0] >= $0.value }
            state.hasBacklog = !isOver || isFull
        }
    }
}

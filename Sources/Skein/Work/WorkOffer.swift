import SkeinCore
import Synchronization

/// What one claim of a worker outside asks for, and what the executions that are driven for it come up with.
final class WorkOffer: Sendable {
    private struct State {
        /// Items beyond one for each execution.
        var extra: Int
        var found: [(items: [WorkItem], lease: Duration)] = []
    }

    let workerID: WorkerID
    let types: Set<String>
    private let state: Mutex<State>

    init(_ workerID: WorkerID, _ types: Set<String>, extra: Int) {
        self.workerID = workerID
        self.types = types
        state = Mutex(State(extra: max(0, extra)))
    }

    /// How many attempts of one execution the worker takes: one at least.
    func take(upTo count: Int) -> Int {
        state.withLock { state in
            let extra = min(max(0, count - 1), state.extra)
            state.extra -= extra
            return 1 + extra
        }
    }

    /// Nothing came of what was taken.
    func giveBack(_ count: Int) {
        state.withLock { $0.extra += max(0, count - 1) }
    }

    /// The attempts of one execution.
    func put(_ items: [WorkItem], lease: Duration) {
        state.withLock { $0.found.append((items, lease)) }
    }

    var found: [(items: [WorkItem], lease: Duration)] { state.withLock { $0.found } }
}

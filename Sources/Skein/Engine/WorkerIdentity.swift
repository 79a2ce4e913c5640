import SkeinCore
import Synchronization

/// Which life of this instance is claiming, and whether it may.
final class WorkerIdentity: Sendable {
    private struct State {
        var id: WorkerID
        var isRegistered = false
        var mayClaim = true
    }

    private let state: Mutex<State>

    init(_ id: WorkerID) {
        state = Mutex(State(id: id))
    }

    var id: WorkerID { state.withLock { $0.id } }
    var isRegistered: Bool { state.withLock { $0.isRegistered } }
    /// False once the instance was superseded, or cannot trust its leases.
    var mayClaim: Bool { state.withLock { $0.isRegistered && $0.mayClaim } }

    func registered() { state.withLock { $0.isRegistered = true } }

    /// Begins another life: the old id was declared dead, and the dead do not come back.
    func begin(_ id: WorkerID) {
        state.withLock { $0 = State(id: id, isRegistered: true, mayClaim: true) }
    }

    func allowClaims(_ isAllowed: Bool) { state.withLock { $0.mayClaim = isAllowed } }
}

import SkeinCore
import Synchronization

/// One execution that this instance drives: the claim it holds it by, the attempt that runs, and how to stop it.
final class Slot: Sendable {
    /// Why a slot must stop before its execution parks or ends.
    enum Stop: Sendable, Hashable {
        /// Another hand appended, or the lease is gone: write nothing more.
        case lost
        /// The instance is stopping and its grace is over.
        case shutdown
    }

    /// The attempt that runs, as far as the long-step marker needs it.
    struct Running: Sendable {
        var stepID: StepID
        var attempt: Int
        var startedAt: Timestamp
        var since: Duration
        var position: Int64
        var isMarked = false
    }

    private struct State {
        var running: Running?
        var stop: Stop?
        var task: Task<Void, Never>?
        var marking = false
        var marked: LogBody?
        var markerWaiter: CheckedContinuation<Void, Never>?
    }

    let executionID: ExecutionID
    let claimID: ClaimID
    private let state = Mutex(State())

    init(_ executionID: ExecutionID, _ claimID: ClaimID) {
        self.executionID = executionID
        self.claimID = claimID
    }

    var held: HeldClaim { HeldClaim(executionID, claimID) }
    var stopped: Stop? { state.withLock { $0.stop } }

    /// The task that drives the slot, so that `stop` can cancel it.
    func attach(_ task: Task<Void, Never>) {
        let isStopped = state.withLock { state in
            state.task = task
            return state.stop != nil
        }
        if isStopped { task.cancel() }
    }

    /// Cancels the handler; the first reason stays.
    func stop(_ reason: Stop) {
        let task = state.withLock { state in
            if state.stop == nil { state.stop = reason }
            return state.task
        }
        task?.cancel()
    }

    // MARK: - The attempt

    func begin(_ running: Running) {
        state.withLock { state in
            state.running = running
            state.marked = nil
        }
    }

    /// Ends the attempt and returns the marker row that was committed meanwhile, once it is known.
    func end() async -> LogBody? {
        let mustWait = state.withLock { state in
            state.running = nil
            return state.marking
        }
        if mustWait {
            await withCheckedContinuation { waiter in
                let isDone = state.withLock { state in
                    if state.marking { state.markerWaiter = waiter }
                    return !state.marking
                }
                if isDone { waiter.resume() }
            }
        }
        return state.withLock { state in
            defer { state.marked = nil }
            return state.marked
        }
    }

    /// The attempt, if it has run for `span` and nobody has marked it: the caller then owes `marked`.
    func takeForMarking(after span: Duration, at now: Duration) -> Running? {
        state.withLock { state in
            guard let running = state.running, !running.isMarked, !state.marking, state.stop == nil,
                now - running.since >= span
            else { return nil }
            state.running?.isMarked = true
            state.marking = true
            return running
        }
    }

    /// - Parameter body: the row that was committed, or nil.
    func marked(_ body: LogBody?) {
        let waiter = state.withLock { state in
            state.marking = false
            state.marked = body
            defer { state.markerWaiter = nil }
            return state.markerWaiter
        }
        waiter?.resume()
    }
}

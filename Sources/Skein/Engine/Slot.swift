import SkeinCore
import Synchronization

/// One execution that this instance drives: the claim it holds it by, the attempt that runs, and how to stop it.
final class Slot: Sendable {
    /// Why a slot must stop before its execution parks or ends.
    enum Stop: UInt8, Sendable, Hashable {
        /// Another hand appended, or the lease is gone: write nothing more.
        case lost = 1
        /// The instance is stopping and its grace is over.
        case shutdown
    }

    /// How far the long-step marker is with the attempt that runs.
    private enum Marking {
        case no
        /// A row is on its way.
        case underway
        /// It is durable, or not to be.
        case done(LogBody?)
    }

    private struct State {
        var running: StepContext?
        var marking = Marking.no
        var task: Task<Void, Never>?
        /// Its driver, while it waits for a time that is almost here.
        var dozing: UnsafeContinuation<Void, Never>?
        /// It has been woken: at its time, by something that came for it, or by a stop. It does not doze again.
        var isAwake = false
        var markerWaiter: CheckedContinuation<Void, Never>?
    }

    let executionID: ExecutionID
    let claimID: ClaimID
    /// 0: nobody has stopped it. Read at every turn of its driver.
    private let stop = Atomic<UInt8>(0)
    private let state = Mutex(State())

    init(_ executionID: ExecutionID, _ claimID: ClaimID) {
        self.executionID = executionID
        self.claimID = claimID
    }

    var held: HeldClaim { HeldClaim(executionID, claimID) }
    var stopped: Stop? { Stop(rawValue: stop.load(ordering: .acquiring)) }

    /// The task that drives the slot, so that `stop` can cancel it.
    func attach(_ task: Task<Void, Never>) {
        state.withLock { $0.task = task }
        if stopped != nil { task.cancel() }
    }

    /// Returns when its drive is over; at once, with false, when a handler runs, which may take any time.
    func ends() async -> Bool {
        let (task, isRunning) = state.withLock { ($0.task, $0.running != nil) }
        guard let task, !isRunning else { return false }
        await task.value
        return true
    }

    /// Cancels the handler; the first reason stays.
    func stop(_ reason: Stop) {
        _ = stop.compareExchange(expected: 0, desired: reason.rawValue, ordering: .acquiringAndReleasing)
        state.withLock { $0.task }?.cancel()
        wake()
    }

    // MARK: - A moment before its time

    /// Returns at `wake`, or at once when there is a reason not to wait.
    func doze() async {
        await withUnsafeContinuation { driver in
            let mustGoOn = state.withLock { state in
                guard !state.isAwake, stopped == nil else { return true }
                state.dozing = driver
                return false
            }
            if mustGoOn { driver.resume() }
        }
    }

    /// Ends the doze, also one that has not begun.
    func wake() {
        let driver = state.withLock { state in
            state.isAwake = true
            defer { state.dozing = nil }
            return state.dozing
        }
        driver?.resume()
    }

    // MARK: - The attempt

    func begin(_ step: StepContext) {
        state.withLock { $0.running = step }
    }

    /// Ends the attempt. True: a marker was written beside it, and `marker` has it.
    func end() -> Bool {
        state.withLock { state in
            state.running = nil
            if case .no = state.marking { return false }
            return true
        }
    }

    /// The marker row that was committed during the attempt, once it is known.
    func marker() async -> LogBody? {
        await withCheckedContinuation { waiter in
            let isDone = state.withLock { state in
                if case .underway = state.marking {
                    state.markerWaiter = waiter
                    return false
                }
                return true
            }
            if isDone { waiter.resume() }
        }
        return state.withLock { state in
            defer { state.marking = .no }
            if case .done(let body) = state.marking { return body }
            return nil
        }
    }

    /// The attempt, if it has run for `span` and nobody has marked it: the caller then owes `marked`.
    func takeForMarking(after span: Duration, at now: Timestamp) -> StepContext? {
        guard stopped == nil else { return nil }
        return state.withLock { state in
            guard case .no = state.marking, let running = state.running, now - running.startedAt >= span else {
                return nil
            }
            state.marking = .underway
            return running
        }
    }

    /// - Parameter body: the row that was committed, or nil.
    func marked(_ body: LogBody?) {
        let waiter = state.withLock { state in
            state.marking = .done(body)
            defer { state.markerWaiter = nil }
            return state.markerWaiter
        }
        waiter?.resume()
    }
}

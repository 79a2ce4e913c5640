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

    private struct Side {
        var rows: [WrittenRow] = []
        /// Where the next one goes.
        var end = LogEnd(position: 0, chain: nil)
        var isBusy = false
        var isMarked = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private struct State {
        var running: StepContext?
        /// Rows that are appended while the attempt runs, one at a time.
        var side = Side()
        var task: Task<Void, Never>?
        /// Its driver, while it waits for a time that is almost here.
        var dozing: UnsafeContinuation<Void, Never>?
        /// It has been woken: at its time, by something that came for it, or by a stop. It does not doze again.
        var isAwake = false
        /// Something came for it since its driver looked.
        var hasNews = false
        var listener: (@Sendable () -> Void)?
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
        let (driver, listener) = state.withLock { state in
            state.isAwake = true
            state.hasNews = true
            defer { state.dozing = nil }
            return (state.dozing, state.listener)
        }
        driver?.resume()
        listener?()
    }

    /// Calls `listener` at every wake; nil: no more.
    func listen(_ listener: (@Sendable () -> Void)?) {
        state.withLock { $0.listener = listener }
    }

    /// Whether something came since the last call.
    func hasNews() -> Bool {
        state.withLock { state in
            defer { state.hasNews = false }
            return state.hasNews
        }
    }

    // MARK: - The attempt

    /// - Parameter chain: the hash of the log's last row.
    func begin(_ step: StepContext, after chain: [UInt8]?) {
        state.withLock { state in
            state.running = step
            state.side.end = LogEnd(position: step.fencingToken, chain: chain)
        }
    }

    /// Ends the attempt. True: rows were written beside it, or are about to be, and `sideRows` has them.
    func end() -> Bool {
        state.withLock { state in
            state.running = nil
            state.side.isMarked = false
            return state.side.isBusy || !state.side.rows.isEmpty
        }
    }

    /// The rows that were committed during the attempt, once all are known.
    func sideRows() async -> [WrittenRow] {
        await takeSide()
        return state.withLock { state in
            defer { state.side.rows = [] }
            leaveSide(&state)?.resume()
            return state.side.rows
        }
    }

    /// The attempt, if it has run for `span` and nobody has marked it. Of a compensation the log tells before it starts.
    func takeForMarking(after span: Duration, at now: Timestamp) -> StepContext? {
        guard stopped == nil else { return nil }
        return state.withLock { state in
            guard !state.side.isMarked, let running = state.running, !running.isCompensation,
                now - running.startedAt >= span
            else { return nil }
            state.side.isMarked = true
            return running
        }
    }

    // MARK: - Rows beside the attempt

    /// Appends a row while the attempt of `step` runs: `commit` gets its place and says whether it is in the log.
    ///
    /// - Throws: `CancellationError` when the attempt is over or its execution is not this instance's any more.
    func append(beside step: StepContext, _ commit: (LogEnd) async throws -> SideRow) async throws {
        await takeSide()
        defer { state.withLock { leaveSide(&$0) }?.resume() }
        let end: LogEnd? = state.withLock { state in
            state.running === step ? state.side.end : nil
        }
        guard let end, stopped == nil else { throw CancellationError() }
        let row: SideRow
        do {
            row = try await commit(end)
        } catch {
            // Whether it is in the log is not known: the owner's next row would collide with it. Let the lease decide.
            stop(.lost)
            throw CancellationError()
        }
        switch row.outcome {
        case .committed:
            guard let row = row.row else { return stop(.lost) }
            state.withLock { state in
                state.side.rows.append(row)
                state.side.end.position += Int64(row.body.events.count)
                state.side.end.chain = row.hash
            }
        case .fenced:
            stop(.lost)
            throw CancellationError()
        case .refused(let error):
            throw error
        }
    }

    private func takeSide() async {
        await withCheckedContinuation { waiter in
            let isFree = state.withLock { state in
                guard state.side.isBusy else {
                    state.side.isBusy = true
                    return true
                }
                state.side.waiting.append(waiter)
                return false
            }
            if isFree { waiter.resume() }
        }
    }

    /// Hands over to whoever waits next.
    private func leaveSide(_ state: inout State) -> CheckedContinuation<Void, Never>? {
        guard !state.side.waiting.isEmpty else {
            state.side.isBusy = false
            return nil
        }
        return state.side.waiting.removeFirst()
    }
}

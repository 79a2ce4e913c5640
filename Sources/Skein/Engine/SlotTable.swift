import SkeinCore
import Synchronization

/// The executions that this instance drives now, and the room for more.
final class SlotTable: Sendable {
    private struct State {
        var slots: [ExecutionID: Slot] = [:]
        /// Taken, but not yet a slot: claims and creations on their way.
        var reserved = 0
        var isClosed = false
        var onEmpty: [CheckedContinuation<Void, Never>] = []

        var isEmpty: Bool { slots.isEmpty && reserved == 0 }
    }

    let capacity: Int
    /// Handlers that were left behind: they have no slot any more, and go on.
    let stragglers = Tally()
    private let state = Mutex(State())

    init(capacity: Int) { self.capacity = capacity }

    var free: Int { state.withLock { $0.isClosed ? 0 : max(0, capacity - $0.slots.count - $0.reserved) } }
    var count: Int { state.withLock { $0.slots.count } }
    var held: [HeldClaim] { state.withLock { $0.slots.values.map(\.held) } }
    var all: [Slot] { state.withLock { Array($0.slots.values) } }

    subscript(id: ExecutionID) -> Slot? { state.withLock { $0.slots[id] } }

    /// Takes room for up to `count` executions; `cancelReservation` or `fill` gives it back.
    ///
    /// - Parameter kept: slots that are left free for others.
    func reserve(upTo count: Int, keeping kept: Int = 0) -> Int {
        state.withLock { state in
            guard !state.isClosed else { return 0 }
            let taken = max(0, min(count, capacity - kept - state.slots.count - state.reserved))
            state.reserved += taken
            return taken
        }
    }

    func cancelReservation(_ count: Int) {
        resumeIfEmpty { $0.reserved -= count }
    }

    /// Turns a reservation into a slot. When the execution has one already, returns it and keeps the reservation: two
    /// claims of one instance met.
    func fill(_ slot: Slot) -> Slot? {
        state.withLock { state in
            if let other = state.slots[slot.executionID] { return other }
            state.reserved -= 1
            state.slots[slot.executionID] = slot
            return nil
        }
    }

    /// A slot beyond the capacity, for a caller that drives an execution on its own task.
    func add(_ slot: Slot) -> Bool {
        state.withLock { state in
            guard state.slots[slot.executionID] == nil else { return false }
            state.slots[slot.executionID] = slot
            return true
        }
    }

    func remove(_ slot: Slot) {
        resumeIfEmpty { state in
            if state.slots[slot.executionID] === slot { state.slots[slot.executionID] = nil }
        }
    }

    /// No new reservations from now on.
    func close() {
        state.withLock { $0.isClosed = true }
    }

    func open() {
        state.withLock { $0.isClosed = false }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Returns when no slot is left, and none on its way.
    func empty() async {
        await withCheckedContinuation { waiter in
            let isEmpty = state.withLock { state in
                if !state.isEmpty { state.onEmpty.append(waiter) }
                return state.isEmpty
            }
            if isEmpty { waiter.resume() }
        }
    }

    private func resumeIfEmpty(after change: (inout State) -> Void) {
        let waiters = state.withLock { state in
            change(&state)
            guard state.isEmpty, !state.onEmpty.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.onEmpty.removeAll() }
            return state.onEmpty
        }
        for waiter in waiters { waiter.resume() }
    }
}

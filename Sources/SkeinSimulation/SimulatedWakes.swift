import Skein
import SkeinCore
import Synchronization

/// Hints that are lost, late, out of order and given twice, as the seed says.
final class SimulatedWakes: WakeSignaler {
    private struct State {
        var dice: Dice
        var kept: [WakeHint] = []
        var lost = 0
        var doubled = 0
    }

    private let state: Mutex<State>

    init(_ dice: Dice) { state = Mutex(State(dice: dice)) }

    var lost: Int { state.withLock(\.lost) }
    var doubled: Int { state.withLock(\.doubled) }

    func signal(_ hints: [WakeHint]) {
        state.withLock { state in
            for hint in hints {
                if state.dice.percent(40) { state.lost += 1 } else { state.kept.append(hint) }
            }
        }
    }

    /// One of them; sometimes it stays, to be given again.
    func take() -> WakeHint? {
        state.withLock { state in
            guard !state.kept.isEmpty else { return nil }
            let place = state.dice.below(state.kept.count)
            guard !state.dice.percent(25) else {
                state.doubled += 1
                return state.kept[place]
            }
            return state.kept.remove(at: place)
        }
    }

    func hints() -> AsyncStream<WakeHint> { AsyncStream { $0.finish() } }

    func takeDue(at now: Timestamp, limit: Int) async throws -> (ids: [ExecutionID], next: Timestamp?) { ([], nil) }
}

import SkeinCore
import Synchronization

/// Wakes the executions that were claimed a moment before their time, all of one instant at once: one timer for all.
final class Dozer: Sendable {
    private struct Sleeper {
        var due: Timestamp
        var slot: Slot
    }

    private let clock: any EngineClock
    private let alarm = Alarm()
    private let sleepers = Mutex<[Sleeper]>([])

    init(clock: any EngineClock) { self.clock = clock }

    /// Returns when the time has come, or sooner when something comes for it or it is stopped.
    func doze(_ slot: Slot, until due: Timestamp) async {
        let isEarliest = sleepers.withLock { sleepers in
            let isEarliest = sleepers.allSatisfy { due < $0.due }
            sleepers.append(Sleeper(due: due, slot: slot))
            return isEarliest
        }
        if isEarliest { alarm.poke() }
        await slot.doze()
    }

    /// Runs until cancelled; nobody is left asleep after.
    func run() async {
        while !Task.isCancelled {
            let now = clock.now
            let (awake, next) = sleepers.withLock { sleepers in
                let awake = sleepers.filter { $0.due <= now }
                if !awake.isEmpty { sleepers.removeAll { $0.due <= now } }
                return (awake, sleepers.lazy.map(\.due).min())
            }
            for sleeper in awake { sleeper.slot.wake() }
            await alarm.wait(until: next.map { clock.monotonic + max(.zero, $0 - clock.now) }, clock: clock)
        }
        for sleeper in sleepers.withLock({ $0 }) { sleeper.slot.wake() }
    }
}

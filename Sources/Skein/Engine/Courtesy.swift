// What a backlog owes to work that was just asked for: while another tenant's new executions are slowed by it, it is
// taken in small helpings, with pauses between them. As networks do it: who is slowed says so, who hears it goes slower
// at once and comes back little by little.

import SkeinCore
import Synchronization

/// How fast this instance may take what is overdue.
final class Courtesy: Sendable {
    private struct State {
        /// How long a creation took lately, and the best that this has been; nil: nothing was created here yet.
        var recent: Duration?
        var usual: Duration = .zero
        var measuredAt: Duration = .zero
        var askedAt: Duration?

        /// The tenants' lanes that asked to be let through, and when.
        var asked: [UInt8: Duration] = [:]
        var slowedAt: Duration?
        var easedAt: Duration?
        var pause: Duration = .zero
        /// The lanes of what was taken lately, and when.
        var taken: [UInt8: Duration] = [:]
    }

    /// Executions of a backlog taken at once while somebody asks to be let through.
    static let helping = 64
    /// Between asking, and between slowing down.
    private static let interval: Duration = .milliseconds(100)
    /// Whoever has not asked for so long is no longer slowed, and of whom nothing was taken has no backlog here.
    private static let memory: Duration = .seconds(2)
    private static let pauses: ClosedRange<Duration> = .milliseconds(50) ... .milliseconds(200)

    private let state = Mutex(State())

    // MARK: - Who is slowed

    /// An execution was created here, which took so long. True: everybody is to be asked to let its tenant through.
    func created(in span: Duration, at now: Duration) -> Bool {
        state.withLock { state in
            guard let recent = state.recent else {
                (state.recent, state.usual, state.measuredAt) = (span, span, now)
                return false
            }
            let next = recent + (span - recent) / 8
            // What is usual may become worse, slowly: a store that grew is no backlog.
            let drift = state.usual * (0.0002 * max(0, min(3_600, (now - state.measuredAt) / .seconds(1))))
            state.recent = next
            state.usual = min(next, state.usual + drift)
            state.measuredAt = now
            guard next > state.usual * 2 + .microseconds(500) else { return false }
            if let askedAt = state.askedAt, now - askedAt < Self.interval { return false }
            state.askedAt = now
            return true
        }
    }

    // MARK: - Who slows

    /// A tenant's new executions are slow somewhere.
    func heard(_ lane: UInt8, at now: Duration) {
        state.withLock { state in
            state.asked[lane] = now
            if let slowedAt = state.slowedAt, now - slowedAt < Self.interval { return }
            state.slowedAt = now
            state.pause = min(max(state.pause * 2, Self.pauses.lowerBound), Self.pauses.upperBound)
        }
    }

    /// These tenants' executions were taken.
    func took(_ lanes: Set<UInt8>, at now: Duration) {
        state.withLock { state in for lane in lanes { state.taken[lane] = now } }
    }

    /// How long to leave the backlog alone after this helping; zero: nobody else is slowed by it.
    func pause(at now: Duration) -> Duration {
        state.withLock { state in
            guard state.pause > .zero else { return .zero }
            state.asked = state.asked.filter { now - $0.value < Self.memory }
            guard !state.asked.isEmpty else {
                state.pause = .zero
                return .zero
            }
            if let slowedAt = state.slowedAt, now - slowedAt > Self.interval * 3,
                now - (state.easedAt ?? slowedAt) >= Self.interval
            {
                state.easedAt = now
                state.pause = state.pause * 0.8
            }
            if state.pause < Self.pauses.lowerBound / 8 { state.pause = .zero }
            // A tenant does not make way for itself: its backlog is its own affair.
            let taken = state.taken.filter { now - $0.value < Self.memory }.keys
            return taken.contains { lane in state.asked.keys.contains { $0 != lane } } ? state.pause : .zero
        }
    }
}

// Counts children that have ended, one count for many of them.

import Logging
import SkeinCore

final class FanIn: Sendable {
    private let store: any ExecutionStore
    private let coordination: Coordination
    private let clock: any EngineClock
    private let logger: Logger
    private let alarm = Alarm()
    private let isRunning = Flag()
    private let mustCascade = Flag()
    private let mayCascade = Flag()

    init(store: any ExecutionStore, coordination: Coordination, clock: any EngineClock, logger: Logger) {
        self.store = store
        self.coordination = coordination
        self.clock = clock
        self.logger = logger
    }

    /// A child of somebody has ended.
    func childEnded() { alarm.poke() }

    /// An execution that this instance drives left children behind that have to be cancelled.
    func cascadeBegun() {
        mustCascade.raise()
        alarm.poke()
    }

    /// Some cascade is not over. Whoever began it goes on with it, unless that one has died.
    func cascadeSeen() { mayCascade.raise() }

    /// Counts now, for callers on an engine that is not running. Returns the parents that were woken by that.
    @discardableResult
    func countHere() async -> [ExecutionID] {
        isRunning.isRaised ? [] : await count()
    }

    /// Runs until cancelled. Whoever ends a child counts it at once; what an instance that died left uncounted is found
    /// at every `interval`.
    ///
    /// - Parameter chore: cancels what cascades left behind, after one has begun here, and at an interval while there are
    ///   others'.
    func run(every interval: Duration, _ chore: @Sendable () async throws -> Void) async {
        isRunning.raise()
        var next = clock.monotonic
        while !Task.isCancelled {
            await count()
            if mustCascade.isRaised || (mayCascade.isRaised && clock.monotonic >= next) {
                mustCascade.lower()
                mayCascade.lower()
                next = clock.monotonic + interval
                try? await chore()
            }
            await alarm.wait(until: clock.monotonic + interval, clock: clock)
        }
        isRunning.lower()
    }

    @discardableResult
    private func count() async -> [ExecutionID] {
        do {
            let woken = try await store.countEndedChildren()
            coordination.wakes.signal(woken.map { WakeHint(executionID: $0, reason: "children") })
            return woken
        } catch {
            logger.debug("ended children were not counted", metadata: ["error": "\(error)"])
            return []
        }
    }
}

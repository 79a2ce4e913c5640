// What this instance knows of limits that all instances share: which are closed, and whose queues are to be looked at.

import Logging
import SkeinCore
import Synchronization

final class LimitKeeper: Sendable {
    private struct State {
        var closed: [LimitName: LimitRecord.Closure] = [:]
        /// Reads of `closed` that have begun, and the latest of them that is known.
        var reads = (begun: 0, known: 0)
        /// What the store's heartbeat said when `closed` was read.
        var revision: Int64?
        /// Somebody may be let in: at once, or from then on.
        var due: [LimitName: Duration] = [:]
        var cursor: LimitName?
        var mustLook = false
        var gifts: [Gift] = []
    }

    /// Permits of attempts that have ended.
    private struct Gift {
        var held: HeldClaim
        var permits: [(name: LimitName, stepID: StepID)]
    }

    /// Names looked at in one go.
    private static let batch = 100

    private let store: any ExecutionStore
    private let coordination: Coordination
    private let clock: any EngineClock
    private let logger: Logger
    private let alarm = Alarm()
    private let isRunning = Flag()
    /// Read before every step.
    private let hasClosed = Flag()
    private let state = Mutex(State())

    init(store: any ExecutionStore, coordination: Coordination, clock: any EngineClock, logger: Logger) {
        self.store = store
        self.coordination = coordination
        self.clock = clock
        self.logger = logger
    }

    // MARK: - Closings

    /// Whether anything at all is closed, as far as this instance knows.
    var isAnyClosed: Bool { hasClosed.isRaised }

    func isClosed(_ name: LimitName) -> Bool {
        guard hasClosed.isRaised else { return false }
        let now = clock.now
        return state.withLock { $0.closed[name].map { $0.until > now } ?? false }
    }

    /// The heartbeat's answer: closings have changed since another one.
    func observe(_ revision: Int64) async {
        guard state.withLock({ $0.revision != revision }) else { return }
        await refresh(revision)
    }

    /// Reads what is closed now.
    func refresh(_ revision: Int64? = nil) async {
        let read = state.withLock { state in
            state.reads.begun += 1
            return state.reads.begun
        }
        guard let closed = try? await store.closedLimits() else { return }
        let opened: [LimitName]? = state.withLock { state in
            // One that began later knows better.
            guard read > state.reads.known else { return nil }
            state.reads.known = read
            let opened = state.closed.keys.filter { closed[$0] == nil }
            state.closed = closed
            if let revision { state.revision = revision }
            if closed.isEmpty { hasClosed.lower() } else { hasClosed.raise() }
            return opened
        }
        guard let opened else { return }
        freed(opened)
        for (name, closure) in closed where closure.until != .distantFuture { expect(name, at: closure.until) }
    }

    // MARK: - Queues

    /// Somebody under these limits has ended.
    func freed(_ names: [LimitName]) {
        guard !names.isEmpty else { return }
        let now = clock.monotonic
        state.withLock { state in for name in names { state.due[name] = now } }
        alarm.poke()
    }

    /// Gives back permits of attempts; those whose claim is over count for nothing already.
    func giveBack(_ held: HeldClaim, _ permits: [(name: LimitName, stepID: StepID)], isOver: Bool) async {
        if isOver { return freed(permits.map(\.name)) }
        guard isRunning.isRaised else {
            try? await store.releasePermits(held, permits)
            return await admit(permits.map(\.name))
        }
        state.withLock { $0.gifts.append(Gift(held: held, permits: permits)) }
        alarm.poke()
    }

    /// A sweep saw that somebody waits.
    func look() {
        state.withLock { $0.mustLook = true }
        alarm.poke()
    }

    /// Tells those who were let in, and looks again in time.
    func settle(_ admission: Admission, of name: LimitName) {
        if !admission.woken.isEmpty {
            coordination.wakes.signal(admission.woken.map { WakeHint(executionID: $0, reason: "limit") })
        }
        if let next = admission.next { expect(name, at: next) }
    }

    private func expect(_ name: LimitName, at time: Timestamp) {
        let at = clock.monotonic + max(.zero, time - clock.now)
        let isSooner = state.withLock { state in
            guard state.due[name].map({ at < $0 }) ?? true else { return false }
            state.due[name] = at
            return true
        }
        if isSooner { alarm.poke() }
    }

    /// Lets in who may be let in by now, on an engine that is not running.
    func admitHere() async {
        guard !isRunning.isRaised else { return }
        while case let names = takeDue(), !names.isEmpty { await admit(names) }
    }

    /// Looks at every queue now, on an engine that is not running.
    func lookHere() async {
        guard !isRunning.isRaised else { return }
        look()
        await lookAtQueues()
        await admitHere()
    }

    /// When a queue is to be looked at next.
    var next: Timestamp? {
        let (now, time) = (clock.monotonic, clock.now)
        return state.withLock { $0.due.values.min() }.map { time + ($0 - now) }
    }

    private func takeDue() -> [LimitName] {
        let now = clock.monotonic
        return state.withLock { state in
            let names = Array(state.due.filter { $0.value <= now }.keys.prefix(Self.batch))
            for name in names { state.due[name] = nil }
            return names
        }
    }

    /// Runs until cancelled.
    func run() async {
        isRunning.raise()
        defer { isRunning.lower() }
        await refresh()
        while !Task.isCancelled {
            await giveAllBack()
            await lookAtQueues()
            let names = takeDue()
            guard names.isEmpty else {
                await admit(names)
                continue
            }
            let next = state.withLock { $0.due.values.min() }
            await alarm.wait(until: next, clock: clock)
        }
    }

    private func giveAllBack() async {
        while let gift = state.withLock({ $0.gifts.isEmpty ? nil : $0.gifts.removeFirst() }) {
            do {
                try await store.releasePermits(gift.held, gift.permits)
                freed(gift.permits.map(\.name))
            } catch {
                // They count for as long as the claim does.
                logger.debug("permits were not given back", metadata: ["error": "\(error)"])
            }
        }
    }

    private func lookAtQueues() async {
        guard
            state.withLock({ state in
                defer { state.mustLook = false }
                return state.mustLook
            })
        else { return }
        let cursor = state.withLock { $0.cursor }
        guard let names = try? await store.queuedLimits(after: cursor, limit: Self.batch) else { return }
        state.withLock { $0.cursor = names.count < Self.batch ? nil : names.last }
        freed(names)
    }

    private func admit(_ names: [LimitName]) async {
        for name in names {
            do {
                settle(try await store.admit([name]), of: name)
            } catch {
                logger.debug("nobody was let in", metadata: ["limit": "\(name)", "error": "\(error)"])
                expect(name, at: clock.now + .milliseconds(250))
                guard !Task.isCancelled else { return }
            }
        }
    }
}

// Who decides ticks, and when to look. A leader only saves the others the work: with none, or with five, every tick is still
// decided once, by the store.

import Logging
import Metrics
import SkeinCore
import Synchronization

/// Decides the ticks of schedules at their instants, on the instance that leads the duty; on every instance while no leader
/// can be elected.
final class Ticker: Sendable {
    static let duty = "schedules"
    /// A leader that died is followed by another within this and the pause of those who do not lead.
    private static let term = Duration.seconds(7)
    private static let renewals = Duration.seconds(5)
    private static let campaigns = Duration.seconds(2)
    /// Who does not lead asks who does, which costs less, and campaigns every so often all the same.
    private static let campaignsEvery = 15
    /// Every so often it looks whether whoever leads decides anything.
    private static let doubtsEvery = 5
    /// A tick that is overdue for longer is one that nobody sees to: longer than it takes to replace a leader that died.
    private static let patience = Duration.seconds(10)
    /// The longest time without a look.
    private static let glance = Duration.seconds(30)
    /// While nobody hears what others change.
    private static let deafGlance = Duration.seconds(5)
    /// How soon an end that a tick waits for is found when nobody told of it.
    private static let waitingGlance = Duration.seconds(5)
    /// Ends that are waited for at once.
    private static let mostAwaited = 256
    private static let afterFailure = Duration.seconds(1)

    private let pass: TickPass
    private let engine: Engine
    private let coordination: Coordination
    private let identity: WorkerIdentity
    private let clock: any EngineClock
    private let metrics: ScheduleMetrics
    private let logger: Logger
    private let looks = Alarm()
    private let calls = Alarm()
    private let state = Mutex(State())

    private struct State {
        /// By the monotonic clock: the leadership is trusted until then.
        var leadsUntil: Duration?
        /// Under which term it leads, or campaigns.
        var candidacy: Candidacy?
        var hasResigned = false
        /// Who leads, as the coordination service says, and does not decide ticks.
        var distrusted: String?
        /// Executions whose end is waited for.
        var awaited: Set<ExecutionID> = []
    }

    private let (ends, endsInput) = AsyncStream.makeStream(of: ExecutionID.self)

    init(_ pass: TickPass, _ engine: Engine) {
        self.pass = pass
        self.engine = engine
        coordination = engine.coordination
        identity = engine.identity
        clock = engine.clock
        metrics = engine.metrics.schedules
        logger = engine.logger
    }

    /// Runs until cancelled or resigned.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.campaign() }
            group.addTask { await self.tick() }
            group.addTask { await self.listen() }
            group.addTask { await self.awaitEnds() }
            // Whoever ends first: the campaign, which only a resignation ends.
            await group.next()
            group.cancelAll()
        }
        await shielded { await self.resign() }
    }

    /// Leaves the duty to others, at once.
    func resign() async {
        let (isFirst, candidacy) = state.withLock { state in
            defer { (state.leadsUntil, state.hasResigned) = (nil, true) }
            return (!state.hasResigned, state.candidacy)
        }
        guard isFirst else { return }
        calls.poke()
        looks.poke()
        metrics.leads.record(0)
        await give(candidacy)
        coordination.wakes.signal([WakeHint(executionID: nil, reason: "leader")])
    }

    // MARK: - Leading

    /// Whether this instance leads, or nobody can be asked.
    var leads: Bool {
        let present = clock.monotonic
        return state.withLock { $0.leadsUntil.map { present < $0 } ?? false }
    }

    /// As whom this instance leads. Nil: it does not. Without a term nobody could be asked.
    var candidacy: Candidacy? {
        guard leads else { return nil }
        return state.withLock { $0.candidacy } ?? Candidacy(identity.id)
    }

    private func give(_ candidacy: Candidacy?) async {
        guard let candidacy else { return }
        try? await coordination.leaders.resign(Self.duty, candidate: "\(candidacy)")
    }

    private func campaign() async {
        var turn = 0
        while !Task.isCancelled, !state.withLock({ $0.hasResigned }) {
            let start = clock.monotonic
            let isElected = await isElected(turn: turn)
            turn += 1
            let before = leads
            let late = state.withLock { state in
                if !state.hasResigned { state.leadsUntil = isElected ? start + Self.term : nil }
                return state.hasResigned && isElected ? state.candidacy : nil
            }
            if let late { return await give(late) }
            metrics.leads.record(leads ? 1 : 0)
            if leads, !before { looks.poke() }
            await calls.wait(until: start + (leads ? Self.renewals : Self.campaigns), clock: clock)
        }
    }

    /// Nobody can be asked: then everybody tries.
    private func isElected(turn: Int) async -> Bool {
        do {
            if turn % Self.campaignsEvery != 0, !leads, let other = try await otherLeader() {
                return await isNeglected(by: other, turn)
            }
            guard let candidate = await candidate() else { return false }
            if try await coordination.leaders.campaign(Self.duty, candidate: "\(candidate)", ttl: Self.term) {
                state.withLock { $0.distrusted = nil }
                return true
            }
            guard let other = try await otherLeader() else { return false }
            return await isNeglected(by: other, turn)
        } catch {
            return true
        }
    }

    private func otherLeader() async throws -> String? {
        guard let leader = try await coordination.leaders.leader(of: Self.duty),
            Candidacy(leader)?.worker != identity.id
        else { return nil }
        return leader
    }

    /// Whether ticks stay undecided under this leader: it hangs, or is none, whatever the coordination service says. Then
    /// everybody tries, until another leads.
    private func isNeglected(by leader: String, _ turn: Int) async -> Bool {
        if state.withLock({ $0.distrusted }) == leader { return true }
        guard turn % Self.doubtsEvery == Self.doubtsEvery - 1, let due = try? await engine.store.dueSchedules(limit: 1),
            let next = due.next, next + Self.patience < due.now
        else { return false }
        logger.warning("ticks are overdue and nobody decides them", metadata: ["leader": "\(leader.prefix(100))"])
        state.withLock { $0.distrusted = leader }
        return true
    }

    /// Who leads stays under its term; who does not campaigns for a new one. The store counts them, so that terms grow
    /// whatever becomes of the coordination service. Nil: the store cannot be asked, and there is nothing to lead.
    private func candidate() async -> Candidacy? {
        if leads, let present = state.withLock({ $0.candidacy }) { return present }
        let holder = identity.id.description
        do {
            // No term where somebody has locked what terms are counted by: to lead does not hang on it.
            let term = try await engine.store.fence("leader:\(Self.duty)", holder: holder, ttl: .zero)
            let candidacy = Candidacy(identity.id, term: term)
            state.withLock { $0.candidacy = candidacy }
            return candidacy
        } catch {
            return nil
        }
    }

    /// Hints about nothing in particular: a schedule was changed, a leader has resigned, a connection is back.
    private func listen() async {
        for await hint in coordination.wakes.hints()
        where hint.executionID == nil && !hint.isQueued && hint.at == nil && hint.needs == nil {
            // A changed schedule is the leader's business; anything else may mean that there is no leader any more.
            if hint.reason != Self.duty { calls.poke() }
            if leads { looks.poke() }
        }
    }

    // MARK: - Ends

    /// Ticks that wait start when the execution before them ends, not at the next look.
    private func awaitEnds() async {
        await withDiscardingTaskGroup { group in
            for await id in ends {
                group.addTask {
                    _ = try? await self.engine.wait(for: id, timeout: .seconds(600))
                    self.state.withLock { _ = $0.awaited.remove(id) }
                    self.looks.poke()
                }
            }
        }
    }

    private func awaitEnds(of executions: [ExecutionID]) {
        let new = state.withLock { state in
            let new = executions.filter { !state.awaited.contains($0) }.prefix(
                max(0, Self.mostAwaited - state.awaited.count))
            state.awaited.formUnion(new)
            return new
        }
        for id in new { endsInput.yield(id) }
    }

    // MARK: - Ticking

    private func tick() async {
        while !Task.isCancelled, !state.withLock({ $0.hasResigned }) {
            var deadline: Duration?
            if leads {
                do {
                    deadline = clock.monotonic + next(try await pass.run { self.leads })
                } catch is CancellationError {
                    return
                } catch {
                    logger.debug("ticks could not be decided", metadata: ["error": "\(error)"])
                    deadline = clock.monotonic + Self.afterFailure
                }
            }
            await looks.wait(until: deadline, clock: clock)
        }
    }

    private func next(_ outlook: TickPass.Outlook) -> Duration {
        var span = coordination.health.isUp ? Self.glance : Self.deafGlance
        if let next = outlook.next { span = min(span, max(.zero, next)) }
        if !outlook.awaited.isEmpty {
            awaitEnds(of: outlook.awaited)
            span = min(span, Self.waitingGlance)
        }
        return outlook.isStuck ? max(span, Self.afterFailure) : span
    }
}

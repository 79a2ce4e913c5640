// Ticks that people ask for: one now, those of a past span, and when the next ones will be.

public import SkeinCore

/// What a backfill does or would do.
public struct Backfill: Sendable, Hashable {
    /// The instants, oldest first.
    public var ticks: [Timestamp]
    /// Ticks of the span that have started something already, or wait.
    public var alreadyStarted: Int
    /// What was decided; empty for a preview.
    public var decided: [TickRecord]
}

extension Engine {
    /// When a schedule fires next, paused or not; at most 1,000 times.
    public func nextTicks(of schedule: Schedule, after time: Timestamp, count: Int) throws -> [Timestamp] {
        let zone = try zone(of: schedule)
        var ticks: [Timestamp] = []
        var last = time
        while ticks.count < min(count, 1_000), let next = schedule.next(after: last, in: zone) {
            ticks.append(next)
            last = next
        }
        return ticks
    }

    /// Has a tick now, paused or not.
    ///
    /// - Parameter overlap: instead of the schedule's policy.
    /// - Returns: the tick with what was decided.
    /// - Throws: `scheduleNotFound`.
    @discardableResult
    public func triggerSchedule(_ id: ScheduleID, overlap: OverlapPolicy? = nil) async throws -> TickRecord {
        while true {
            let state = try await schedule(id)
            let policy = overlap ?? state.record.schedule.overlap
            let now = clock.now
            // Every tick has an instant of its own. What comes between this look and the decision changes the generation.
            let later = try await store.ticks(of: id, from: now, through: now + .milliseconds(1), limit: 1).first
            let at = later.map { $0.at + .microseconds(1) } ?? now
            let isBusy = try await isBusy(state, policy)
            let decision = TickPlan.decide(policy, isBusy: isBusy, waiting: state.waitingCount)
            var maker = TickMaker(engine: self, now: now)
            let tick = try await maker.tick(
                TickPlan.Item(at: at, decision: decision), of: state.record, source: .trigger)
            if try await decide(state.record, [tick]) != nil,
                let record = try await store.ticks(of: id, from: at, through: at, limit: 1).first
            {
                return record
            }
        }
    }

    /// Has the ticks of a past span run that have started nothing so far.
    ///
    /// - Parameters:
    ///   - start: the first instant that counts.
    ///   - end: the last one; nothing later than now counts.
    ///   - overlap: what becomes of them while an execution is unfinished. Default: they wait for each other.
    ///   - isPreview: nothing is decided.
    /// - Throws: `scheduleNotFound`; `invalidRequest` when there are more than 1,000.
    public func backfillSchedule(
        _ id: ScheduleID, from start: Timestamp, through end: Timestamp, overlap: OverlapPolicy = .bufferAll,
        isPreview: Bool = false
    ) async throws -> Backfill {
        var state = try await schedule(id)
        var backfill = try await backfill(state.record, from: start, through: min(end, clock.now))
        guard !isPreview else { return backfill }
        var rest = backfill.ticks[...]
        while !rest.isEmpty {
            let part = rest.prefix(100)
            state = try await schedule(id)
            var isBusy = try await isBusy(state, overlap)
            var waiting = state.waitingCount
            var maker = TickMaker(engine: self, now: clock.now)
            var ticks: [ScheduleDecision.Tick] = []
            for at in part {
                let decision = TickPlan.decide(overlap, isBusy: isBusy, waiting: waiting)
                isBusy = isBusy || decision == .fired
                if decision == .buffered { waiting += 1 }
                ticks.append(
                    try await maker.tick(TickPlan.Item(at: at, decision: decision), of: state.record, source: .backfill)
                )
            }
            guard try await decide(state.record, ticks) != nil else { continue }
            rest = rest.dropFirst(part.count)
        }
        if let first = backfill.ticks.first, let last = backfill.ticks.last {
            let wanted = Set(backfill.ticks)
            let decided = try await store.ticks(of: id, from: first, through: last, limit: .max)
            backfill.decided = decided.filter { wanted.contains($0.at) }.sorted { $0.at < $1.at }
        }
        return backfill
    }

    private func backfill(_ record: ScheduleRecord, from start: Timestamp, through end: Timestamp) async throws
        -> Backfill
    {
        let zone = try zone(of: record.schedule)
        let known = try await store.ticks(of: record.id, from: start, through: end, limit: .max)
        let done = Set(known.filter { $0.executionID != nil || $0.decision == .buffered }.map(\.at))
        var backfill = Backfill(ticks: [], alreadyStarted: 0, decided: [])
        var last = start + .microseconds(-1)
        while let next = record.schedule.next(after: last, in: zone), next <= end {
            last = next
            if done.contains(next) { backfill.alreadyStarted += 1 } else { backfill.ticks.append(next) }
            guard backfill.ticks.count <= 1_000, backfill.alreadyStarted <= 100_000 else {
                throw EngineError(
                    .invalidRequest, "the request is not valid",
                    problems: [
                        Problem(
                            .outOfRange, at: JSONPointer(tokens: ["to"]),
                            "A backfill has at most 1,000 ticks; ask for a shorter span, up to \(next).")
                    ])
            }
        }
        return backfill
    }

    private func isBusy(_ state: ScheduleState, _ policy: OverlapPolicy) async throws -> Bool {
        if policy == .cancelOther, !state.unfinished.isEmpty { return try await !cancelUnfinished(state) }
        return !state.unfinished.isEmpty
    }

    /// Nil: the schedule has changed meanwhile.
    private func decide(_ record: ScheduleRecord, _ ticks: [ScheduleDecision.Tick]) async throws -> Set<ExecutionID>? {
        let decision = ScheduleDecision(record, nextTick: record.nextTick, ticks: ticks, whilePaused: true)
        guard let made = try await store.decide([decision], by: identity.id).first, let made else { return nil }
        for tick in ticks { metrics.schedules.count(tick.decision) }
        announceStarted(ticks.compactMap(\.append).filter { made.contains($0.executionID) })
        if ticks.contains(where: { $0.decision == .buffered }) {
            coordination.wakes.signal([WakeHint(executionID: nil, reason: Ticker.duty)])
        }
        return made
    }
}

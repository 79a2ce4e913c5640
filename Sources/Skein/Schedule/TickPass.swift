// One look at the schedules: what is due is decided until nothing is.

import Logging
import Metrics
import SkeinCore

/// Decides ticks that are due.
struct TickPass: Sendable {
    /// What is known after a look.
    struct Outlook: Sendable {
        /// How long until the next tick; nil: there is none.
        var next: Duration?
        /// Executions whose end ticks wait for.
        var awaited: [ExecutionID]
        /// Something is due that could not be decided here.
        var isStuck: Bool
    }

    /// Schedules of one transaction.
    private static let batch = 100

    let engine: Engine

    /// Decides everything that is due, as long as `goesOn`.
    func run(while goesOn: () -> Bool = { true }) async throws -> Outlook {
        while true {
            let due = try await engine.store.dueSchedules(limit: Self.batch)
            guard !due.schedules.isEmpty, goesOn() else {
                return Outlook(next: due.next.map { $0 - due.now }, awaited: due.awaited, isStuck: false)
            }
            guard try await decide(due.schedules, at: due.now) > 0 else {
                // Another instance is at it, or none of them can be decided here.
                return Outlook(next: due.next.map { $0 - due.now }, awaited: due.awaited, isStuck: true)
            }
        }
    }

    /// Decides what is due of these. Returns of how many.
    @discardableResult
    func decide(_ states: [ScheduleState], at now: Timestamp) async throws -> Int {
        var maker = TickMaker(engine: engine, now: now)
        var decisions: [ScheduleDecision] = []
        var delays: [ExecutionID: Duration] = [:]
        for state in states {
            if state.record.schedule.pausesOnFailure, state.unfinished.isEmpty,
                try await engine.pauseIfFailed(state.record)
            {
                continue
            }
            guard let plan = try await plan(state, at: now) else { continue }
            var ticks: [ScheduleDecision.Tick] = []
            for item in plan.items {
                let tick = try await maker.tick(item, of: state.record)
                if let id = tick.append?.executionID, !item.hasWaited { delays[id] = now - item.at }
                ticks.append(tick)
            }
            decisions.append(ScheduleDecision(state.record, nextTick: plan.next, ticks: ticks))
        }
        let made = try await engine.store.decide(decisions, by: engine.identity.id)
        announce(decisions, made, delays)
        return made.count { $0 != nil }
    }

    /// Nil: this machine does not know the schedule's time zone.
    private func plan(_ state: ScheduleState, at now: Timestamp) async throws -> TickPlan? {
        let record = state.record
        let zone: ZoneRules
        do {
            zone = try ZoneDatabase.system.zone(record.schedule.times.timeZone)
        } catch {
            engine.logger.error(
                "a schedule waits for an instance that knows its time zone",
                metadata: ["schedule.id": "\(record.id)", "error": "\(error)"])
            return nil
        }
        func plan(isBusy: Bool) -> TickPlan {
            TickPlan(
                record.schedule, zone: zone, due: record.nextTick, now: now, isBusy: isBusy, waiting: state.waiting,
                waitingCount: state.waitingCount)
        }
        guard !state.unfinished.isEmpty else { return plan(isBusy: false) }
        guard record.schedule.overlap == .cancelOther,
            plan(isBusy: false).items.contains(where: { $0.decision == .fired })
        else { return plan(isBusy: true) }
        return plan(isBusy: try await !engine.cancelUnfinished(state))
    }

    /// After the commit.
    private func announce(
        _ decisions: [ScheduleDecision], _ made: [Set<ExecutionID>?], _ delays: [ExecutionID: Duration]
    ) {
        var appends: [Append] = []
        for (decision, started) in zip(decisions, made) {
            guard let started else { continue }
            for tick in decision.ticks {
                engine.metrics.schedules.count(tick.decision)
                guard let append = tick.append, started.contains(append.executionID) else { continue }
                if let delay = delays[append.executionID] {
                    engine.metrics.schedules.lateness.record(delay / .seconds(1))
                }
                appends.append(append)
            }
        }
        engine.announceStarted(appends)
    }
}

extension Engine {
    /// Cancels what earlier ticks started. False: something of it has yet to end.
    func cancelUnfinished(_ state: ScheduleState) async throws -> Bool {
        var haveEnded = true
        for id in state.unfinished {
            let reason = "a later tick of the schedule '\(state.record.schedule.name)'"
            let result = try await cancel(id, source: .system, reason: reason)
            haveEnded = haveEnded && result.execution.status.isEnded
        }
        return haveEnded
    }

    /// What ticks have started is told and counted as what people create.
    func announceStarted(_ appends: [Append]) {
        let created = appends.compactMap { append -> (creation: ExecutionCreation, due: Timestamp)? in
            guard case .create(let new, _) = append.effect else { return nil }
            return (new.creation, new.readyAt)
        }
        metrics.started.increment(by: created.count)
        announce(created)
    }

    /// Decides what is due now, until nothing is: what a running engine does by itself.
    package func decideTicks() async throws {
        _ = try await TickPass(engine: self).run()
    }
}

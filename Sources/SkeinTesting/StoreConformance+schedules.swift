// Schedules: a tick is decided once, together with what it starts.

import Skein
import SkeinCore

extension StoreConformance {
    static let schedules: [Case] = [
        Case("a schedule is found by its id, by its name and in lists, as it was written") { scene in
            let record = try await scene.schedule("a", tenant: "t")
            _ = try await scene.schedule("a")
            let kept = try await scene.store.schedule(record.id)?.record
            try expect("the schedule", kept, is: record)
            try expect("by name", try await scene.store.schedule(named: "a", tenantID: "t")?.record.id, is: record.id)
            try expect("of another tenant", try await scene.store.schedule(named: "a", tenantID: "u"), is: nil)
            try expect("all", try await scene.store.schedules(ScheduleQuery()).count, is: 2)
            let query = ScheduleQuery(tenantID: "t")
            try expect("the tenant's", try await scene.store.schedules(query).map(\.id), is: [record.id])
            let again = try await scene.store.createSchedule(scene.newSchedule("a", tenant: "t"))
            try expect("one of its name", again.id, is: record.id)
        },
        Case("a schedule is changed by who has read its last state") { scene in
            let record = try await scene.schedule("a")
            var changed = record
            changed.isPaused = true
            changed.revision += 1
            try expect("the change", try await scene.store.updateSchedule(changed), is: true)
            try expect("the same again", try await scene.store.updateSchedule(changed), is: false)
            let kept = try require(try await scene.store.schedule(record.id)?.record, "it is there")
            try expect("the generation", kept.generation, is: record.generation + 1)
            try expect("paused", kept.isPaused, is: true)
            try expect("deleted", try await scene.store.deleteSchedule(record.id), is: true)
            try expect("deleted again", try await scene.store.deleteSchedule(record.id), is: false)
            try expect("after", try await scene.store.schedule(record.id), is: nil)
        },
        Case("what is due is seen at its instant, and paused schedules never") { scene in
            let record = try await scene.schedule("a")
            var paused = try await scene.schedule("b")
            paused.isPaused = true
            _ = try await scene.store.updateSchedule(paused)
            let before = try await scene.store.dueSchedules(limit: 10)
            try expect("before", before.schedules.count, is: 0)
            try expect("the next", before.next, is: record.nextTick)
            scene.clock.advance(to: record.nextTick)
            let due = try await scene.store.dueSchedules(limit: 10)
            try expect("at the instant", due.schedules.map(\.record.id), is: [record.id])
            try expect("the clock", due.now, is: scene.now)
        },
        Case("a decision makes the tick, its execution and the step to the next tick at once") { scene in
            let (record, worker) = (try await scene.schedule("a"), scene.workerID())
            scene.clock.advance(to: record.nextTick)
            let row = scene.first(scene.creation())
            let decision = scene.fire(record, row)
            let made = try await scene.store.decide([decision], by: worker)
            try expect("what was made", made, is: [[row.executionID]])
            let state = try require(try await scene.store.schedule(record.id), "it is there")
            try expect("the next tick", state.record.nextTick, is: decision.nextTick)
            try expect("the unfinished", state.unfinished, is: [row.executionID])
            let ticks = try await scene.ticks(of: record.id)
            try expect("the ticks", ticks.map(\.at), is: [record.nextTick])
            try expect("its execution", ticks.first?.executionID, is: row.executionID)
            let claimer = try await scene.worker()
            try expect("who can be claimed", try await scene.claim(claimer).map(\.executionID), is: [row.executionID])
            try expect("its log", try await scene.store.rows(of: row.executionID, from: 1, limit: 10).count, is: 1)
            try expect("again", try await scene.store.decide([decision], by: worker), is: [nil])
            try expect("the ticks still", try await scene.ticks(of: record.id).count, is: 1)
        },
        Case("of thirty who decide a tick at once one does") { scene in
            let record = try await scene.schedule("a")
            scene.clock.advance(to: record.nextTick)
            let made = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<30 {
                    group.addTask {
                        let decision = scene.fire(record, scene.first(scene.creation()))
                        return try await scene.store.decide([decision], by: scene.workerID())[0]?.count ?? 0
                    }
                }
                return try await group.reduce(0, +)
            }
            try expect("executions", made, is: 1)
            try expect("ticks", try await scene.ticks(of: record.id).count, is: 1)
            let summaries = try await scene.store.list(.all)
            try expect("in the list", summaries.count, is: 1)
        },
        Case("many schedules are decided together, each by itself") { scene in
            var records: [ScheduleRecord] = []
            for number in 0..<120 { records.append(try await scene.schedule("s\(number)")) }
            scene.clock.advance(to: records[0].nextTick)
            // One has been changed since.
            _ = try await scene.store.updateSchedule(records[7])
            let decisions = records.map { scene.fire($0, scene.first(scene.creation())) }
            let made = try await scene.store.decide(decisions, by: scene.workerID())
            try expect("left alone", made.enumerated().filter { $1 == nil }.map(\.offset), is: [7])
            try expect("made", Set(made.compactMap { $0?.first }).count, is: 119)
            try expect(
                "due", try await scene.store.dueSchedules(limit: 10).schedules.map(\.record.id), is: [records[7].id])
        },
        Case("a tick that has a row keeps it") { scene in
            let record = try await scene.schedule("a")
            scene.clock.advance(to: record.nextTick)
            _ = try await scene.store.decide([scene.fire(record, scene.first(scene.creation()))], by: scene.workerID())
            var turned = try require(try await scene.store.schedule(record.id)?.record, "it is there")
            // As after an edit that begins at the same instant.
            turned.nextTick = record.nextTick
            _ = try await scene.store.updateSchedule(turned)
            turned.generation += 1
            let second = scene.first(scene.creation())
            for source in [TickSource.schedule, .backfill] {
                let decision = scene.fire(turned, second, source: source)
                let made = try await scene.store.decide([decision], by: scene.workerID())
                try expect("what was made", made, is: [[]])
                turned.generation += 1
            }
            try expect("no execution", try await scene.store.record(second.executionID) == nil, is: true)
            try expect("the tick", try await scene.ticks(of: record.id).count, is: 1)
        },
        Case("a tick that waits is due when the execution before it has ended") { scene in
            let (record, worker) = (try await scene.schedule("a"), scene.workerID())
            scene.clock.advance(to: record.nextTick)
            let first = scene.first(scene.creation())
            _ = try await scene.store.decide([scene.fire(record, first)], by: worker)
            var state = try require(try await scene.store.schedule(record.id), "it is there")
            scene.clock.advance(to: state.record.nextTick)
            let waits = ScheduleDecision(
                state.record, nextTick: .distantFuture, ticks: [.init(at: state.record.nextTick, decision: .buffered)])
            try expect("it waits", try await scene.store.decide([waits], by: worker), is: [[]])
            let look = try await scene.store.dueSchedules(limit: 10)
            try expect("while it runs", look.schedules.count, is: 0)
            try expect("whom it waits for", look.awaited, is: [first.executionID])
            try await scene.commit(scene.end(first.executionID, at: 2))
            state = try require(try await scene.store.dueSchedules(limit: 10).schedules.first, "it is due")
            try expect("who waits", state.waiting, is: waits.ticks[0].at)
            try expect("how many", state.waitingCount, is: 1)
            try expect("the unfinished", state.unfinished, is: [])
            let second = scene.first(scene.creation())
            let starts = ScheduleDecision(
                state.record, nextTick: .distantFuture,
                ticks: [.init(at: waits.ticks[0].at, decision: .buffered, append: second)])
            try expect("it starts", try await scene.store.decide([starts], by: worker), is: [[second.executionID]])
            let after = try await scene.store.dueSchedules(limit: 10)
            try expect("nobody waits", after.awaited, is: [])
            try expect(
                "the unfinished then", try await scene.store.schedule(record.id)?.unfinished, is: [second.executionID])
        },
        Case("a backfill starts what was skipped, once") { scene in
            let record = try await scene.schedule("a")
            scene.clock.advance(to: record.nextTick)
            let skipped = ScheduleDecision(
                record, nextTick: .distantFuture, ticks: [.init(at: record.nextTick, decision: .skippedLate)])
            _ = try await scene.store.decide([skipped], by: scene.workerID())
            var made = 0
            for _ in 1...2 {
                let now = try require(try await scene.store.schedule(record.id)?.record, "it is there")
                let decision = ScheduleDecision(
                    now, nextTick: now.nextTick,
                    ticks: [
                        .init(
                            at: record.nextTick, decision: .fired, source: .backfill,
                            append: scene.first(scene.creation()))
                    ])
                made += try await scene.store.decide([decision], by: scene.workerID())[0]?.count ?? 0
            }
            try expect("executions", made, is: 1)
            let ticks = try await scene.ticks(of: record.id)
            try expect("the tick", ticks.map(\.decision), is: [.fired])
            try expect("its source", ticks.map(\.source), is: [.backfill])
        },
        Case("paused schedules are decided only for whoever wants it") { scene in
            var record = try await scene.schedule("a")
            record.isPaused = true
            _ = try await scene.store.updateSchedule(record)
            record.generation += 1
            let row = scene.first(scene.creation())
            var decision = scene.fire(record, row)
            try expect("by its time", try await scene.store.decide([decision], by: scene.workerID()), is: [nil])
            decision.whilePaused = true
            try expect(
                "by hand", try await scene.store.decide([decision], by: scene.workerID()), is: [[row.executionID]])
        },
    ]
}

extension StoreScenario {
    /// A schedule that fires every minute.
    func newSchedule(_ name: String, tenant: String? = nil) -> ScheduleRecord {
        var schedule = Schedule(
            name, flowID: "flow", times: .interval(.seconds(60), anchor: Timestamp(microseconds: 0)),
            context: ["n": 2.5, "text": "ü", "list": [1, nil]])
        schedule.tenantID = tenant
        schedule.overlap = .bufferOne
        schedule.metadata = ["a": ["b": true]]
        return ScheduleRecord(
            id: ScheduleID(raw: executionID().raw), schedule: schedule,
            nextTick: schedule.next(after: now, in: .utc) ?? now, createdAt: now)
    }

    /// The same, kept.
    func schedule(_ name: String, tenant: String? = nil) async throws -> ScheduleRecord {
        try await store.createSchedule(newSchedule(name, tenant: tenant))
    }

    /// The next tick fires with this first row.
    func fire(_ record: ScheduleRecord, _ row: Append, source: TickSource = .schedule) -> ScheduleDecision {
        ScheduleDecision(
            record, nextTick: record.nextTick + .seconds(60),
            ticks: [.init(at: record.nextTick, decision: .fired, source: source, append: row)])
    }

    func ticks(of id: ScheduleID) async throws -> [TickRecord] {
        try await store.ticks(of: id, from: Timestamp(microseconds: 0), through: .distantFuture, limit: 1_000)
    }
}

extension ExecutionQuery {
    fileprivate static var all: ExecutionQuery {
        var query = ExecutionQuery()
        query.limit = 1_000
        return query
    }
}

// Schedules in memory: every call is one transaction, so that a tick is decided once here, too.

public import SkeinCore

extension InMemoryExecutionStore {
    struct ScheduleRow {
        var record: ScheduleRecord
        /// Executions that had not ended when somebody looked last.
        var active: [ExecutionID] = []
        var ticks: [Timestamp: TickRecord] = [:]
    }

    public func createSchedule(_ record: ScheduleRecord) async throws -> ScheduleRecord {
        transaction { state, now in
            if let known = state.schedule(named: record.schedule.name, record.schedule.tenantID) { return known.record }
            state.schedules[record.id] = ScheduleRow(record: record)
            state.tell("schedule.create", "\(record.id)", at: now, ["name": .string(record.schedule.name)])
            return record
        }
    }

    public func updateSchedule(_ record: ScheduleRecord) async throws -> Bool {
        try transaction { state, now in
            guard var row = state.schedules[record.id], row.record.generation == record.generation else { return false }
            if let other = state.schedule(named: record.schedule.name, record.schedule.tenantID),
                other.record.id != record.id
            {
                throw StoreError(.invalid, "another schedule is called '\(record.schedule.name)'")
            }
            row.record = record
            row.record.generation += 1
            row.record.updatedAt = now
            state.schedules[record.id] = row
            state.tell(
                "schedule.update", "\(record.id)", at: now,
                [
                    "name": .string(record.schedule.name), "revision": .int(record.revision),
                    "paused": .bool(record.isPaused),
                ])
            return true
        }
    }

    public func deleteSchedule(_ id: ScheduleID) async throws -> Bool {
        transaction { state, now in
            guard let gone = state.schedules.removeValue(forKey: id) else { return false }
            state.tell("schedule.delete", "\(id)", at: now, ["name": .string(gone.record.schedule.name)])
            return true
        }
    }

    public func schedule(_ id: ScheduleID) async throws -> ScheduleState? {
        transaction { state, _ in state.schedules[id].map { state.state(of: $0) } }
    }

    public func schedule(named name: String, tenantID: String?) async throws -> ScheduleState? {
        transaction { state, _ in state.schedule(named: name, tenantID).map { state.state(of: $0) } }
    }

    public func schedules(_ query: ScheduleQuery) async throws -> [ScheduleRecord] {
        transaction { state, _ in
            let found = state.schedules.values.map(\.record).filter { record in
                (query.tenantID == nil || record.schedule.tenantID == query.tenantID)
                    && (query.flowID == nil || record.schedule.flowID == query.flowID)
                    && (query.isPaused == nil || record.isPaused == query.isPaused)
            }
            let sorted = found.sorted { ($0.schedule.name, $0.id) < ($1.schedule.name, $1.id) }
            return Array(sorted.prefix(query.limit))
        }
    }

    public func ticks(of id: ScheduleID, from start: Timestamp, through end: Timestamp, limit: Int) async throws
        -> [TickRecord]
    {
        transaction { state, _ in
            let ticks = state.schedules[id]?.ticks.values.filter { start <= $0.at && $0.at <= end } ?? []
            return Array(ticks.sorted { $0.at > $1.at }.prefix(limit))
        }
    }

    public func dueSchedules(limit: Int) async throws -> DueSchedules {
        transaction { state, now in
            let rows = state.schedules.values.filter { !$0.record.isPaused }
            let states = rows.map { state.state(of: $0) }
            let due = states.filter {
                $0.record.nextTick <= now || ($0.waitingCount > 0 && $0.unfinished.isEmpty)
            }
            let sorted = due.sorted { ($0.record.nextTick, $0.record.id) < ($1.record.nextTick, $1.record.id) }
            let coming = rows.map(\.record.nextTick).filter { $0 != .distantFuture }
            return DueSchedules(
                now: now, schedules: Array(sorted.prefix(limit)), next: coming.min(),
                awaited: Array(states.filter { $0.waitingCount > 0 }.flatMap(\.unfinished).prefix(100)))
        }
    }

    public func decide(_ decisions: [ScheduleDecision], by worker: WorkerID) async throws -> [Set<ExecutionID>?] {
        transaction { state, now in
            decisions.map { state.decide($0, at: now) }
        }
    }
}

extension InMemoryExecutionStore.State {
    fileprivate func schedule(named name: String, _ tenantID: String?) -> InMemoryExecutionStore.ScheduleRow? {
        schedules.values.first { $0.record.schedule.name == name && $0.record.schedule.tenantID == tenantID }
    }

    fileprivate func state(of row: InMemoryExecutionStore.ScheduleRow) -> ScheduleState {
        let waiting = row.ticks.values.filter { $0.decision == .buffered && $0.executionID == nil }.map(\.at)
        return ScheduleState(
            record: row.record, unfinished: row.active.filter { ready[$0] != nil }, waiting: waiting.min(),
            waitingCount: waiting.count)
    }

    fileprivate mutating func decide(_ decision: ScheduleDecision, at now: Timestamp) -> Set<ExecutionID>? {
        guard var row = schedules[decision.scheduleID], row.record.generation == decision.generation,
            decision.whilePaused || !row.record.isPaused
        else { return nil }
        row.record.generation += 1
        row.record.nextTick = decision.nextTick
        row.active = row.active.filter { ready[$0] != nil }.suffix(1_000)
        var made: Set<ExecutionID> = []
        for tick in decision.ticks {
            guard row.ticks[tick.at].map({ $0.yields(to: tick) }) ?? true else { continue }
            row.ticks[tick.at] = TickRecord(
                at: tick.at, decision: tick.decision, source: tick.source, executionID: tick.append?.executionID,
                error: tick.error, decidedAt: now)
            guard let append = tick.append else { continue }
            _ = commit(append, at: now)
            made.insert(append.executionID)
            row.active.append(append.executionID)
        }
        schedules[decision.scheduleID] = row
        return made
    }
}

extension TickRecord {
    /// Whether another decision may take this one's place.
    fileprivate func yields(to tick: ScheduleDecision.Tick) -> Bool {
        guard executionID == nil else { return false }
        if decision == .buffered { return tick.decision == .buffered || tick.decision == .failed }
        return tick.source == .backfill
    }
}

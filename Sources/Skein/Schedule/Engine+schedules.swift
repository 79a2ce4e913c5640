// Schedules made, read, changed and removed. What becomes of their ticks is in TickPass.

public import SkeinCore

extension Engine {
    /// Makes a schedule, or leaves one of the same name and content as it is.
    ///
    /// - Throws: `invalidRequest` with every problem, `flowNotFound`; `scheduleConflict` when the tenant has another schedule of
    ///   this name.
    public func createSchedule(_ definition: JSONObject, isPaused: Bool = false) async throws -> (
        state: ScheduleState, created: Bool
    ) {
        let record = try await newSchedule(definition, isPaused: isPaused)
        let known = try await store.createSchedule(record)
        if known.id == record.id { schedulesChanged() }
        guard known.schedule == record.schedule else {
            throw EngineError(
                .scheduleConflict,
                "there is another schedule '\(record.schedule.name)'; change it, or take another name")
        }
        return (try await schedule(known.id), known.id == record.id)
    }

    /// Makes a schedule, or changes the one of its name so that it is as given. Whether that is paused stays as it is.
    ///
    /// - Throws: `invalidRequest` with every problem, `flowNotFound`.
    @discardableResult
    public func setSchedule(_ definition: JSONObject) async throws -> ScheduleState {
        let record = try await newSchedule(definition, isPaused: false)
        let known = try await store.createSchedule(record)
        guard known.id != record.id else {
            schedulesChanged()
            return try await schedule(known.id)
        }
        return try await edit(known.id) { $0.schedule = record.schedule }
    }

    private func newSchedule(_ definition: JSONObject, isPaused: Bool) async throws -> ScheduleRecord {
        let now = clock.now
        let schedule = try await checked(definition)
        guard let first = schedule.first(at: now, in: try zone(of: schedule)) else { throw neverFires() }
        return ScheduleRecord(
            id: ScheduleID(raw: ExecutionID.new(at: now).raw), schedule: schedule, nextTick: first, isPaused: isPaused,
            createdAt: now)
    }

    /// - Throws: `scheduleNotFound`.
    public func schedule(_ id: ScheduleID) async throws -> ScheduleState {
        guard let state = try await store.schedule(id) else { throw noSchedule(id.description) }
        return state
    }

    /// A schedule by its id or its name.
    ///
    /// - Throws: `scheduleNotFound`.
    public func schedule(_ text: String, tenantID: String? = nil) async throws -> ScheduleState {
        if let id = ScheduleID(text) { return try await schedule(id) }
        guard let state = try await store.schedule(named: text, tenantID: tenantID) else { throw noSchedule(text) }
        return state
    }

    /// By name.
    public func schedules(_ query: ScheduleQuery = ScheduleQuery()) async throws -> [ScheduleRecord] {
        try await store.schedules(query)
    }

    /// Decided ticks, latest first.
    public func ticks(
        of id: ScheduleID, from start: Timestamp = Timestamp(microseconds: 0),
        through end: Timestamp = .distantFuture, limit: Int = 50
    ) async throws -> [TickRecord] {
        _ = try await schedule(id)
        return try await store.ticks(of: id, from: start, through: end, limit: limit)
    }

    /// Changes members of a schedule; null removes one. Its name and tenant stay.
    ///
    /// With `replaces` the changes are the whole schedule.
    ///
    /// Ticks that are due are decided before, by what the schedule said then.
    ///
    /// - Parameter revision: the revision that the caller has seen; nil: any.
    /// - Throws: `scheduleNotFound`, `scheduleConflict` when it has another revision, `invalidRequest` with every problem.
    @discardableResult
    public func updateSchedule(
        _ id: ScheduleID, revision: Int64? = nil, _ changes: JSONObject, replaces: Bool = false
    ) async throws -> ScheduleState {
        try await edit(id, revision: revision) { record in
            let present = record.schedule.json
            var definition =
                replaces
                ? present.filter { ["name", "tenantId"].contains($0.key) }.reduce(into: [:]) { $0[$1.key] = $1.value }
                : present
            // Other times replace the old ones, whatever kind they are of.
            if ["cron", "intervalMs", "at"].contains(where: { changes[$0].map { !$0.isNull } ?? false }) {
                for key in ["cron", "timeZone", "intervalMs", "anchor", "at"] { definition[key] = nil }
            }
            for (key, value) in changes { definition[key] = value.isNull ? JSONValue?.none : value }
            let schedule = try await self.checked(definition)
            guard schedule.name == record.schedule.name, schedule.tenantID == record.schedule.tenantID else {
                throw EngineError(
                    .invalidRequest, "the request is not valid",
                    problems: [
                        Problem(
                            .badValue, at: JSONPointer(tokens: ["name"]), "The name and the tenant of a schedule stay.")
                    ])
            }
            record.schedule = schedule
        }
    }

    /// While it is paused a schedule has no ticks; those that are due are decided before.
    @discardableResult
    public func pauseSchedule(_ id: ScheduleID) async throws -> ScheduleState {
        try await edit(id) { $0.isPaused = true }
    }

    /// Goes on with the first tick after now. A schedule for one time that has not come about is late then.
    @discardableResult
    public func resumeSchedule(_ id: ScheduleID) async throws -> ScheduleState {
        try await edit(id) { $0.isPaused = false }
    }

    /// Removes a schedule and what was decided about its ticks. Executions that it started go on.
    ///
    /// - Throws: `scheduleNotFound`.
    public func deleteSchedule(_ id: ScheduleID) async throws {
        guard try await store.deleteSchedule(id) else { throw noSchedule(id.description) }
        schedulesChanged()
    }

    // MARK: - How

    private func edit(
        _ id: ScheduleID, revision: Int64? = nil, _ change: (inout ScheduleRecord) async throws -> Void
    ) async throws -> ScheduleState {
        while true {
            let state = try await schedule(id)
            let before = state.record
            if let revision, before.revision != revision {
                throw EngineError(
                    .scheduleConflict, "the schedule is at revision \(before.revision), not \(revision): read it again")
            }
            var after = before
            try await change(&after)
            guard after != before else { return state }
            let now = clock.now
            if !before.isPaused, before.nextTick <= now {
                // The old times until now count; only then come the new ones.
                if try await TickPass(engine: self).decide([state], at: now) > 0 { continue }
                if try await schedule(id).record.generation != before.generation { continue }
            }
            if after.movesTicks(from: before) {
                guard let first = after.schedule.first(at: now, in: try zone(of: after.schedule)) else {
                    throw neverFires()
                }
                after.nextTick = first
            }
            after.revision += 1
            guard try await store.updateSchedule(after) else { continue }
            schedulesChanged()
            return try await schedule(id)
        }
    }

    /// Tells whoever leads the duty to look again.
    private func schedulesChanged() {
        coordination.wakes.signal([WakeHint(executionID: nil, reason: Ticker.duty)])
    }

    private func noSchedule(_ text: String) -> EngineError {
        EngineError(.scheduleNotFound, "there is no schedule \(text.shortened)")
    }
}

extension ScheduleRecord {
    /// Whether the next tick has to be found anew.
    fileprivate func movesTicks(from before: ScheduleRecord) -> Bool {
        let (new, old) = (schedule, before.schedule)
        if new.times != old.times || new.startAt != old.startAt || new.endAt != old.endAt { return true }
        if case .once = new.times { return false }
        return before.isPaused && !isPaused
    }
}

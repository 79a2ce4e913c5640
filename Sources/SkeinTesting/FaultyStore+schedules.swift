public import Skein
public import SkeinCore

extension FaultyStore {
    /// Ticks are decided by appends: a fault may come here.
    public func decide(_ decisions: [ScheduleDecision], by worker: WorkerID) async throws -> [Set<ExecutionID>?] {
        try await writing {
            let made = try await base.decide(decisions, by: worker)
            let started = made.flatMap { $0 ?? [] }
            hooks?.committed(started, started.map { _ in .committed(woken: false) })
            return made
        }
    }

    public func createSchedule(_ record: ScheduleRecord) async throws -> ScheduleRecord {
        try await passing { try await base.createSchedule(record) }
    }

    public func updateSchedule(_ record: ScheduleRecord) async throws -> Bool {
        try await passing { try await base.updateSchedule(record) }
    }

    public func deleteSchedule(_ id: ScheduleID) async throws -> Bool {
        try await passing { try await base.deleteSchedule(id) }
    }

    public func schedule(_ id: ScheduleID) async throws -> ScheduleState? {
        try await passing { try await base.schedule(id) }
    }

    public func schedule(named name: String, tenantID: String?) async throws -> ScheduleState? {
        try await passing { try await base.schedule(named: name, tenantID: tenantID) }
    }

    public func schedules(_ query: ScheduleQuery) async throws -> [ScheduleRecord] {
        try await passing { try await base.schedules(query) }
    }

    public func ticks(of id: ScheduleID, from start: Timestamp, through end: Timestamp, limit: Int) async throws
        -> [TickRecord]
    {
        try await passing { try await base.ticks(of: id, from: start, through: end, limit: limit) }
    }

    public func dueSchedules(limit: Int) async throws -> DueSchedules {
        try await passing { try await base.dueSchedules(limit: limit) }
    }
}

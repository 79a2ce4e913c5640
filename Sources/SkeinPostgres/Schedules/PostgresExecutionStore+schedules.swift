import Logging
import PostgresClient
public import Skein
public import SkeinCore

extension PostgresExecutionStore {
    public func createSchedule(_ record: ScheduleRecord) async throws -> ScheduleRecord {
        let (schedule, definition) = (record.schedule, try definition(of: record.schedule))
        let query = PostgresQuery(
            ScheduleQueries.create,
            [
                .uuid(record.id.postgres), .text(schedule.tenantID ?? ""), .text(schedule.name), .text(schedule.flowID),
                definition, .timestamptz(record.nextTick.microseconds), .bool(record.isPaused),
                .timestamptz(record.createdAt.microseconds),
            ] + caller)
        try await insist { _ = try await connections.pool.query(query) }
        guard let known = try await self.schedule(named: schedule.name, tenantID: schedule.tenantID) else {
            throw StoreError(.unavailable, "the schedule '\(schedule.name)' was deleted meanwhile; try again")
        }
        return known.record
    }

    public func updateSchedule(_ record: ScheduleRecord) async throws -> Bool {
        let query = PostgresQuery(
            ScheduleQueries.update,
            [
                .uuid(record.id.postgres), .int8(record.generation), .text(record.schedule.name),
                .text(record.schedule.flowID), try definition(of: record.schedule),
                .timestamptz(record.nextTick.microseconds), .bool(record.isPaused), .int8(record.revision),
                queryTime,
            ] + caller)
        return try await insist { try await connections.pool.query(query).rowCount == 1 }
    }

    public func deleteSchedule(_ id: ScheduleID) async throws -> Bool {
        let query = PostgresQuery(ScheduleQueries.delete, [.uuid(id.postgres)] + caller)
        return try await insist { try await connections.pool.query(query).rowCount == 1 }
    }

    public func schedule(_ id: ScheduleID) async throws -> ScheduleState? {
        try await state(PostgresQuery(ScheduleQueries.one, [.uuid(id.postgres)]))
    }

    public func schedule(named name: String, tenantID: String?) async throws -> ScheduleState? {
        try await state(PostgresQuery(ScheduleQueries.named, [.text(tenantID ?? ""), .text(name)]))
    }

    private func state(_ query: PostgresQuery) async throws -> ScheduleState? {
        let result = try await insist { try await connections.reads.query(query) }
        return try await once { try result.first.map { try ScheduleState($0) } }
    }

    public func schedules(_ query: ScheduleQuery) async throws -> [ScheduleRecord] {
        let query = PostgresQuery(
            ScheduleQueries.list,
            [
                .text(query.tenantID), .text(query.flowID), .bool(query.isPaused), .int4(Int32(clamping: query.limit)),
            ])
        let result = try await insist { try await connections.pool.query(query) }
        return try await once { try result.rows.map { try ScheduleRecord($0) } }
    }

    public func ticks(of id: ScheduleID, from start: Timestamp, through end: Timestamp, limit: Int) async throws
        -> [TickRecord]
    {
        let query = PostgresQuery(
            ScheduleQueries.ticks,
            [
                .uuid(id.postgres), .timestamptz(start.microseconds), .timestamptz(end.microseconds),
                .int4(Int32(clamping: limit)),
            ])
        let result = try await insist { try await connections.reads.query(query) }
        return try await once { try result.rows.map { try TickRecord($0) } }
    }

    public func dueSchedules(limit: Int) async throws -> DueSchedules {
        let queries = [
            PostgresQuery(ScheduleQueries.due, [queryTime, .int4(Int32(clamping: limit))]),
            PostgresQuery(ScheduleQueries.outlook, [queryTime]),
        ]
        let results = try await insist { try await connections.reads.batch(queries) }
        var states: [ScheduleState] = []
        for row in results[0].rows {
            do {
                states.append(try ScheduleState(row))
            } catch {
                // One that cannot be read must not be due for ever before the others.
                let id = try await once { try row.id(0, as: ScheduleID.self) }
                logger.error(
                    "a schedule cannot be read and is paused", metadata: ["schedule.id": "\(id)", "error": "\(error)"])
                try await insist {
                    _ = try await connections.pool.query(PostgresQuery(ScheduleQueries.setAside, [.uuid(id.postgres)]))
                }
            }
        }
        let schedules = states
        return try await once {
            guard let outlook = results[1].first else { throw StoreError(.corrupt, "no outlook") }
            return DueSchedules(
                now: try outlook.time(0), schedules: schedules, next: try outlook.timeIfPresent(1),
                awaited: try outlook.uuids(2).map { ExecutionID($0) })
        }
    }

    private func definition(of schedule: Schedule) throws -> PostgresParameter {
        let json = JSONValue.object(schedule.json)
        if let code = json.exceeds(.stored) {
            throw StoreError(.invalid, "a schedule that could not be read back: \(code)")
        }
        return .jsonb(json.serialized())
    }
}

extension ScheduleRecord {
    /// Reads the columns of `ScheduleQueries`.
    fileprivate init(_ row: PostgresRow) throws {
        let createdAt = try row.time(6)
        let definition = try JSONValue(parsing: try row.bytes(1), limits: .stored)
        var problems: [Problem] = []
        guard let schedule = Schedule(definition, timeZone: ZoneRules.utc.name, problems: &problems)
        else {
            throw StoreError(.corrupt, "a schedule that this version cannot read: \(problems.first?.message ?? "")")
        }
        self.init(
            id: try row.id(0), schedule: schedule, nextTick: try row.time(2), isPaused: try row.bool(3),
            revision: try row.int64(4), generation: try row.int64(5), createdAt: createdAt, updatedAt: try row.time(7))
    }
}

extension ScheduleState {
    fileprivate init(_ row: PostgresRow) throws {
        self.init(
            record: try ScheduleRecord(row), unfinished: try row.uuids(8).map { ExecutionID($0) },
            waiting: try row.timeIfPresent(9), waitingCount: Int(try row.int32(10)))
    }
}

extension TickRecord {
    fileprivate init(_ row: PostgresRow) throws {
        guard let decision = TickDecision(rawValue: try row.int16(1)),
            let source = TickSource(rawValue: try row.int16(2))
        else {
            throw StoreError(.corrupt, "a tick that was decided in an unknown way")
        }
        self.init(
            at: try row.time(0), decision: decision, source: source, executionID: try row.idIfPresent(3),
            error: try row.stringIfPresent(4), decidedAt: try row.time(5))
    }
}

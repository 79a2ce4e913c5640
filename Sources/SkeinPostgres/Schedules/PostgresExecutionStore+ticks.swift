// Ticks become durable together with what they start. What was decided for another generation of a schedule is not
// written at all.

import PostgresClient
public import Skein
public import SkeinCore

extension PostgresExecutionStore {
    public func decide(_ decisions: [ScheduleDecision], by worker: WorkerID) async throws -> [Set<ExecutionID>?] {
        guard !decisions.isEmpty else { return [] }
        let appends = decisions.flatMap { $0.ticks.compactMap(\.append) }.sorted { $0.executionID < $1.executionID }
        if let problem = appends.lazy.compactMap(\.problem).first { throw problem }
        guard appends.allSatisfy(\.isCreation) else {
            throw StoreError(.invalid, "a tick can only create an execution")
        }
        let query = PostgresQuery(
            ScheduleQueries.decide,
            schedules(decisions) + ticks(decisions) + executions(appends) + [
                .uuid(worker.postgres), queryTime, .array(.timestamps(appends.map(\.at.microseconds))),
                .array(.byteas(appends.map(\.hash))),
            ])
        var isRepeated = false
        let made = try await insist {
            let isAgain = isRepeated
            isRepeated = true
            var made = try Self.made(try await connections.pool.query(query))
            if isAgain {
                // The first try may have been written although its answer was lost.
                for row in try await connections.pool.query(decided(decisions)).rows {
                    made[try row.id(0), default: []].insert(try row.id(1))
                }
            }
            return made
        }
        return decisions.map { made[$0.scheduleID] }
    }

    private static func made(_ result: PostgresResult) throws -> [ScheduleID: Set<ExecutionID>] {
        var made: [ScheduleID: Set<ExecutionID>] = [:]
        for row in result.rows { made[try row.id(0)] = Set(try row.uuids(1).map { ExecutionID($0) }) }
        return made
    }

    private func schedules(_ decisions: [ScheduleDecision]) -> [PostgresParameter] {
        [
            .ids(decisions.map(\.scheduleID)), .array(.int8s(decisions.map(\.generation))),
            .array(.timestamps(decisions.map(\.nextTick.microseconds))),
            .array(.bools(decisions.map(\.whilePaused))),
        ]
    }

    private func ticks(_ decisions: [ScheduleDecision]) -> [PostgresParameter] {
        let ticks = decisions.flatMap { decision in decision.ticks.map { (decision.scheduleID, $0) } }
        return [
            .ids(ticks.map(\.0)), .array(.timestamps(ticks.map(\.1.at.microseconds))),
            .array(.int2s(ticks.map(\.1.decision.rawValue))), .array(.int2s(ticks.map(\.1.source.rawValue))),
            .array(.uuids(optional: ticks.map { $0.1.append?.executionID.postgres })),
            .array(.texts(optional: ticks.map(\.1.error))),
        ]
    }

    private func executions(_ appends: [Append]) -> [PostgresParameter] {
        let new = appends.compactMap { $0.new?.execution }
        let made = new.map(\.creation)
        return [
            .ids(appends.map(\.executionID)), .array(.texts(made.map { $0.tenantID ?? "" })),
            .array(.texts(made.map(\.flowID))), .array(.texts(made.map(\.flowVersion))),
            .array(.texts(optional: made.map(\.tag))), .array(.int2s(made.map(\.priority))),
            .array(.timestamps(made.map(\.createdAt.microseconds))),
            .array(.timestamps(new.map(\.readyAt.microseconds))), .array(.texts(new.map(\.needs))),
            .ids(appends.map(\.operationID)), .array(.byteas(appends.map(\.body))),
            .array(.int2s(appends.map(\.count))),
        ]
    }

    private func decided(_ decisions: [ScheduleDecision]) -> PostgresQuery {
        let started = decisions.flatMap { decision in
            decision.ticks.compactMap { tick in tick.append.map { (decision.scheduleID, tick.at, $0.executionID) } }
        }
        return PostgresQuery(
            ScheduleQueries.decided,
            [
                .ids(started.map(\.0)), .array(.timestamps(started.map(\.1.microseconds))), .ids(started.map(\.2)),
            ])
    }
}

// Turns rows into columns. This is the hot path: one array per column, no allocation per row.

import PostgresClient
import Skein
import SkeinCore

/// The statements that make some rows of a batch durable.
struct CommitStatements {
    /// Rows of the batch, by index, in the order of their executions' ids.
    typealias Rows = ArraySlice<Int>

    let batch: [Append]
    let now: PostgresParameter

    /// The append itself; `unlessTaken`: the one that leaves taken places alone.
    func append(_ rows: Rows, unlessTaken: Bool) -> PostgresQuery {
        PostgresQuery(
            unlessTaken ? AppendQueries.appendUnlessTaken : AppendQueries.append,
            [
                ids(rows), .array(.int8s(rows.map { batch[$0].position })),
                .array(.int2s(rows.map { batch[$0].count })),
                .array(.int2s(rows.map { batch[$0].kind.rawValue })),
                .array(.uuids(rows.map { batch[$0].operationID.postgres })),
                .array(.byteas(rows.map { batch[$0].body })),
                .array(.timestamps(rows.map { batch[$0].at.microseconds })),
                .array(.byteas(rows.map { batch[$0].hash })),
            ])
    }

    /// Whose rows are at these places.
    func whose(_ rows: Rows) -> PostgresQuery {
        PostgresQuery(
            AppendQueries.whose,
            [
                ids(rows), .array(.int8s(rows.map { batch[$0].position })),
                .array(.uuids(rows.map { batch[$0].operationID.postgres })),
            ])
    }

    /// What becomes durable with these rows, and where among the results the parks are.
    func dependents(_ rows: Rows) -> (queries: [PostgresQuery], park: Int?) {
        var creates: [Int] = []
        var parks: [Int] = []
        var ends: [Int] = []
        var snapshots: [Int] = []
        var consumers: [Int] = []
        var reopened: [Int] = []
        var expecting: [Int] = []
        var reporting: [Int] = []
        var cascading: [Int] = []
        var closing: [Int] = []
        for row in rows {
            switch batch[row].effect {
            case .none: break
            case .create: creates.append(row)
            case .park: parks.append(row)
            case .end: ends.append(row)
            case .reopen: reopened.append(row)
            }
            if batch[row].snapshot != nil, !batch[row].isEnd { snapshots.append(row) }
            if !batch[row].consumed.isEmpty { consumers.append(row) }
            if batch[row].cascades { cascading.append(row) }
            if !batch[row].closedTokens.isEmpty { closing.append(row) }
            switch batch[row].family {
            case .none: break
            case .expects: expecting.append(row)
            case .reports: reporting.append(row)
            }
        }
        var queries: [PostgresQuery] = []
        var park: Int?
        // ready before executions and inbox: the order of locks.
        if !creates.isEmpty { queries.append(createReady(creates[...])) }
        if !parks.isEmpty {
            park = queries.count
            queries.append(self.park(parks[...]))
        }
        if !ends.isEmpty { queries.append(PostgresQuery(AppendQueries.end, [ids(ends[...])])) }
        if !reopened.isEmpty {
            queries.append(
                PostgresQuery(
                    AppendQueries.reopenReady,
                    [ids(reopened[...]), .array(.texts(reopened.map { batch[$0].reopenNeeds })), now]))
            queries.append(PostgresQuery(AppendQueries.reopen, [ids(reopened[...])]))
        }
        if !creates.isEmpty { queries.append(createExecutions(creates[...])) }
        if !snapshots.isEmpty { queries.append(PostgresQuery(AppendQueries.snapshot, states(snapshots[...]))) }
        if !ends.isEmpty {
            queries.append(
                PostgresQuery(
                    AppendQueries.outcome,
                    states(ends[...]) + [now, .array(.int8s(ends.map { batch[$0].position }))]))
        }
        if !consumers.isEmpty { queries.append(consume(consumers[...])) }
        if let children = children(creates) { queries.append(children) }
        if !expecting.isEmpty { queries.append(expect(expecting)) }
        if !reporting.isEmpty { queries.append(report(reporting)) }
        if !cascading.isEmpty { queries.append(PostgresQuery(ChildQueries.cascade, [ids(cascading[...])])) }
        if !closing.isEmpty { queries.append(closeTokens(closing)) }
        return (queries, park)
    }

    private func ids(_ rows: Rows) -> PostgresParameter {
        .array(.uuids(rows.map { batch[$0].executionID.postgres }))
    }

    private func createReady(_ rows: Rows) -> PostgresQuery {
        let made = rows.compactMap { batch[$0].new }
        return PostgresQuery(
            AppendQueries.createReady,
            [
                ids(rows), .array(.timestamps(made.map(\.execution.readyAt.microseconds))),
                .array(.int2s(made.map(\.execution.creation.priority))), .array(.texts(made.map(\.execution.needs))),
                .array(.texts(made.map { $0.execution.creation.tenantID ?? "" })),
                .array(.texts(made.map(\.execution.creation.flowID))),
                .array(.uuids(optional: made.map { $0.ownership?.workerID.postgres })),
                .array(.uuids(optional: made.map { $0.ownership?.claimID.postgres })),
                .array(.int8s(made.map { $0.ownership?.lease.microseconds ?? 0 })), now,
                .array(.int4s(optional: made.map { $0.execution.knownVersions.map { Int32(clamping: $0) } })),
                .array(.uuids(optional: made.map { $0.execution.parent?.executionID.postgres })),
                .array(.uuids(optional: made.map { $0.execution.parent?.claimID.postgres })),
            ])
    }

    private func createExecutions(_ rows: Rows) -> PostgresQuery {
        let made = rows.compactMap { batch[$0].new?.execution.creation }
        return PostgresQuery(
            AppendQueries.createExecutions,
            [
                ids(rows), .array(.texts(made.map { $0.tenantID ?? "" })), .array(.texts(made.map(\.flowID))),
                .array(.texts(made.map(\.flowVersion))), .array(.texts(optional: made.map(\.tag))),
                .array(.uuids(optional: made.map { $0.parentID?.postgres })),
                .array(.uuids(made.map(\.rootID.postgres))),
                .array(.int2s(made.map(\.priority))), .array(.timestamps(made.map(\.createdAt.microseconds))),
            ])
    }

    private func park(_ rows: Rows) -> PostgresQuery {
        PostgresQuery(
            AppendQueries.park,
            [
                ids(rows), .array(.timestamps(rows.map { batch[$0].parking.due.microseconds })),
                .array(.int8s(rows.map { batch[$0].parking.seen })),
                .array(.texts(rows.map { batch[$0].parking.needs })),
                .array(.bools(rows.map { batch[$0].kind == .pause })), now,
            ])
    }

    private func states(_ rows: Rows) -> [PostgresParameter] {
        [
            ids(rows), .array(.int2s(rows.map { batch[$0].status.code })),
            .array(.int8s(rows.map { batch[$0].lastPosition })),
            .array(.byteas(optional: rows.map { batch[$0].snapshot?.bytes })),
        ]
    }

    /// Who started those that are created; nil: nobody any of them.
    private func children(_ rows: [Int]) -> PostgresQuery? {
        let born = rows.compactMap { batch[$0].new?.execution.creation }.filter { $0.parentID != nil }
        guard !born.isEmpty else { return nil }
        return PostgresQuery(
            ChildQueries.insert,
            [
                .array(.uuids(born.compactMap { $0.parentID?.postgres })), .array(.uuids(born.map(\.id.postgres))),
                .array(.int8s(optional: born.map(\.parentRound))), .array(.int4s(born.map(\.ordinal))),
            ])
    }

    private func expect(_ rows: [Int]) -> PostgresQuery {
        let expected = rows.flatMap { row -> [(parent: PostgresUUID, round: Append.ExpectedRound)] in
            guard case .expects(let rounds) = batch[row].family else { return [] }
            return rounds.map { (batch[row].executionID.postgres, $0) }
        }
        return PostgresQuery(
            ChildQueries.expect,
            [
                .array(.uuids(expected.map(\.parent))), .array(.int8s(expected.map(\.round.round))),
                .array(.int4s(expected.map { Int32(clamping: $0.round.total) })),
            ])
    }

    private func report(_ rows: [Int]) -> PostgresQuery {
        let reports = rows.compactMap { row -> (PostgresUUID, Int64, Bool)? in
            guard case .reports(let parent, let round, let failed) = batch[row].family else { return nil }
            return (parent.postgres, round, failed)
        }
        return PostgresQuery(
            ChildQueries.report,
            [
                .array(.uuids(reports.map(\.0))), .array(.int8s(reports.map(\.1))),
                .array(.bools(reports.map(\.2))),
            ])
    }

    private func closeTokens(_ rows: [Int]) -> PostgresQuery {
        let scopes = rows.flatMap { row in batch[row].closedTokens.map { (row, $0.wait) } }
        return PostgresQuery(
            TokenQueries.close,
            [
                ids(scopes.map(\.0)[...]),
                .array(.int4s(optional: scopes.map { $0.1.map { Int32(clamping: $0.visit) } })),
                .array(.texts(optional: scopes.map { $0.1?.key })), now,
            ])
    }

    private func consume(_ rows: Rows) -> PostgresQuery {
        let items = rows.flatMap { row in batch[row].consumed.map { (row, $0) } }
        return PostgresQuery(
            AppendQueries.consume,
            [
                ids(items.map(\.0)[...]), .array(.int8s(items.map(\.1))),
                .array(.int8s(items.map { batch[$0.0].position })),
            ])
    }
}

extension TokenScope {
    /// The one wait; nil: all.
    fileprivate var wait: (visit: Int, key: String?)? {
        switch self {
        case .all: nil
        case .wait(let visit, let key): (visit, key)
        }
    }
}

extension Append {
    /// Why no store can keep the row.
    var problem: StoreError? {
        if position < 1 { return StoreError(.invalid, "a row of \(executionID) begins at position \(position)") }
        if count < 1 { return StoreError(.invalid, "a row of \(executionID) holds \(count) events") }
        guard case .create(let new, _) = effect else { return nil }
        if new.creation.id != executionID {
            return StoreError(.invalid, "the first row of \(executionID) creates \(new.creation.id)")
        }
        if position != 1 {
            return StoreError(.invalid, "the first row of \(executionID) begins at position \(position)")
        }
        return nil
    }

    var isEnd: Bool {
        if case .end = effect { true } else { false }
    }

    var isCreation: Bool {
        if case .create = effect { true } else { false }
    }

    /// The position of the row's last event.
    var lastPosition: Int64 { position + Int64(count) - 1 }

    var new: (execution: NewExecution, ownership: Ownership?)? {
        if case .create(let execution, let ownership) = effect { (execution, ownership) } else { nil }
    }

    /// Read only where the effect is a park.
    var parking: (due: Timestamp, seen: Int64, needs: String) {
        if case .park(let due, let seen, let needs) = effect { (due, seen, needs) } else { (.distantFuture, .max, "") }
    }

    /// Read only where the effect is a reopening.
    var reopenNeeds: String {
        if case .reopen(let needs) = effect { needs } else { "" }
    }

    /// What the execution's row says after this one.
    var status: ExecutionStatus {
        if case .end(let status) = effect { status } else { snapshot?.status ?? .running }
    }
}

import PostgresClient
public import Skein
public import SkeinCore

extension PostgresExecutionStore {
    public func workflowSummary(of id: ExecutionID) async throws -> JSONValue? {
        let query = PostgresQuery(AuditQueries.summary, [.uuid(id.postgres)])
        let result = try await insist { try await connections.reports.query(query, timeout: .seconds(60)) }
        return try await once { try result.first?.stringIfPresent(0) }.map {
            try JSONValue(parsing: Array($0.utf8), limits: .stored)
        }
    }

    public func auditEvents(_ query: AuditQuery) async throws -> AuditPage<AuditEvent>? {
        let (root, execution) = query.scope.ids
        let asked = PostgresQuery(
            AuditQueries.events,
            [
                root, execution, query.types.isEmpty ? .null(PostgresOID(rawValue: 1009)) : .array(.texts(query.types)),
                .uuid(query.workerID?.postgres), .uuid(query.parentID?.postgres),
                .int4(query.attempt.map { Int32(clamping: $0) }), .timestamptz(query.startedAfter?.microseconds),
                .timestamptz(query.startedBefore?.microseconds), .bool(query.order == .descending),
                .int4(Int32(clamping: query.limit)), .int4(Int32(clamping: query.offset)),
            ])
        let result = try await insist { try await connections.reports.query(asked, timeout: .seconds(60)) }
        var page = AuditPage<AuditEvent>(
            items: [], total: Int(try await once { try result.first?.int64IfPresent(0) } ?? 0), limit: query.limit,
            offset: query.offset)
        for row in result.rows {
            guard let id = try await once({ try row.idIfPresent(1, as: ExecutionID.self) }) else { continue }
            let json = try JSONValue(parsing: Array(try row.string(6).utf8), limits: .stored)
            let event = AuditEvent(
                json, executionID: id, seq: try row.int64(2), root: try row.id(4), workerID: try row.idIfPresent(3),
                at: try row.time(5))
            guard let event else {
                throw StoreError(.corrupt, "the log of \(id) has an event that this version does not know")
            }
            page.items.append(event)
        }
        return page
    }

    public func auditAttempts(_ query: AuditQuery) async throws -> AuditPage<AttemptRecord>? {
        let (root, execution) = query.scope.ids
        let asked = PostgresQuery(
            AuditQueries.attempts,
            [
                root, execution, .uuid(query.workerID?.postgres),
                query.outcomes.isEmpty
                    ? .null(PostgresOID(rawValue: 1009)) : .array(.texts(query.outcomes.map(\.rawValue))),
                .timestamptz(query.startedAfter?.microseconds), .timestamptz(query.startedBefore?.microseconds),
                .timestamptz(query.endedAfter?.microseconds), .timestamptz(query.endedBefore?.microseconds),
                .bool(query.openOnly), .bool(query.order == .descending), .int4(Int32(clamping: query.limit)),
                .int4(Int32(clamping: query.offset)),
            ])
        let result = try await insist { try await connections.reports.query(asked, timeout: .seconds(60)) }
        return try await once {
            var page = AuditPage<AttemptRecord>(
                items: [], total: Int(try result.first?.int64IfPresent(0) ?? 0), limit: query.limit,
                offset: query.offset)
            for row in result.rows {
                guard let id = try row.idIfPresent(1, as: ExecutionID.self) else { continue }
                var attempt = AttemptRecord(
                    executionID: id, seq: try row.int64(2), stepID: StepID(try row.string(3)),
                    attempt: Int(try row.int32(4)), workerID: try row.idIfPresent(5),
                    startedAt: try row.timeIfPresent(7))
                attempt.outcome = try row.stringIfPresent(6).flatMap(AttemptOutcome.init(rawValue:))
                attempt.endedAt = try row.timeIfPresent(8)
                attempt.duration = try row.int64IfPresent(9).map { .microseconds($0) }
                attempt.error = try row.stringIfPresent(10).flatMap { try? JSONValue(parsing: $0) }
                attempt.isDerived = try row.boolIfPresent(11) ?? false
                page.items.append(attempt)
            }
            return page
        }
    }

    public func taskCounts(tag: String?, status: TaskStatus?) async throws -> [TaskCount]? {
        let query = PostgresQuery(AuditQueries.taskStats, [.text(tag), .text(status?.rawValue)])
        let result = try await insist { try await connections.reports.query(query, timeout: .seconds(60)) }
        return try await once {
            try result.rows.compactMap { row in
                guard let status = TaskStatus(rawValue: try row.string(2)) else { return nil }
                return TaskCount(
                    tag: try row.stringIfPresent(0), name: try row.string(1), status: status,
                    count: Int(try row.int64(3)))
            }
        }
    }
}

extension AuditQuery.Scope {
    /// The workflow, or the one execution.
    fileprivate var ids: (PostgresParameter, PostgresParameter) {
        switch self {
        case .execution(let id): (.uuid(id.postgres), .uuid(id.postgres))
        case .workflow(let id): (.uuid(id.postgres), .uuid(nil))
        }
    }
}

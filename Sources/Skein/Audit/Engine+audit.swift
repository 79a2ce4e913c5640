// What happened, over a whole workflow: pages of events and attempts, and how it went as a whole.

public import SkeinCore

extension Engine {
    /// A page of events by (time, execution, number).
    ///
    /// - Throws: `invalidRequest` with all that is wrong with the query, `executionNotFound`.
    public func audit(_ query: AuditQuery) async throws -> AuditPage<AuditEvent> {
        try await check(query)
        if let page = try await store.auditEvents(query) { return page }
        let workflow = try await WorkflowAudit(of: query.scope, in: self)
        let found = workflow.executions.flatMap(\.events)
            .filter { query.takes($0, of: workflow.parents[$0.executionID] ?? nil) }
            .sorted { ($0.at, $0.executionID, $0.seq) < ($1.at, $1.executionID, $1.seq) }
        return query.page(of: found)
    }

    /// A page of attempts by (number, execution, step).
    ///
    /// - Throws: as ``audit(_:)``.
    public func auditAttempts(_ query: AuditQuery) async throws -> AuditPage<AttemptRecord> {
        try await check(query)
        if let page = try await store.auditAttempts(query) { return page }
        let workflow = try await WorkflowAudit(of: query.scope, in: self)
        let found = workflow.executions.flatMap(\.attempts).filter { query.takes($0) }
            .sorted {
                ($0.attempt, $0.executionID, $0.stepID, $0.seq) < ($1.attempt, $1.executionID, $1.stepID, $1.seq)
            }
        return query.page(of: found)
    }

    /// How a workflow went, given any of its executions: totals, counters, timing, failures, the critical path, the slowest
    /// attempts. Times are RFC 3339, spans in microseconds.
    ///
    /// The critical path is the chain of executions, each started by the one before it, whose longest attempts take longest
    /// together; of equals the one with the lower id.
    ///
    /// - Throws: `executionNotFound`.
    public func workflowSummary(of id: ExecutionID) async throws -> JSONValue {
        if let summary = try await store.workflowSummary(of: id) { return summary }
        return try await WorkflowAudit(of: .workflow(id), in: self).summary
    }

    /// How many tasks of each tag and name are in each status, by tag, name and status.
    ///
    /// - Parameters:
    ///   - tag: only of this one.
    ///   - status: only in this one.
    public func taskStatistics(tag: String? = nil, status: TaskStatus? = nil) async throws -> [TaskCount] {
        if let counts = try await store.taskCounts(tag: tag, status: status) { return counts }
        var counts: [[String?]: TaskCount] = [:]
        var query = TaskQuery()
        query.tag = tag
        if let status { query.statuses = [status] }
        query.limit = 500
        while true {
            let (tasks, next) = try await tasks(query)
            for task in tasks {
                let tag = task.execution.creation.tag
                let key = [tag, task.name, task.status.rawValue]
                counts[key, default: TaskCount(tag: tag, name: task.name, status: task.status, count: 0)].count += 1
            }
            guard let next else { break }
            query.before = next
        }
        return counts.values.sorted {
            ($0.tag == nil ? 1 : 0, $0.tag ?? "", $0.name, $0.status.rawValue)
                < ($1.tag == nil ? 1 : 0, $1.tag ?? "", $1.name, $1.status.rawValue)
        }
    }

    private func check(_ query: AuditQuery) async throws {
        guard query.problems.isEmpty else {
            throw EngineError(.invalidRequest, "the request is not valid", problems: query.problems)
        }
        let id =
            switch query.scope {
            case .execution(let id), .workflow(let id): id
            }
        guard try await store.record(id) != nil else { throw notFound(id) }
    }
}

extension AuditQuery {
    fileprivate func takes(_ event: AuditEvent, of parent: ExecutionID?) -> Bool {
        (types.isEmpty || types.contains(event.type)) && (workerID == nil || event.workerID == workerID)
            && (parentID == nil || parent == parentID) && (attempt == nil || event.attempt == attempt)
            && (startedAfter.map { event.at >= $0 } ?? true) && (startedBefore.map { event.at <= $0 } ?? true)
    }

    fileprivate func takes(_ attempt: AttemptRecord) -> Bool {
        func isWithin(_ time: Timestamp?, _ after: Timestamp?, _ before: Timestamp?) -> Bool {
            (after.map { after in time.map { $0 >= after } ?? false } ?? true)
                && (before.map { before in time.map { $0 <= before } ?? false } ?? true)
        }
        return (workerID == nil || attempt.workerID == workerID)
            && (outcomes.isEmpty || attempt.outcome.map(outcomes.contains) ?? false)
            && (!openOnly || attempt.endedAt == nil) && isWithin(attempt.startedAt, startedAfter, startedBefore)
            && isWithin(attempt.endedAt, endedAfter, endedBefore)
    }

    fileprivate func page<Item>(of ascending: [Item]) -> AuditPage<Item> {
        let all = order == .ascending ? ascending : ascending.reversed()
        return AuditPage(
            items: Array(all.dropFirst(offset).prefix(limit)), total: all.count, limit: limit, offset: offset)
    }
}

import HTTPTypes
import Hummingbird
import Skein
import SkeinCore

/// What happened, over whole workflows; whether the log is as it was written; who did what; reports.
struct AuditRoutes: Sendable {
    let engine: Engine

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/v1/executions/{id}/summary", summary),
            Endpoint(.get, "/v1/executions/{id}/audit", audit),
            Endpoint(.get, "/v1/executions/{id}/verify", verifyOne),
            Endpoint(.get, "/v1/tasks/{id}/audit", taskAudit),
            Endpoint(.get, "/v1/audit", trail),
            Endpoint(.get, "/v1/audit/verify", verify),
            Endpoint(.get, "/v1/tags/{tag}/stats", tagStats),
            Endpoint(.get, "/v1/reports/{view}", report),
        ]
    }

    @Sendable private func summary(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        return .json(try await engine.workflowSummary(of: try request.executionID()))
    }

    // MARK: - Pages

    private enum Scope: String, CaseIterable { case workflow, execution }

    private static let filters = [
        "scope", "type", "workerId", "parentId", "attempt", "startedAfter", "startedBefore", "order", "limit", "offset",
    ]

    /// The events of the workflow; `scope=execution`: of this one alone.
    @Sendable private func audit(_ request: APIRequest) async throws -> Response {
        try await page(of: try request.executionID(), request, .workflow)
    }

    /// The events of the task; `scope=workflow`: of everything that it belongs to.
    @Sendable private func taskAudit(_ request: APIRequest) async throws -> Response {
        let task = try await engine.taskRecord(try request.executionID())
        return try await page(of: task.id, request, .execution)
    }

    private func page(of id: ExecutionID, _ request: APIRequest, _ usual: Scope) async throws -> Response {
        let query = try request.query(Self.filters) { reader in
            let scope = reader.choices("scope", Scope.self).first ?? usual
            var query = AuditQuery(scope == .workflow ? .workflow(id) : .execution(id))
            query.types = reader.texts("type")
            query.workerID = reader.worker("workerId")
            query.parentID = reader.id("parentId")
            query.attempt = reader.integer("attempt", in: 0...Int(Int32.max))
            query.startedAfter = reader.time("startedAfter")
            query.startedBefore = reader.time("startedBefore")
            query.order = reader.choices("order", AuditQuery.Order.self).first ?? .ascending
            query.limit = reader.integer("limit", in: 1...Page.largest) ?? Page.usual
            query.offset = reader.integer("offset", in: 0...Int(Int32.max)) ?? 0
            return query
        }
        return .json(try await engine.audit(query).json(\.json))
    }

    // MARK: - Evidence

    @Sendable private func verifyOne(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        return .json(Self.json(try await engine.verifyAudit(try request.executionID()), limit: 1))
    }

    /// A page of executions by their ids, and what does not fit in their logs.
    @Sendable private func verify(_ request: APIRequest) async throws -> Response {
        let (from, to, after, limit) = try request.query(["from", "to", "cursor", "limit"]) { reader in
            (
                reader.time("from"), reader.time("to"), reader.cursor("cursor"),
                reader.integer("limit", in: 1...10_000) ?? Page.largest
            )
        }
        let page = try await engine.verifyAudit(from: from, to: to, after: after, limit: limit)
        return .json(Self.json(page, limit: limit))
    }

    private static func json(_ page: LogVerification, limit: Int) -> JSONObject {
        var object: JSONObject = [
            "ok": .bool(page.misfits.isEmpty), "checked": .int(Int64(page.checked)),
            "items": .array(
                page.misfits.map { misfit in
                    [
                        "executionId": .string(misfit.executionID.description), "seq": .int(misfit.position),
                        "problem": .string(misfit.problem),
                    ]
                }), "limit": .int(Int64(limit)), "hasMore": .bool(page.last != nil),
        ]
        object["cursor"] = page.last.map { .string(Cursor.text($0)) }
        return object
    }

    /// What people did that is in no execution's log, the latest first.
    @Sendable private func trail(_ request: APIRequest) async throws -> Response {
        let query = try request.query(["target", "action", "actor", "cursor", "limit"]) { reader in
            var query = AuditTrailQuery()
            query.target = reader.text("target")
            query.action = reader.text("action")
            query.actor = reader.text("actor")
            query.before = reader.integer("cursor", in: 1...Int.max).map(Int64.init)
            query.limit = (reader.integer("limit", in: 1...Page.largest) ?? Page.usual) + 1
            return query
        }
        let found = try await engine.store.auditTrail(query)
        let items = found.prefix(query.limit - 1)
        var body: JSONObject = [
            "items": .array(items.map(\.json)), "limit": .int(Int64(query.limit - 1)),
            "hasMore": .bool(found.count > items.count),
        ]
        if found.count > items.count, let last = items.last { body["cursor"] = .string("\(last.id)") }
        return .json(body)
    }

    // MARK: - Numbers

    @Sendable private func tagStats(_ request: APIRequest) async throws -> Response {
        let status = try request.query(["status"]) { $0.choices("status", TaskStatus.self).first }
        let counts = try await engine.taskStatistics(tag: request.parameter("tag"), status: status)
        return .json(["items": .array(counts.map(\.json))] as JSONObject)
    }

    @Sendable private func report(_ request: APIRequest) async throws -> Response {
        let name = request.parameter("view")
        guard let view = ReportView(rawValue: name) else {
            let names = ReportView.allCases.map(\.rawValue)
            throw HTTPProblem(
                .notFound, "NOT_FOUND",
                "There is no report \(name.quoted)\(Suggestion.phrase(for: name, among: names)) There are \(names.joined(separator: ", "))."
            )
        }
        let query = try request.query(["since", "until", "flowId", "tenantId", "limit"]) { reader in
            var query = ReportQuery(view)
            query.since = reader.time("since")
            query.until = reader.time("until")
            query.flowID = reader.text("flowId")
            query.tenantID = reader.text("tenantId")
            query.limit = reader.integer("limit", in: 1...10_000) ?? 1_000
            return query
        }
        let rows = try await engine.report(query)
        return .json(
            ["items": .array(rows.map { .object($0) }), "limit": .int(Int64(query.limit))] as JSONObject)
    }
}

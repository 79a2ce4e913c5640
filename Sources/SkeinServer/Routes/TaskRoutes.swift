import HTTPTypes
import Hummingbird
import Skein
import SkeinCore

/// Tasks: independent work by name.
struct TaskRoutes: Sendable {
    let engine: Engine

    var endpoints: [Endpoint] {
        [
            Endpoint(.post, "/v1/tasks", create),
            Endpoint(.get, "/v1/tasks", list),
            Endpoint(.get, "/v1/tasks/stats", stats),
            Endpoint(.get, "/v1/tasks/{id}", show),
            Endpoint(.post, "/v1/tasks/{id}/pause", pause),
            Endpoint(.post, "/v1/tasks/{id}/resume", resume),
            Endpoint(.post, "/v1/tasks/{id}/cancel", cancel),
        ]
    }

    private static let fields = [
        "name", "payload", "delayMs", "priority", "timeoutMs", "heartbeatTimeoutMs", "maxRetries", "retryIntervalMs",
        "tag", "tenantId", "metadata", "cron", "timeZone", "scheduleName",
    ]
    private static let hints = ["task": #""name""#, "context": #""payload""#, "type": #""name""#]

    /// 201 for a new task; 200 with the task as it is now for a repeated idempotency key.
    @Sendable private func create(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let key = try IdempotencyKey.of(request.headers)
        let (name, payload, options, cron) = try await request.members(Self.fields, hints: Self.hints) { body in
            let name = body.requiredText("name") ?? ""
            let options = TaskOptions(
                delay: body.span("delayMs"), priority: body.integer("priority"), timeout: body.span("timeoutMs"),
                heartbeatTimeout: body.span("heartbeatTimeoutMs"), maxRetries: body.integer("maxRetries"),
                retryInterval: body.span("retryIntervalMs"), tag: body.text("tag"), tenantID: body.text("tenantId"),
                idempotencyKey: key, metadata: body.object("metadata"))
            let cron = (body.text("cron"), body.text("timeZone"), body.text("scheduleName"))
            return (name, body.value("payload") ?? .null, options, cron)
        }
        if let expression = cron.0 {
            let task = try await engine.cronStored(
                name, expression, payload: payload, options: options, scheduleName: cron.2, timeZone: cron.1)
            return .json(
                ["task": task.json] as JSONObject, status: .created, headers: [.location: "/v1/tasks/\(task.id)"])
        }
        let result = try await engine.enqueue(name, payload: payload, options: options)
        let task = TaskRecord(result.execution)?.json ?? .null
        let answer: JSONObject = ["task": task, "created": .bool(result.created)]
        let location = "/v1/tasks/\(result.execution.id)"
        guard result.created else { return .json(answer, headers: [.location: location, .idempotentReplayed: "true"]) }
        return .json(answer, status: .created, headers: [.location: location])
    }

    private static let filters = [
        "name", "status", "tag", "tenantId", "workerId", "parentId", "rootId", "suspendReason", "limit", "cursor",
    ]

    /// Newest first.
    @Sendable private func list(_ request: APIRequest) async throws -> Response {
        let query = try request.query(Self.filters) { reader in
            var query = TaskQuery()
            query.name = reader.text("name")
            query.statuses = reader.choices("status", TaskStatus.self)
            query.tag = reader.text("tag")
            query.tenantID = reader.text("tenantId")
            query.workerID = reader.worker("workerId")
            query.parentID = reader.id("parentId")
            query.rootID = reader.id("rootId")
            query.suspendReason = reader.text("suspendReason")
            query.before = reader.cursor("cursor")
            query.limit = reader.integer("limit", in: 1...Page.largest) ?? Page.usual
            return query
        }
        let (tasks, next) = try await engine.tasks(query)
        var body: JSONObject = [
            "items": .array(tasks.map(\.json)), "limit": .int(Int64(query.limit)), "hasMore": .bool(next != nil),
        ]
        body["cursor"] = next.map { .string(Cursor.text($0)) }
        return .json(body)
    }

    /// How many there are of each tag and name in each status.
    @Sendable private func stats(_ request: APIRequest) async throws -> Response {
        let (tag, status) = try request.query(["tag", "status"]) { reader in
            (reader.text("tag"), reader.choices("status", TaskStatus.self).first)
        }
        let counts = try await engine.taskStatistics(tag: tag, status: status)
        return .json(["items": .array(counts.map(\.json))] as JSONObject)
    }

    @Sendable private func show(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let id = try request.executionID()
        if let cron = try await cron(id) { return .json(cron.json) }
        return .json(try await engine.taskRecord(id).json)
    }

    /// The cron task whose id this is; nil: it is no cron task's.
    private func cron(_ id: ExecutionID) async throws -> CronTaskRecord? {
        do { return try await engine.cronTask(ScheduleID(raw: id.raw)) } catch let error as EngineError
            where error.code == .scheduleNotFound
        {
            return nil
        }
    }

    @Sendable private func pause(_ request: APIRequest) async throws -> Response {
        let (id, reason) = try await command(request)
        if let cron = try await cron(id) {
            return .json(try await Caller.because(reason) { try await engine.pauseCron(cron.id) }.json)
        }
        return .json(try await engine.pauseTask(id, reason: reason).json)
    }

    @Sendable private func resume(_ request: APIRequest) async throws -> Response {
        let (id, reason) = try await command(request)
        if let cron = try await cron(id) {
            return .json(try await Caller.because(reason) { try await engine.resumeCron(cron.id) }.json)
        }
        return .json(try await engine.resumeTask(id, reason: reason).json)
    }

    /// A task that has ended stays as it is: 200 with `cancelled: false`.
    @Sendable private func cancel(_ request: APIRequest) async throws -> Response {
        let (id, reason) = try await command(request)
        let cancelled = try await engine.cancelTask(id, reason: reason)
        let task = try await engine.taskRecord(id)
        return .json(["task": task.json, "cancelled": .bool(cancelled)] as JSONObject)
    }

    private func command(_ request: APIRequest) async throws -> (ExecutionID, String?) {
        try request.noQuery()
        let id = try request.executionID()
        return (id, try await request.members(["reason"]) { $0.text("reason") })
    }
}

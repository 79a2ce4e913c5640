import HTTPTypes
import Hummingbird
import Skein
import SkeinCore

/// Starting executions and finding them again.
struct ExecutionRoutes: Sendable {
    let engine: Engine

    var endpoints: [Endpoint] {
        [
            Endpoint(.post, "/v1/executions", create),
            Endpoint(.post, "/v1/executions/batch", createMany),
            Endpoint(.get, "/v1/executions", list),
            Endpoint(.get, "/v1/executions/{id}", show),
            Endpoint(.get, "/v1/executions/{id}/children", children),
        ]
    }

    private static let fields = [
        "flowId", "flowVersion", "context", "tenantId", "tag", "priority", "delayMs", "runAt", "idempotencyTtlMs",
        "timeouts", "autoRun",
        "parentExecutionId", "metadata",
    ]
    private static let hints = [
        "idempotencyKey": "the header Idempotency-Key", "input": #""context""#, "flow": #""flowId""#,
        "version": #""flowVersion""#,
    ]

    /// 201 for a new execution; 200 with the execution as it is now for a repeated idempotency key.
    @Sendable private func create(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let key = try IdempotencyKey.of(request.headers)
        let (flowID, context, options) = try await request.members(Self.fields, hints: Self.hints) { body in
            let flowID = body.requiredText("flowId") ?? ""
            let context = body.object("context") ?? [:]
            let options = Self.options(&body, key: key)
            body.problems += options.problems() + context.problems()
            return (flowID, context, options)
        }
        let result = try await engine.create(flowID, context: context, options: options)
        let answer: JSONObject = ["execution": result.execution.json, "created": .bool(result.created)]
        let location = "/v1/executions/\(result.execution.id)"
        guard result.created else { return .json(answer, headers: [.location: location, .idempotentReplayed: "true"]) }
        return .json(answer, status: .created, headers: [.location: location])
    }

    /// 200 with an answer for each, in order: `{execution, created}` or `{error}`, the problem that the request alone
    /// would have got. Items are those of a single creation, and may have an `idempotencyKey`.
    @Sendable private func createMany(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let items = try await request.members(["items"]) { body in
            let list = body.value("items")?.array
            if list == nil {
                body.add(.requiredMissing, JSONPointer(tokens: ["items"]), #"The request needs "items", a list."#)
            }
            if let count = list?.count, !(1...1_000).contains(count) {
                body.add(.outOfRange, JSONPointer(tokens: ["items"]), #""items" must have 1 to 1,000 elements."#)
            }
            return list ?? []
        }
        let requests = items.enumerated().map { index, item in
            Result { try Self.request(item, at: JSONPointer(tokens: ["items", String(index)])) }
        }
        let requestID = request.context.requestID
        var created = await engine.create(requests.compactMap { try? $0.get() })[...]
        let answers = requests.map { request -> JSONValue in
            do {
                _ = try request.get()
                guard let result = try created.popFirst()?.get() else { return .null }
                return ["execution": result.execution.json, "created": .bool(result.created)]
            } catch {
                return ["error": HTTPProblem(error).json(requestID: requestID)]
            }
        }
        return .json(["items": .array(answers)] as JSONObject)
    }

    private static func request(_ item: JSONValue, at pointer: JSONPointer) throws -> CreateRequest {
        var body = BodyReader(item, known: fields + ["idempotencyKey"], at: pointer)
        let flowID = body.requiredText("flowId") ?? ""
        let context = body.object("context") ?? [:]
        let options = options(&body, key: body.text("idempotencyKey"))
        body.problems += options.problems() + context.problems()
        try body.finish()
        return CreateRequest(flowID, context: context, options: options)
    }

    /// In the order of their ids, which is that of their creation.
    @Sendable private func children(_ request: APIRequest) async throws -> Response {
        let page = try request.query(["limit", "offset"]) { Page(&$0) }
        let id = try request.executionID()
        _ = try await engine.execution(id)
        let ids = try await engine.store.children(of: id, round: nil, from: page.offset, limit: page.limit + 1)
        var children: [JSONValue] = []
        for child in ids.prefix(page.limit) { children.append(try await engine.execution(child).json) }
        return .json(
            [
                "items": .array(children), "limit": .int(Int64(page.limit)), "offset": .int(Int64(page.offset)),
                "hasMore": .bool(ids.count > page.limit),
            ] as JSONObject)
    }

    private static func options(_ body: inout BodyReader, key: String?) -> CreateOptions {
        var options = CreateOptions(idempotencyKey: key)
        options.flowVersion = body.text("flowVersion")
        options.tenantID = body.text("tenantId")
        options.tag = body.text("tag")
        options.priority = body.integer("priority") ?? 0
        options.delay = body.span("delayMs")
        options.runAt = body.time("runAt")
        if body.value("delayMs") != nil, body.value("runAt") != nil {
            body.add(.badValue, JSONPointer(tokens: ["runAt"]), #"Either "delayMs" or "runAt" may be given, not both."#)
        }
        options.idempotencyTTL = body.span("idempotencyTtlMs")
        body.nested("timeouts", known: ["executionMs", "waitMs"]) { timeouts in
            options.executionTimeout = timeouts.span("executionMs")
            options.waitTimeout = timeouts.span("waitMs")
        }
        options.autoRun = body.bool("autoRun") ?? true
        options.parentID = body.id("parentExecutionId")
        options.metadata = body.object("metadata")
        return options
    }

    private static let filters = [
        "status", "flowId", "tag", "tenantId", "parentId", "rootId", "createdAfter", "createdBefore", "limit", "offset",
        "cursor",
    ]

    /// Newest first. A page by `cursor` goes on behind the page that gave it, whatever was created since.
    @Sendable private func list(_ request: APIRequest) async throws -> Response {
        let (query, page, isByCursor) = try request.query(Self.filters) { reader in
            let page = Page(&reader)
            var query = ExecutionQuery()
            query.statuses = reader.choices("status", ExecutionStatus.self)
            query.flowID = reader.text("flowId")
            query.tag = reader.text("tag")
            query.tenantID = reader.text("tenantId")
            query.parentID = reader.id("parentId")
            query.rootID = reader.id("rootId")
            query.createdAfter = reader.time("createdAfter")
            query.createdBefore = reader.time("createdBefore")
            query.before = reader.cursor("cursor")
            if reader.has("cursor"), reader.has("offset") {
                reader.add("offset", "BAD_VALUE", "Either \"cursor\" or \"offset\" may be given, not both.")
            }
            query.offset = page.offset
            query.limit = page.limit + 1
            return (query, page, reader.has("cursor"))
        }
        let found = try await engine.executions(query)
        var body: JSONObject = [
            "items": .array(found.prefix(page.limit).map(\.json)), "limit": .int(Int64(page.limit)),
        ]
        if !isByCursor { body["offset"] = .int(Int64(page.offset)) }
        let hasMore = found.count > page.limit
        if hasMore { body["cursor"] = .string(Cursor.text(found[page.limit - 1].id)) }
        body["hasMore"] = .bool(hasMore)
        return .json(body)
    }

    @Sendable private func show(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        return .json(try await engine.execution(try request.executionID()).json)
    }
}

import HTTPTypes
import Hummingbird
import Skein
import SkeinCore

/// What happened to an execution, and waiting for its end.
struct HistoryRoutes: Sendable {
    let engine: Engine
    let configuration: ServerConfiguration
    let drain: Drain

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/v1/executions/{id}/steps", steps),
            Endpoint(.get, "/v1/executions/{id}/events", events),
            Endpoint(.get, "/v1/executions/{id}/attempts", attempts),
            Endpoint(.get, "/v1/executions/{id}/wait", wait),
        ]
    }

    @Sendable private func steps(_ request: APIRequest) async throws -> Response {
        let page = try request.query(["limit", "offset"]) { Page(&$0, limit: Page.largest) }
        return .json(page.json(of: try await engine.steps(of: try request.executionID()).map(\.json)))
    }

    private static let attemptFilters = [
        "workerId", "outcome", "startedAfter", "startedBefore", "endedAfter", "endedBefore", "openOnly", "order",
        "limit",
        "offset",
    ]

    @Sendable private func attempts(_ request: APIRequest) async throws -> Response {
        let id = try request.executionID()
        let query = try request.query(Self.attemptFilters) { reader in
            var query = AuditQuery(.execution(id))
            query.workerID = reader.worker("workerId")
            query.outcomes = reader.choices("outcome", AttemptOutcome.self)
            query.startedAfter = reader.time("startedAfter")
            query.startedBefore = reader.time("startedBefore")
            query.endedAfter = reader.time("endedAfter")
            query.endedBefore = reader.time("endedBefore")
            query.openOnly = reader.bool("openOnly") ?? false
            query.order = reader.choices("order", AuditQuery.Order.self).first ?? .ascending
            query.limit = reader.integer("limit", in: 1...Page.largest) ?? Page.largest
            query.offset = reader.integer("offset", in: 0...Int(Int32.max)) ?? 0
            return query
        }
        return .json(try await engine.auditAttempts(query).json(\.json))
    }

    // MARK: - Events

    /// A page of recorded events, or with `Accept: text/event-stream` all of them as they happen.
    @Sendable func events(_ request: APIRequest) async throws -> Response {
        let known = ["from", "limit", "cursor", "lastEventId", "dialect"]
        let (from, limit, last, dialect) = try request.query(known) { query in
            let from = query.integer("from", in: 1...Int.max) ?? query.integer("cursor", in: 1...Int.max)
            return (
                from, query.integer("limit", in: 1...Page.largest) ?? Page.largest,
                query.integer("lastEventId", in: 0...(Int.max - 1)), query.choices("dialect", EventDialect.self).first
            )
        }
        let id = try request.executionID()
        if let dialect { return try await events(of: id, in: dialect, from: from ?? 1, limit: limit) }
        guard !wantsStream(request) else {
            let seen = try lastEventID(request) ?? last
            return try await stream(id, from: Int64(seen.map { $0 + 1 } ?? from ?? 1))
        }
        let first = Int64(from ?? 1)
        let found = try await engine.events(of: id, from: first, limit: limit + 1)
        let items = found.prefix(limit)
        var body: JSONObject = ["items": .array(items.map(\.json)), "limit": .int(Int64(limit)), "from": .int(first)]
        let hasMore = found.count > limit
        if hasMore, let last = items.last { body["cursor"] = .string(String(last.seq + 1)) }
        body["hasMore"] = .bool(hasMore)
        return .json(body)
    }

    /// A page of what the events say in others' names: of `limit` recorded ones, from the `from`th on.
    private func events(of id: ExecutionID, in dialect: EventDialect, from: Int, limit: Int) async throws -> Response {
        let (items, next) = try await engine.events(of: id, in: dialect, after: Int64(from) - 1, limit: limit)
        var body: JSONObject = [
            "items": .array(items), "limit": .int(Int64(limit)), "from": .int(Int64(from)),
            "hasMore": .bool(next != nil),
        ]
        body["cursor"] = next.map { .string(String($0 + 1)) }
        return .json(body)
    }

    private func wantsStream(_ request: APIRequest) -> Bool {
        request.headers[values: .accept].contains { field in
            field.lowercased().split(separator: ",").contains {
                $0.split(separator: ";").first?.trimmed == "text/event-stream"
            }
        }
    }

    private func lastEventID(_ request: APIRequest) throws -> Int? {
        guard let text = request.headers[.lastEventID]?.trimmed, !text.isEmpty else { return nil }
        guard let seq = Int(text), (0..<Int.max).contains(seq) else {
            throw HTTPProblem(
                .badRequest, "INVALID_HEADER", "Last-Event-ID must be the number of an event.",
                errors: [
                    ["header": "Last-Event-ID", "code": "BAD_VALUE", "message": "This is not the number of an event."]
                ])
        }
        return seq
    }

    private func stream(_ id: ExecutionID, from seq: Int64) async throws -> Response {
        let rootID = try await engine.execution(id).creation.rootID
        let events = EventStream(
            engine: engine, drain: drain, executionID: id, rootID: rootID, heartbeat: configuration.heartbeat)
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store", .accelBuffering: "no"],
            body: ResponseBody { writer in
                try await events.write(to: &writer, from: seq)
                try await writer.finish(nil)
            })
    }

    // MARK: - The end

    /// The execution at its end; at the timeout, or when this server goes away, as it is, with `timedOut: true`: ask
    /// again.
    @Sendable private func wait(_ request: APIRequest) async throws -> Response {
        let longest = Int(clamping: configuration.longestWait.wholeMilliseconds)
        let asked = try request.query(["timeoutMs"]) { $0.integer("timeoutMs", in: 0...longest) }
        let id = try request.executionID()
        let timeout = asked.map { Duration.milliseconds($0) } ?? configuration.defaultWait
        let execution = try await ended(id, within: timeout)
        var body = execution.json
        body["timedOut"] = .bool(!execution.status.isEnded)
        return .json(body)
    }

    private func ended(_ id: ExecutionID, within timeout: Duration) async throws -> Execution {
        let ended = try await withThrowingTaskGroup(of: Execution?.self) { group in
            group.addTask { try await engine.wait(for: id, timeout: timeout) }
            group.addTask {
                await drain.wait()
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        if let ended { return ended }
        return try await engine.execution(id)
    }
}

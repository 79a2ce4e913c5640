import Hummingbird
import Skein
import SkeinCore

/// Limits that all instances share, and pausing flows by them.
struct LimitRoutes: Sendable {
    let engine: Engine

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/v1/limits", list),
            Endpoint(.get, "/v1/limits/{name}", show),
            Endpoint(.post, "/v1/limits/{name}/close", close),
            Endpoint(.post, "/v1/limits/{name}/open", open),
            Endpoint(.post, "/v1/flows/{id}/pause", pause),
            Endpoint(.post, "/v1/flows/{id}/resume", resume),
        ]
    }

    /// By name; `after` is the last name of the page before.
    @Sendable private func list(_ request: APIRequest) async throws -> Response {
        let (limit, after) = try request.query(["limit", "after"]) { query in
            (query.integer("limit", in: 1...Page.largest) ?? Page.usual, query.text("after"))
        }
        let found = try await engine.limits(after: after.map { LimitName(rawValue: $0) }, limit: limit + 1)
        var body: JSONObject = [
            "items": .array(found.prefix(limit).map { .object($0.json) }), "limit": .int(Int64(limit)),
            "hasMore": .bool(found.count > limit),
        ]
        if found.count > limit { body["after"] = .string(found[limit - 1].name.rawValue) }
        return .json(body)
    }

    @Sendable private func show(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        return .json(try await limit(request).json)
    }

    /// Until `until`, for `forMs`, or until it is opened.
    @Sendable private func close(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let name = try self.name(request)
        let (until, reason, actor) = try await request.members(["until", "forMs", "reason", "actor"]) { body in
            let (until, span) = (body.time("until"), body.span("forMs"))
            if until != nil, span != nil {
                body.add(.badValue, JSONPointer(tokens: ["forMs"]), "Either \"until\" or \"forMs\", not both.")
            }
            if let span, span <= .zero {
                body.add(.outOfRange, JSONPointer(tokens: ["forMs"]), "\"forMs\" must be at least 1.")
            }
            return (until ?? span.map { engine.clock.now + $0 }, body.text("reason"), body.text("actor"))
        }
        try await engine.closeLimit(name, until: until, reason: reason, actor: actor)
        return .json(try await limit(request).json)
    }

    @Sendable private func open(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let reason = try await request.members(["reason"]) { $0.text("reason") }
        let name = try self.name(request)
        _ = try await limit(request)
        let wasClosed = try await Caller.because(reason) { try await engine.openLimit(name) }
        return .json(["opened": .bool(wasClosed), "limit": .object(try await limit(request).json)] as JSONObject)
    }

    @Sendable private func pause(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let id = try flowID(request)
        let (reason, actor) = try await request.members(["reason", "actor"]) { ($0.text("reason"), $0.text("actor")) }
        try await engine.pauseFlow(id, reason: reason, actor: actor)
        return .json(["flowId": .string(id), "paused": true] as JSONObject)
    }

    @Sendable private func resume(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let id = try flowID(request)
        let reason = try await request.members(["reason"]) { $0.text("reason") }
        let wasPaused = try await Caller.because(reason) { try await engine.resumeFlow(id) }
        return .json(["flowId": .string(id), "paused": false, "resumed": .bool(wasPaused)] as JSONObject)
    }

    private func limit(_ request: APIRequest) async throws -> LimitRecord {
        let name = try self.name(request)
        if let found = try await engine.limit(name) { return found }
        throw HTTPProblem(.notFound, "LIMIT_NOT_FOUND", "No execution has asked for the limit \(name.rawValue.quoted).")
    }

    private func name(_ request: APIRequest) throws -> LimitName {
        let name = request.parameter("name")
        guard !name.utf8.contains(0), (1...1_000).contains(name.utf8.count) else {
            throw HTTPProblem(.notFound, "LIMIT_NOT_FOUND", "That is not the name of a limit.")
        }
        return LimitName(rawValue: name)
    }

    private func flowID(_ request: APIRequest) throws -> String {
        let id = request.parameter("id")
        guard !id.utf8.contains(0) else { throw EngineError(.flowNotFound, "there is no flow \(id.quoted)") }
        return id
    }
}

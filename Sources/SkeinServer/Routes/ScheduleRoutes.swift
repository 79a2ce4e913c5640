import Hummingbird
import Skein
import SkeinCore

/// Schedules: made, read, changed, and asked for ticks. The id in a path may be the schedule's name.
struct ScheduleRoutes: Sendable {
    let engine: Engine

    var endpoints: [Endpoint] {
        [
            Endpoint(.post, "/v1/schedules", create),
            Endpoint(.get, "/v1/schedules", list),
            Endpoint(.get, "/v1/schedules/{id}", show),
            Endpoint(.put, "/v1/schedules/{id}", replace),
            Endpoint(.patch, "/v1/schedules/{id}", change),
            Endpoint(.delete, "/v1/schedules/{id}", delete),
            Endpoint(.post, "/v1/schedules/{id}/pause", pause),
            Endpoint(.post, "/v1/schedules/{id}/resume", resume),
            Endpoint(.post, "/v1/schedules/{id}/trigger", trigger),
            Endpoint(.post, "/v1/schedules/{id}/backfill", backfill),
            Endpoint(.get, "/v1/schedules/{id}/next", next),
            Endpoint(.get, "/v1/schedules/{id}/ticks", ticks),
        ]
    }

    // MARK: - Reading

    @Sendable private func list(_ request: APIRequest) async throws -> Response {
        let (page, query) = try request.query(["limit", "offset", "flowId", "tenantId", "paused"]) { reader in
            let page = Page(&reader)
            return (
                page,
                ScheduleQuery(
                    tenantID: reader.text("tenantId"), flowID: reader.text("flowId"), isPaused: reader.bool("paused"))
            )
        }
        return .json(page.json(of: try await engine.schedules(query).map { .object($0.json) }))
    }

    @Sendable private func show(_ request: APIRequest) async throws -> Response {
        let tenant = try request.query(["tenantId"]) { $0.text("tenantId") }
        return .json(try await engine.schedule(request.parameter("id"), tenantID: tenant).json)
    }

    @Sendable private func next(_ request: APIRequest) async throws -> Response {
        let (tenant, from, count) = try request.query(["tenantId", "from", "n"]) { reader in
            (reader.text("tenantId"), reader.time("from"), reader.integer("n", in: 1...1_000))
        }
        let state = try await engine.schedule(request.parameter("id"), tenantID: tenant)
        let after = from ?? engine.clock.now
        let ticks = try engine.nextTicks(of: state.record.schedule, after: after, count: count ?? 10)
        return .json(["items": .array(ticks.map { .string($0.description) })] as JSONObject)
    }

    /// Latest first.
    @Sendable private func ticks(_ request: APIRequest) async throws -> Response {
        let (tenant, from, to, page) = try request.query(["tenantId", "from", "to", "limit", "offset"]) { reader in
            (reader.text("tenantId"), reader.time("from"), reader.time("to"), Page(&reader))
        }
        let id = try await engine.schedule(request.parameter("id"), tenantID: tenant).record.id
        let found = try await engine.ticks(
            of: id, from: from ?? Timestamp(microseconds: 0), through: to ?? .distantFuture,
            limit: page.offset + page.limit + 1)
        let rest = found.dropFirst(page.offset)
        return .json(
            [
                "items": .array(rest.prefix(page.limit).map(\.json)), "limit": .int(Int64(page.limit)),
                "offset": .int(Int64(page.offset)), "hasMore": .bool(rest.count > page.limit),
            ] as JSONObject)
    }

    // MARK: - Changing

    /// 201 for a new schedule; 200 when there is the same one already.
    @Sendable private func create(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        var definition = try await object(request)
        let isPaused = try take("paused", "a boolean", \.bool, from: &definition) ?? false
        let reason = try take("reason", "a text", \.string, from: &definition)
        let wanted = definition
        let (state, created) = try await Caller.because(reason) {
            try await engine.createSchedule(wanted, isPaused: isPaused)
        }
        return .json(
            state.json, status: created ? .created : .ok, headers: [.location: "/v1/schedules/\(state.record.id)"])
    }

    /// The whole schedule anew. `revision`, where it is given, must be the present one.
    @Sendable private func replace(_ request: APIRequest) async throws -> Response {
        try await edit(request, replaces: true)
    }

    /// Some members; null removes one.
    @Sendable private func change(_ request: APIRequest) async throws -> Response {
        try await edit(request, replaces: false)
    }

    private func edit(_ request: APIRequest, replaces: Bool) async throws -> Response {
        let id = try await id(request)
        var changes = try await object(request)
        let revision = try take("revision", "an integer", \.int64, from: &changes)
        let isPaused = try take("paused", "a boolean", \.bool, from: &changes)
        let reason = try take("reason", "a text", \.string, from: &changes)
        let wanted = changes
        let state = try await Caller.because(reason) {
            let state = try await engine.updateSchedule(id, revision: revision, wanted, replaces: replaces)
            guard let isPaused else { return state }
            return isPaused ? try await engine.pauseSchedule(id) : try await engine.resumeSchedule(id)
        }
        return .json(state.json)
    }

    @Sendable private func delete(_ request: APIRequest) async throws -> Response {
        let (tenant, reason) = try request.query(["tenantId", "reason"]) { ($0.text("tenantId"), $0.text("reason")) }
        let id = try await engine.schedule(request.parameter("id"), tenantID: tenant).record.id
        try await Caller.because(reason) { try await engine.deleteSchedule(id) }
        return .json(["id": .string(id.description), "deleted": true] as JSONObject)
    }

    @Sendable private func pause(_ request: APIRequest) async throws -> Response {
        let id = try await id(request)
        let reason = try await request.members(["reason"]) { $0.text("reason") }
        return .json(try await Caller.because(reason) { try await engine.pauseSchedule(id) }.json)
    }

    @Sendable private func resume(_ request: APIRequest) async throws -> Response {
        let id = try await id(request)
        let reason = try await request.members(["reason"]) { $0.text("reason") }
        return .json(try await Caller.because(reason) { try await engine.resumeSchedule(id) }.json)
    }

    /// Answers with the tick and what was decided.
    @Sendable private func trigger(_ request: APIRequest) async throws -> Response {
        let id = try await id(request)
        let (overlap, reason) = try await request.members(["overlap", "reason"]) {
            ($0.choice("overlap", OverlapPolicy.self), $0.text("reason"))
        }
        return .json(
            try await Caller.because(reason) { try await engine.triggerSchedule(id, overlap: overlap) }.json)
    }

    /// With `dryRun` the ticks that it would decide.
    @Sendable private func backfill(_ request: APIRequest) async throws -> Response {
        let id = try await id(request)
        let members = ["from", "to", "overlap", "dryRun", "reason"]
        let (from, to, overlap, isPreview, reason) = try await request.members(members) { body in
            for key in ["from", "to"] { _ = body.requiredText(key) }
            let choice = body.choice("overlap", OverlapPolicy.self)
            return (body.time("from"), body.time("to"), choice, body.bool("dryRun") ?? false, body.text("reason"))
        }
        guard let from, let to else { throw EngineError(.invalidRequest, "the request is not valid") }
        let result = try await Caller.because(reason) {
            try await engine.backfillSchedule(
                id, from: from, through: to, overlap: overlap ?? .bufferAll, isPreview: isPreview)
        }
        var answer: JSONObject = [
            "dryRun": .bool(isPreview), "count": .int(Int64(result.ticks.count)),
            "alreadyStarted": .int(Int64(result.alreadyStarted)),
        ]
        answer["items"] = .array(
            isPreview ? result.ticks.map { ["at": .string($0.description)] } : result.decided.map(\.json))
        return .json(answer)
    }

    // MARK: - Bodies

    private func id(_ request: APIRequest) async throws -> ScheduleID {
        let tenant = try request.query(["tenantId"]) { $0.text("tenantId") }
        return try await engine.schedule(request.parameter("id"), tenantID: tenant).record.id
    }

    private func object(_ request: APIRequest) async throws -> JSONObject {
        guard let document = try await request.document() else { return [:] }
        guard let object = document.object else {
            throw invalid(.root, "The body must be an object, not \(document.kind.rawValue).")
        }
        return object
    }

    /// Removes a member that is the request's, not the schedule's.
    private func take<T>(
        _ key: String, _ expected: String, _ path: KeyPath<JSONValue, T?>, from object: inout JSONObject
    )
        throws -> T?
    {
        guard let value = object.removeValue(forKey: key), !value.isNull else { return nil }
        guard let member = value[keyPath: path] else {
            throw invalid(JSONPointer(tokens: [key]), "\(key.quoted) must be \(expected), not \(value.kind.rawValue).")
        }
        return member
    }

    private func invalid(_ place: JSONPointer, _ message: String) -> EngineError {
        EngineError(.invalidRequest, "the request is not valid", problems: [Problem(.wrongType, at: place, message)])
    }
}

import HTTPTypes
import Hummingbird
import Skein
import SkeinCore

/// Flows and the handlers their steps name.
struct FlowRoutes: Sendable {
    let engine: Engine

    var endpoints: [Endpoint] {
        [
            Endpoint(.post, "/v1/flows", register),
            Endpoint(.get, "/v1/flows", list),
            Endpoint(.get, "/v1/flows/{id}", show),
            Endpoint(.get, "/v1/flows/{id}/versions", versions),
            Endpoint(.get, "/v1/handlers", handlers),
        ]
    }

    /// 201 for a new version, 200 for one that is there with the same content.
    @Sendable private func register(_ request: APIRequest) async throws -> Response {
        let (strict, reason) = try request.query(["strict", "reason"]) {
            ($0.bool("strict") ?? false, $0.text("reason"))
        }
        guard let definition = try await request.document(yaml: true) else {
            throw HTTPProblem(.badRequest, "INVALID_JSON", "The body is empty; it must be a flow definition.")
        }
        let registered = try await Caller.because(reason) { try await engine.register(definition, strict: strict) }
        let body: JSONObject = ["flow": registered.flow.json, "warnings": .array(registered.warnings.map(\.json))]
        let version = registered.flow.version.description.percentEncoded
        return .json(
            body, status: registered.isNew ? .created : .ok,
            headers: [.location: "/v1/flows/\(registered.flow.id.percentEncoded)?version=\(version)"])
    }

    @Sendable private func list(_ request: APIRequest) async throws -> Response {
        let page = try request.query(["limit", "offset"]) { Page(&$0) }
        return .json(page.json(of: try await engine.store.flows()))
    }

    @Sendable private func show(_ request: APIRequest) async throws -> Response {
        let version = try request.query(["version"]) { $0.text("version") }
        let id = request.parameter("id")
        guard !id.utf8.contains(0) else { throw EngineError(.flowNotFound, "there is no flow \(id.quoted)") }
        return .json(try await engine.flow(id, version: version))
    }

    /// Newest first.
    @Sendable private func versions(_ request: APIRequest) async throws -> Response {
        let page = try request.query(["limit", "offset"]) { Page(&$0) }
        let id = request.parameter("id")
        let versions = id.utf8.contains(0) ? [] : try await engine.store.versions(of: id)
        guard !versions.isEmpty else { throw EngineError(.flowNotFound, "there is no flow \(id.quoted)") }
        return .json(page.json(of: versions.map { ["id": .string(id), "version": .string($0)] }))
    }

    /// The handlers of this instance with all that is known of them, and the names of those that only others have.
    @Sendable private func handlers(_ request: APIRequest) async throws -> Response {
        let page = try request.query(["limit", "offset"]) { Page(&$0, limit: Page.largest) }
        let workers = try await engine.store.workers().filter(\.isLive)
        let own = engine.handlers.metadata
        let others = Set(workers.flatMap(\.handlers)).subtracting(own.map(\.type))
        let all = (own + others.map { HandlerMetadata(type: $0) }).sorted { $0.type < $1.type }
        return .json(page.json(of: all.map { json($0, workers: workers) }))
    }

    private func json(_ handler: HandlerMetadata, workers: [WorkerRecord]) -> JSONValue {
        [
            "type": .string(handler.type), "name": .string(handler.name), "description": .string(handler.description),
            "category": .string(handler.category), "stateful": .bool(handler.isStateful),
            "configSchema": handler.configSchema,
            "workers": .int(Int64(workers.count { $0.handlers.contains(handler.type) })),
        ]
    }
}

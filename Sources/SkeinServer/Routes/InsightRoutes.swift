import HTTPTypes
import Hummingbird
import NIOCore
import Skein
import SkeinCore

/// What people ask about an execution as a whole: its family, its picture, its reasons.
struct InsightRoutes: Sendable {
    let engine: Engine

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/v1/executions/{id}/tree", tree),
            Endpoint(.get, "/v1/executions/{id}/explain", explain),
            Endpoint(.get, "/v1/executions/{id}/graph", graph),
            Endpoint(.get, "/v1/flows/{id}/graph", flowGraph),
        ]
    }

    /// Nested, at most 1,000 executions; `truncated` when there are more.
    @Sendable private func tree(_ request: APIRequest) async throws -> Response {
        let depth = try request.query(["depth"]) { $0.integer("depth", in: 0...1_000) }
        return .json(try await engine.tree(of: try request.executionID(), depth: depth ?? 32).json)
    }

    @Sendable private func explain(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        return .json(try await engine.explain(try request.executionID()).json)
    }

    @Sendable private func graph(_ request: APIRequest) async throws -> Response {
        let form = try request.query(["format"]) { $0.choices("format", FlowDrawing.Form.self).first }
        return answer(try await engine.drawing(of: try request.executionID()), form)
    }

    @Sendable private func flowGraph(_ request: APIRequest) async throws -> Response {
        let (form, version) = try request.query(["format", "version"]) { query in
            (query.choices("format", FlowDrawing.Form.self).first, query.text("version"))
        }
        let id = request.parameter("id")
        guard !id.utf8.contains(0) else { throw EngineError(.flowNotFound, "there is no flow \(id.quoted)") }
        return answer(try await engine.drawing(ofFlow: id, version: version), form)
    }

    private func answer(_ drawing: FlowDrawing, _ form: FlowDrawing.Form?) -> Response {
        let type: String
        switch form {
        case nil, .json?: return .json(drawing.json)
        case .svg?: type = "image/svg+xml"
        case .mermaid?, .dot?, .ascii?: type = "text/plain; charset=utf-8"
        }
        return Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: drawing.text(form ?? .json))))
    }
}

import Hummingbird
import Skein
import SkeinCore

/// What is done to an execution from outside. All of them answer with what became of it.
struct CommandRoutes: Sendable {
    let engine: Engine

    var endpoints: [Endpoint] {
        [
            Endpoint(.post, "/v1/executions/{id}/run", run),
            Endpoint(.post, "/v1/executions/{id}/step", step),
            Endpoint(.post, "/v1/executions/{id}/resume", resume),
            Endpoint(.post, "/v1/executions/{id}/cancel", cancel),
            Endpoint(.post, "/v1/executions/{id}/signals/{name}", signal),
        ]
    }

    @Sendable private func run(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let id = try request.executionID()
        try await request.members([]) { _ in }
        return .json(try await engine.run(id).json)
    }

    @Sendable private func step(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let id = try request.executionID()
        try await request.members([]) { _ in }
        return .json(try await engine.step(id).json)
    }

    @Sendable private func resume(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let id = try request.executionID()
        let data = try await request.members(["data"]) { $0.value("data") }
        return .json(try await engine.resume(id, data: data).json)
    }

    /// An execution that has ended stays as it is: 200 with `cancelled: false`, so that a repeated cancel is no error.
    @Sendable private func cancel(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let id = try request.executionID()
        let (source, reason) = try await request.members(["source", "reason"]) { body in
            (body.choice("source", Cancellation.Source.self) ?? .user, body.text("reason"))
        }
        let result = try await engine.cancel(id, source: source, reason: reason)
        return .json(
            [
                "execution": result.execution.json, "cancelled": .bool(result.cancelled),
                "previousStatus": .string(result.previousStatus.rawValue),
            ] as JSONObject)
    }

    /// 202: the signal is kept; when it is consumed is the execution's matter.
    @Sendable private func signal(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let id = try request.executionID()
        let name = request.parameter("name")
        let payload = try await request.members(["payload"]) { $0.value("payload") }
        try await engine.signal(id, name, payload: payload)
        let answer: JSONObject = ["accepted": true, "executionId": .string(id.description), "signal": .string(name)]
        return .json(answer, status: .accepted)
    }
}

import Hummingbird
import Skein
import SkeinCore

/// Resume tokens: keys that each end one wait once.
struct TokenRoutes: Sendable {
    let engine: Engine

    var endpoints: [Endpoint] {
        [
            Endpoint(.post, "/v1/executions/{id}/tokens", create),
            Endpoint(.get, "/v1/executions/{id}/tokens", list),
            Endpoint(.post, "/v1/tokens/{token}/resume", resume),
            Endpoint(.delete, "/v1/tokens/{token}", revoke),
        ]
    }

    /// 201 with the secret, which is shown this once.
    @Sendable private func create(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let id = try request.executionID()
        let (step, lifetime, metadata) = try await request.members(["stepId", "expiresInMs", "metadata"]) { body in
            (body.text("stepId"), body.span("expiresInMs"), body.object("metadata"))
        }
        let token = try await engine.createToken(
            for: id, step: step.map { StepID($0) }, expiresIn: lifetime, metadata: metadata)
        return .json(
            [
                "token": .string(token.token), "tokenId": .string(token.id.description),
                "executionId": .string(id.description), "stepId": .string(token.stepID.rawValue),
                "expiresAt": .string(token.expiresAt.description),
            ] as JSONObject, status: .created)
    }

    /// Oldest first; never the secrets.
    @Sendable private func list(_ request: APIRequest) async throws -> Response {
        let page = try request.query(["limit", "offset"]) { Page(&$0) }
        return .json(page.json(of: try await engine.tokens(of: try request.executionID()).map(\.json)))
    }

    /// Answers with what tells whoever has a token that it worked, and no more: a token permits to resume, not to read.
    @Sendable private func resume(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let secret = request.parameter("token")
        let data = try await request.members(["data"]) { $0.value("data") }
        let (execution, token) = try await engine.redeem(secret, data: data)
        return .json(
            [
                "id": .string(execution.id.description), "flowId": .string(execution.creation.flowID),
                "flowVersion": .string(execution.creation.flowVersion), "status": .string(execution.status.rawValue),
                "stepId": .string(token.target.stepID.rawValue), "tokenId": .string(token.id.description),
            ] as JSONObject)
    }

    @Sendable private func revoke(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        guard let id = TokenID(request.parameter("token")) else {
            throw EngineError(.tokenNotFound, "token not found")
        }
        return .json(try await engine.revokeToken(id).json)
    }
}

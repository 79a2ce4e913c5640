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
            Endpoint(.post, "/v1/executions/{id}/pause", pause),
            Endpoint(.post, "/v1/executions/{id}/retry", retry),
            Endpoint(.post, "/v1/executions/{id}/fork", fork),
            Endpoint(.post, "/v1/executions/{id}/steps/{step}/skip", skip),
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
        let (data, step, by) = try await request.members(["data", "step", "actor", "reason"]) { body in
            (body.value("data"), body.text("step"), body.intervention())
        }
        return .json(try await engine.resume(id, data: data, step: step.map { StepID($0) }, by: by).json)
    }

    @Sendable private func pause(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let id = try request.executionID()
        let by = try await request.members(["actor", "reason"]) { $0.intervention() }
        return .json(try await engine.pause(id, by: by).json)
    }

    /// From where it failed, or from `fromStep`.
    @Sendable private func retry(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let id = try request.executionID()
        let (step, by) = try await request.members(["fromStep", "actor", "reason"]) { body in
            (body.text("fromStep"), body.intervention())
        }
        return .json(try await engine.retry(id, from: step.map { StepID($0) }, by: by).json)
    }

    /// 201: the new execution.
    @Sendable private func fork(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let id = try request.executionID()
        let (step, context, autoRun) = try await request.members(["fromStep", "context", "autoRun"]) { body in
            (body.requiredText("fromStep"), body.object("context"), body.value("autoRun")?.bool)
        }
        var options = CreateOptions()
        options.autoRun = autoRun ?? true
        let forked = try await engine.fork(id, at: StepID(step ?? ""), context: context, options: options)
        return .json(["execution": forked.json, "created": true] as JSONObject, status: .created)
    }

    @Sendable private func skip(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let id = try request.executionID()
        let step = StepID(request.parameter("step"))
        let (output, by) = try await request.members(["output", "actor", "reason"]) { body in
            (body.value("output"), body.intervention())
        }
        return .json(try await engine.skip(id, step: step, output: output, by: by).json)
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
                "tokensInvalidated": .int(Int64(result.tokensInvalidated)),
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

extension BodyReader {
    /// Who asks, and why.
    fileprivate mutating func intervention() -> Intervention {
        Intervention(actor: text("actor"), reason: text("reason"))
    }
}

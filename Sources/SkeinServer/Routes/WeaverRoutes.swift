import Hummingbird
import Skein
import SkeinCore

/// Workflows and runs as Flowweaver's users know them: task graphs are flows, runs are executions.
struct WeaverRoutes: Sendable {
    let engine: Engine
    let events: @Sendable (APIRequest) async throws -> Response

    var endpoints: [Endpoint] {
        [
            Endpoint(.post, "/workflows", register), Endpoint(.post, "/runs", start),
            Endpoint(.get, "/runs/{id}", show), Endpoint(.get, "/events/{id}", events),
        ]
    }

    @Sendable private func register(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        guard let definition = try await request.document(yaml: true) else {
            throw HTTPProblem(.badRequest, "INVALID_JSON", "The body is empty; it must be a workflow.")
        }
        let flow = try await engine.register(definition).flow
        let answer: JSONObject = ["id": .string(flow.id), "version": .string(flow.version.description)]
        return .json(answer, status: .created)
    }

    /// 201 for a new run, 200 for a repeated idempotency key.
    @Sendable private func start(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let header = try IdempotencyKey.of(request.headers)
        let (id, input, key) = try await request.members(["workflowId", "input", "idempotencyKey"]) { body in
            (body.requiredText("workflowId") ?? "", body.object("input") ?? [:], body.text("idempotencyKey"))
        }
        let result = try await engine.create(
            id, context: input, options: CreateOptions(idempotencyKey: key ?? header))
        let run = JSONValue.string(result.execution.id.description)
        let answer: JSONObject = [
            "runId": run, "id": run, "workflowId": .string(id), "status": .string(result.execution.status.rawValue),
        ]
        return .json(answer, status: result.created ? .created : .ok)
    }

    /// The execution, and each of its tasks by id.
    @Sendable private func show(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let execution = try await engine.execution(try request.executionID())
        var answer = execution.json.object ?? [:]
        answer["runId"] = answer["id"]
        answer["workflowId"] = .string(execution.creation.flowID)
        var tasks: JSONObject = [:]
        for step in try await engine.steps(of: execution.id) { tasks[step.stepID.rawValue] = step.json }
        answer["tasks"] = .object(tasks)
        return .json(answer)
    }
}

import HTTPTypes
import Hummingbird
import Skein
import SkeinCore

/// How executions and tasks leave.
struct RetentionRoutes: Sendable {
    let engine: Engine

    var endpoints: [Endpoint] {
        [
            Endpoint(.post, "/v1/prune", prune),
            Endpoint(.delete, "/v1/executions/{id}", delete),
            Endpoint(.post, "/v1/executions/{id}/hold", hold),
            Endpoint(.post, "/v1/executions/{id}/release", release),
            Endpoint(.delete, "/v1/tasks", deleteTasks),
        ]
    }

    /// `policy`: ages in milliseconds by status; `olderThanMs`: one for whatever has ended. Neither: the server's own.
    @Sendable private func prune(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let (policy, isDry, reason) = try await request.members(["policy", "olderThanMs", "dryRun", "reason"]) { body in
            var policy = body.span("olderThanMs").map { RetentionPolicy.ended($0) }
            for (name, age) in body.object("policy") ?? [:] {
                guard let status = ExecutionStatus(rawValue: name) else {
                    body.problems.append(
                        Problem(
                            .badValue, at: JSONPointer(tokens: ["policy", name]), "\(name.quoted) is not a status."))
                    continue
                }
                guard let span = age.int64 else {
                    body.problems.append(
                        Problem(
                            .wrongType, at: JSONPointer(tokens: ["policy", name]), "An age is a number of milliseconds."
                        ))
                    continue
                }
                policy = policy ?? RetentionPolicy()
                policy?.ages[status] = .milliseconds(span)
            }
            return (policy, body.bool("dryRun") ?? false, body.text("reason"))
        }
        let result = try await engine.prune(policy, dryRun: isDry, reason: reason)
        return .json(
            [
                "workflows": .int(Int64(result.workflows)), "executions": .int(Int64(result.executions)),
                "logRows": .int(Int64(result.rows)), "months": .array(result.months.map { .string($0) }),
                "dryRun": .bool(isDry),
            ] as JSONObject)
    }

    @Sendable private func delete(_ request: APIRequest) async throws -> Response {
        let reason = try request.query(["reason"]) { $0.text("reason") }
        try await engine.delete(try request.executionID(), reason: reason)
        return .json(["deleted": true] as JSONObject)
    }

    @Sendable private func hold(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let reason = try await request.members(["reason"]) { $0.text("reason") }
        try await engine.hold(try request.executionID(), reason: reason)
        return .json(["held": true] as JSONObject)
    }

    @Sendable private func release(_ request: APIRequest) async throws -> Response {
        try request.noQuery()
        let reason = try await request.members(["reason"]) { $0.text("reason") }
        try await engine.release(try request.executionID(), reason: reason)
        return .json(["held": false] as JSONObject)
    }

    /// The filters of the list; those that have not ended stay.
    @Sendable private func deleteTasks(_ request: APIRequest) async throws -> Response {
        let (query, reason) = try request.query(["name", "status", "tag", "tenantId", "reason"]) { reader in
            var query = TaskQuery()
            query.name = reader.text("name")
            query.statuses = reader.choices("status", TaskStatus.self)
            query.tag = reader.text("tag")
            query.tenantID = reader.text("tenantId")
            return (query, reader.text("reason"))
        }
        let count = try await engine.deleteTasks(query, reason: reason)
        return .json(["deleted": .int(Int64(count))] as JSONObject)
    }
}

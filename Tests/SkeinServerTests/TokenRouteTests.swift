import HTTPTypes
import Skein
import SkeinCore
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TokenRouteTests {
    private static let nobody = "/v1/executions/01980000-0000-7000-8000-000000000000/tokens"

    private static let flow: JSONValue = [
        "id": "guarded", "version": "1.0.0", "initialStepId": "ask",
        "steps": ["ask": ["type": "guard", "outputKey": "answer", "transitions": ["onSuccess": nil]]],
    ]

    /// A server and an execution that waits for a token.
    private func waiting(_ clock: VirtualClock = VirtualClock()) async throws -> (TestServer, ExecutionID) {
        let server = try await TestServer(clock: clock)
        server.engine.handle("guard") { _, _ in .wait(WaitRequest(until: .token)) }
        try await server.engine.register(Self.flow)
        let id = try await server.engine.create("guarded", context: ["secret": "of the flow"]).execution.id
        _ = try await server.engine.step(id)
        return (server, id)
    }

    @Test func `a token is shown once, listed without its secret, and used once`() async throws {
        let (server, id) = try await waiting()
        try await server.test { calls in
            let made = try await calls.post(
                "/v1/executions/\(id)/tokens", ["stepId": "ask", "expiresInMs": 60_000, "metadata": ["to": "ann"]])
            #expect(made.status == 201 && made.headers[.cacheControl] == "no-store")
            let token = made.json["token"]?.string ?? ""
            #expect(token.utf8.count == 43 && made.json["stepId"] == "ask" && made.json["expiresAt"] != nil)
            let list = try await calls.get("/v1/executions/\(id)/tokens")
            #expect(list.status == 200 && list.json["total"] == 1 && !list.text.contains(token))
            let item = list.json["items"]?.array?.first
            #expect(item?["id"] == made.json["tokenId"] && item?["status"] == "active")
            #expect(item?["metadata"] == ["to": "ann"])
            let used = try await calls.post("/v1/tokens/\(token)/resume", ["data": ["ok": true]])
            #expect(used.status == 200 && used.json["id"]?.string == id.description && used.json["stepId"] == "ask")
            #expect(!used.text.contains("of the flow"), "who may resume may not read")
            let again = try await calls.post("/v1/tokens/\(token)/resume", [:])
            #expect(again.status == 409 && again.code == "TOKEN_USED")
            #expect(again.json["detail"] == "Token already used.")
            #expect(!again.text.contains(token))
            let done = try await calls.post("/v1/executions/\(id)/run", [:])
            #expect(done.json["status"] == "completed" && done.json["context"]?["answer"] == ["ok": true])
            #expect(try await calls.send(.delete, "/v1/tokens/\(made.json["tokenId"]?.string ?? "")").status == 409)
        }
    }

    @Test func `a token that is revoked, expired or unknown says which`() async throws {
        let clock = VirtualClock()
        let (server, id) = try await waiting(clock)
        try await server.test { calls in
            let revoked = try await calls.post("/v1/executions/\(id)/tokens", [:])
            let path = "/v1/tokens/\(revoked.json["tokenId"]?.string ?? "")"
            for _ in 1...2 {
                let answer = try await calls.send(.delete, path)
                #expect(answer.status == 200 && answer.json["status"] == "revoked" && answer.json["revokedAt"] != nil)
            }
            let late = try await calls.post("/v1/tokens/\(revoked.json["token"]?.string ?? "")/resume", [:])
            #expect(late.status == 410 && late.code == "TOKEN_REVOKED")
            let short = try await calls.post("/v1/executions/\(id)/tokens", ["expiresInMs": 1_000])
            clock.advance(by: .seconds(2))
            let expired = try await calls.post("/v1/tokens/\(short.json["token"]?.string ?? "")/resume", [:])
            #expect(expired.status == 410 && expired.code == "TOKEN_EXPIRED")
            let unknown = try await calls.post("/v1/tokens/nonsense/resume", ["data": 1])
            #expect(unknown.status == 404 && unknown.code == "TOKEN_NOT_FOUND")
            for id in ["nonsense", "01980000-0000-7000-8000-000000000000"] {
                #expect(try await calls.send(.delete, "/v1/tokens/\(id)").code == "TOKEN_NOT_FOUND")
            }
        }
    }

    @Test func `requests that make no sense are refused with all that is wrong`() async throws {
        let (server, id) = try await waiting()
        try await server.test { calls in
            let wrong = try await calls.post(
                "/v1/executions/\(id)/tokens", ["stepId": 1, "expiresInMs": "soon", "ttl": 3])
            #expect(wrong.status == 422 && Set(wrong.errors.keys) == ["/stepId", "/expiresInMs", "/ttl"])
            let never = try await calls.post("/v1/executions/\(id)/tokens", ["expiresInMs": 0])
            #expect(never.status == 422 && never.errors["/expiresInMs"] == "INVALID_VALUE")
            let other = try await calls.post("/v1/executions/\(id)/tokens", ["stepId": "other"])
            #expect(other.status == 409 && other.code == "EXECUTION_NOT_WAITING")
            #expect(try await calls.get(Self.nobody).status == 404)
            #expect(try await calls.post(Self.nobody, [:]).status == 404)
            let token = try await calls.post("/v1/executions/\(id)/tokens", [:]).json["token"]?.string ?? ""
            #expect(try await calls.post("/v1/tokens/\(token)/resume", ["date": 1]).status == 422)
            #expect(try await calls.get("/v1/tokens/\(token)/resume").status == 405)
            #expect(try await calls.post("/v1/tokens/\(token)/resume").status == 200, "nothing came of the mistakes")
        }
    }

    @Test func `a cancel tells how many tokens it made useless`() async throws {
        let (server, id) = try await waiting()
        try await server.test { calls in
            let token = try await calls.post("/v1/executions/\(id)/tokens", [:]).json["token"]?.string ?? ""
            let cancelled = try await calls.post("/v1/executions/\(id)/cancel", [:])
            #expect(cancelled.json["tokensInvalidated"] == 1)
            #expect(try await calls.post("/v1/tokens/\(token)/resume", [:]).status == 410)
        }
    }
}

import HTTPTypes
import Hummingbird
import Skein
import SkeinCore
@testable import SkeinServer
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ExecutionRouteTests {
    @Test func `a created execution is answered with 201, its place, and can be driven to its end`() async throws {
        try await TestServer().test { calls in
            let created = try await calls.post(
                "/v1/executions", ["flowId": "greet", "context": ["name": "ann"], "tag": "t", "priority": 5])
            #expect(created.status == 201)
            #expect(created.json["created"] == true)
            let id = try #require(created.json["execution"]?["id"]?.string)
            #expect(created.headers[.location] == "/v1/executions/\(id)")
            let ended = try await calls.send(.post, "/v1/executions/\(id)/run")
            #expect(ended.status == 200)
            #expect(ended.json["status"] == "completed")
            #expect(try await calls.get("/v1/executions/\(id)").json["context"]?["loud"] == "HELLO ANN")
            let steps = try await calls.get("/v1/executions/\(id)/steps")
            #expect(steps.json["items"]?.array?.map { $0["status"] } == ["completed", "completed"])
        }
    }

    @Test func `a step request runs one step`() async throws {
        let server = try await TestServer()
        let id = try await server.engine.create(
            "greet", context: ["name": "ann"], options: CreateOptions(autoRun: false)
        ).execution.id
        try await server.test { calls in
            let answer = try await calls.post("/v1/executions/\(id)/step")
            #expect(answer.json["currentSteps"] == ["shout"])
            #expect(answer.json["context"]?["greeting"] == "hello ann")
        }
    }

    @Test func `everything that is wrong with a request is reported at once`() async throws {
        try await TestServer().test { calls in
            let answer = try await calls.post(
                "/v1/executions",
                [
                    "flowId": 7, "context": [1], "tags": "x", "priority": 1_000, "delayMs": 1, "runAt": "tomorrow",
                    "autoRun": "yes",
                    "timeouts": ["executionMs": -1, "waitms": 2], "parentExecutionId": "x", "idempotencyTtlMs": 1,
                    "tenantId": "",
                ])
            #expect(answer.status == 422)
            #expect(answer.code == "INVALID_REQUEST")
            #expect(
                answer.errors == [
                    "/flowId": "WRONG_TYPE", "/context": "WRONG_TYPE", "/tags": "UNKNOWN_FIELD",
                    "/priority": "INVALID_VALUE", "/runAt": "BAD_VALUE",
                    "/autoRun": "WRONG_TYPE", "/timeouts/executionMs": "INVALID_VALUE",
                    "/timeouts/waitms": "UNKNOWN_FIELD",
                    "/parentExecutionId": "BAD_VALUE", "/idempotencyTtlMs": "INVALID_VALUE",
                    "/tenantId": "INVALID_VALUE",
                ])
            #expect(answer.text.contains(#"did you mean \"tag\"?"#))
            #expect(answer.text.contains(#"did you mean \"waitMs\"?"#))
        }
    }

    @Test func `an empty body lacks what is required`() async throws {
        try await TestServer().test { calls in
            let answer = try await calls.send(.post, "/v1/executions")
            #expect(answer.status == 422)
            #expect(answer.errors == ["/flowId": "REQUIRED_MISSING"])
        }
    }

    @Test func `an unknown flow is not found`() async throws {
        try await TestServer().test { calls in
            let answer = try await calls.post("/v1/executions", ["flowId": "nope"])
            #expect(answer.status == 404)
            #expect(answer.code == "FLOW_NOT_FOUND")
        }
    }

    // MARK: - Idempotency

    @Test(arguments: ["k-1", "\"k-1\"", "  \"k-1\" "])
    func `the same key gives the same execution, quoted or not`(_ key: String) async throws {
        let server = try await TestServer()
        try await server.test { calls in
            let body: JSONValue = ["flowId": "greet", "context": ["name": "ann"]]
            let first = try await calls.post("/v1/executions", body, headers: ["Idempotency-Key": "k-1"])
            #expect(first.status == 201)
            #expect(first.headers[.idempotentReplayed] == nil)
            let id = try #require(first.json["execution"]?["id"]?.string.flatMap { ExecutionID($0) })
            _ = try await server.engine.run(id)
            let again = try await calls.post("/v1/executions", body, headers: ["Idempotency-Key": key])
            #expect(again.status == 200)
            #expect(again.headers[.idempotentReplayed] == "true")
            #expect(again.json["created"] == false)
            #expect(again.json["execution"]?["id"]?.string == id.description)
            #expect(again.json["execution"]?["status"] == "completed")
            let other = try await calls.post(
                "/v1/executions", ["flowId": "greet", "context": ["name": "bob"]], headers: ["Idempotency-Key": key])
            #expect(other.status == 422)
            #expect(other.code == "IDEMPOTENCY_MISMATCH")
        }
    }

    @Test(arguments: ["\"open", "\"a\"b", "\"\"", "\"a\\x\"", String(repeating: "k", count: 256), "schl\u{FC}ssel"])
    func `a malformed key is refused`(_ key: String) async throws {
        try await TestServer().test { calls in
            let answer = try await calls.post("/v1/executions", ["flowId": "greet"], headers: ["Idempotency-Key": key])
            #expect(answer.status == 400)
            #expect(answer.errors == ["Idempotency-Key": "BAD_VALUE"])
        }
    }

    // MARK: - Commands

    @Test func `a waiting execution is resumed once`() async throws {
        let server = try await TestServer()
        let id = try await server.waiting()
        try await server.test { calls in
            let resumed = try await calls.post("/v1/executions/\(id)/resume", ["data": ["granted": true]])
            #expect(resumed.status == 200)
            #expect(
                try await calls.send(.post, "/v1/executions/\(id)/run").json["context"]?["answer"] == ["granted": true])
            let again = try await calls.send(.post, "/v1/executions/\(id)/resume")
            #expect(again.status == 409)
            #expect(again.code == "EXECUTION_NOT_WAITING")
        }
    }

    @Test func `a cancel ends an execution, a second one changes nothing`() async throws {
        let server = try await TestServer()
        let id = try await server.waiting()
        try await server.test { calls in
            let first = try await calls.post("/v1/executions/\(id)/cancel", ["source": "system", "reason": "enough"])
            #expect(first.json["cancelled"] == true)
            #expect(first.json["previousStatus"] == "waiting")
            #expect(first.json["execution"]?["cancellation"]?["reason"] == "enough")
            let second = try await calls.send(.post, "/v1/executions/\(id)/cancel")
            #expect(second.status == 200)
            #expect(second.json["cancelled"] == false)
            #expect(second.json["previousStatus"] == "cancelled")
            let source = try await calls.post("/v1/executions/\(id)/cancel", ["source": "me"])
            #expect(source.errors == ["/source": "BAD_VALUE"])
        }
    }

    @Test func `a signal is accepted while the execution lives`() async throws {
        let server = try await TestServer()
        let (waiting, ended) = (try await server.waiting(), try await server.ended())
        try await server.test { calls in
            let answer = try await calls.post("/v1/executions/\(waiting)/signals/go%20on", ["payload": 1])
            #expect(answer.status == 202)
            #expect(answer.json["signal"] == "go on")
            let late = try await calls.send(.post, "/v1/executions/\(ended)/signals/go")
            #expect(late.status == 409)
            #expect(late.code == "EXECUTION_ENDED")
        }
    }

    @Test func `an execution that another drives is busy and says who has it`() async throws {
        let server = try await TestServer()
        let id = try await server.waiting()
        _ = try await server.engine.coordination.locks.acquire("exec:\(id)", holder: "another", ttl: .seconds(30))
        try await server.test { calls in
            let answer = try await calls.send(.post, "/v1/executions/\(id)/run")
            #expect(answer.status == 409)
            #expect(answer.code == "EXECUTION_BUSY")
            #expect(answer.json["holder"]?.string?.contains("another") == true)
        }
    }

    // MARK: - Lists

    @Test func `pages by cursor and by offset show every execution once, newest first`() async throws {
        let server = try await TestServer()
        var ids: [String] = []
        for number in 0..<5 {
            ids.insert(
                try await server.engine.create("greet", options: CreateOptions(tag: number == 2 ? "odd" : "even"))
                    .execution.id.description, at: 0)
        }
        let all = ids
        try await server.test { calls in
            for style in ["cursor", "offset"] {
                var (seen, query, pages): ([String], String, Int) = ([], "", 0)
                while true {
                    let page = try await calls.get("/v1/executions?limit=2\(query)")
                    seen += page.json["items"]?.array?.compactMap { $0["id"]?.string } ?? []
                    pages += 1
                    guard page.json["hasMore"] == true else { break }
                    query = style == "cursor" ? "&cursor=\(page.json["cursor"]?.string ?? "")" : "&offset=\(seen.count)"
                }
                #expect(seen == all)
                #expect(pages == 3)
            }
            let odd = try await calls.get(
                "/v1/executions?tag=odd&status=pending&status=running&createdAfter=2020-01-01T00:00:00+02:00")
            #expect(odd.json["items"]?.array?.map { $0["id"]?.string } == [all[2]])
            #expect(try await calls.get("/v1/executions?status=failed").json["items"] == [])
        }
    }

    @Test func `a bad query is refused with everything that is wrong`() async throws {
        try await TestServer().test { calls in
            let answer = try await calls.get(
                "/v1/executions?limit=0&offset=x&status=done&createdAfter=now&parentId=1&cursor=!&stauts=failed&tag=%00&tag=%zz"
            )
            #expect(answer.status == 400)
            #expect(answer.code == "INVALID_QUERY")
            #expect(
                answer.errors == [
                    "limit": "OUT_OF_RANGE", "offset": "BAD_VALUE", "status": "BAD_VALUE", "createdAfter": "BAD_VALUE",
                    "parentId": "BAD_VALUE",
                    "cursor": "BAD_VALUE", "stauts": "UNKNOWN_PARAMETER", "tag": "BAD_ENCODING",
                ])
        }
    }

    @Test func `a cursor is an id and nothing else`() throws {
        let id = try #require(ExecutionID("0198c0de-89ab-7def-8123-456789abcdef"))
        #expect(Cursor.text(id).utf8.count == 22)
        #expect(Cursor.id(Cursor.text(id)) == id)
        #expect(Cursor.id(String(Cursor.text(id).dropLast()) + "B") == nil)
    }
}

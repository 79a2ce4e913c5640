import HTTPTypes
import Skein
import SkeinCore
import Testing

@Suite(.timeLimit(.minutes(1)))
struct OperatorRouteTests {
    private static func graph(_ first: String = "hello") -> JSONValue {
        [
            "id": "graph",
            "tasks": [
                [
                    "id": "fetch", "handler": .string(first), "inputs": ["name": "$.name"],
                    "outputs": ["text": "$.result"],
                ],
                ["id": "left", "handler": "shout", "dependencies": ["fetch"], "outputs": ["l": "$.result"]],
                ["id": "right", "handler": "shout", "dependencies": ["fetch"], "outputs": ["r": "$.result"]],
                ["id": "end", "handler": "hello", "dependencies": ["left", "right"]],
            ],
        ]
    }

    @Test func `a workflow is stored, run once for a key, and its run shows its tasks`() async throws {
        try await TestServer().test { calls in
            let stored = try await calls.post("/workflows", Self.graph())
            #expect(stored.status == 201 && stored.json == ["id": "graph", "version": "1.0.0"])
            #expect(try await calls.post("/workflows", Self.graph()).json["version"] == "1.0.0")
            let body: JSONValue = ["workflowId": "graph", "input": ["name": "ann"], "idempotencyKey": "k"]
            let first = try await calls.post("/runs", body)
            #expect(first.status == 201 && first.json["workflowId"] == "graph")
            let id = first.json["runId"]?.string ?? ""
            let again = try await calls.post("/runs", body)
            #expect(again.status == 200 && again.json["id"]?.string == id)
            #expect(try await calls.post("/v1/executions/\(id)/run", [:]).status == 200)
            let run = try await calls.get("/runs/\(id)")
            #expect(run.json["status"] == "completed" && run.json["context"]?["l"] == "")
            #expect(run.json["tasks"]?.object?.keys.sorted() == ["end", "fetch", "left", "right"])
            #expect(run.json["tasks"]?["left"]?["status"] == "completed")
        }
    }

    @Test func `an edited workflow gets the next patch version, a circle is refused`() async throws {
        try await TestServer().test { calls in
            _ = try await calls.post("/workflows", Self.graph())
            #expect(try await calls.post("/workflows", Self.graph("shout")).json["version"] == "1.0.1")
            #expect(try await calls.post("/runs", ["workflowId": "nowhere"]).status == 404)
            let circle: JSONValue = [
                "id": "circle",
                "tasks": [
                    ["id": "a", "handler": "hello", "dependencies": ["b"]],
                    ["id": "b", "handler": "hello", "dependencies": ["a"]],
                ],
            ]
            let refused = try await calls.post("/workflows", circle)
            #expect(refused.status == 422 && refused.errors["/tasks"] == "CYCLE")
        }
    }

    @Test func `an execution is paused, resumed, passed over, retried and forked`() async throws {
        let server = try await TestServer()
        try await server.test { calls in
            let id = try await server.waiting()
            let path = "/v1/executions/\(id)"
            let paused = try await calls.post(path + "/pause", ["actor": "ann", "reason": "audit"])
            #expect(paused.status == 200 && paused.json["status"] == "paused")
            #expect(try await calls.post(path + "/pause", [:]).code == "INVALID_TRANSITION")
            #expect(try await calls.post(path + "/resume", [:]).json["status"] == "waiting")
            #expect(try await calls.post(path + "/steps/shout/skip", [:]).status == 409)
            #expect(try await calls.post(path + "/steps/nope/skip", [:]).status == 404)
            let skipped = try await calls.post(path + "/steps/ask/skip", ["output": "fine", "actor": "bo"])
            #expect(skipped.json["context"]?["answer"] == "fine")
            #expect(try await calls.post(path + "/retry", [:]).status == 409)
            #expect(try await calls.post(path + "/run", [:]).json["status"] == "completed")
            #expect(try await calls.post(path + "/retry", ["fromStep": "shout"]).json["status"] == "pending")
            #expect(try await calls.post(path + "/run", [:]).json["status"] == "completed")
            let forked = try await calls.post(path + "/fork", ["fromStep": "shout", "context": ["x": 1]])
            #expect(forked.status == 201 && forked.json["execution"]?["context"] == ["x": 1])
            #expect(try await calls.post(path + "/fork", [:]).status == 422)
        }
    }

    @Test func `a context that does not match the flow's schema is refused with every place`() async throws {
        try await TestServer().test { calls in
            var flow = TestServer.greet
            flow["id"] = "strict"
            flow["inputSchema"] = [
                "type": "object", "required": ["name"],
                "properties": ["name": ["type": "string"], "mail": ["type": "string", "format": "email"]],
            ]
            #expect(try await calls.post("/v1/flows", flow).status == 201)
            let refused = try await calls.post(
                "/v1/executions", ["flowId": "strict", "context": ["name": 1, "mail": "nobody"]])
            #expect(refused.status == 422)
            #expect(refused.errors["/context/name"] == "SCHEMA_VIOLATION" && refused.errors["/context/mail"] != nil)
            #expect(
                try await calls.post("/v1/executions", ["flowId": "strict", "context": ["name": "a"]]).status == 201)
        }
    }

    @Test func `the children of an execution are listed`() async throws {
        let server = try await TestServer()
        server.engine.handle("spawn") { _, _ in
            var request = ChildrenRequest("greet", contexts: [["name": "a"], ["name": "b"]])
            request.awaits = false
            return .children(request)
        }
        try await server.engine.register([
            "id": "parent", "version": "1.0.0", "initialStepId": "s", "steps": ["s": ["type": "spawn"]],
        ])
        try await server.test { calls in
            let id = try await server.engine.create("parent").execution.id
            _ = try await server.engine.run(id)
            let page = try await calls.get("/v1/executions/\(id)/children?limit=1")
            #expect(page.json["hasMore"] == true && page.json["items"]?.array?.count == 1)
            #expect(page.json["items"]?[0]?["parentExecutionId"]?.string == id.description)
        }
    }
}

extension OperatorRouteTests {
    @Test func `many executions are started together, and a bad one does not keep the others`() async throws {
        let server = try await TestServer()
        try await server.test { calls in
            let answer = try await calls.post(
                "/v1/executions/batch",
                [
                    "items": [
                        ["flowId": "greet", "context": ["name": "a"]], ["flowId": "nowhere"], ["context": 1],
                        ["flowId": "greet", "context": ["name": "b"], "idempotencyKey": "k"],
                        ["flowId": "greet", "context": ["name": "b"], "idempotencyKey": "k"],
                    ]
                ])
            #expect(answer.status == 200)
            let items = answer.json["items"]?.array ?? []
            #expect(items.map { $0["created"] } == [true, nil, nil, true, false])
            #expect(items[1]["error"]?["code"] == "FLOW_NOT_FOUND")
            #expect(items[2]["error"]?["errors"]?.array?.count == 2)
            #expect(items[3]["execution"]?["id"] == items[4]["execution"]?["id"])
            let id = items[0]["execution"]?["id"]?.string ?? ""
            #expect(try await calls.post("/v1/executions/\(id)/run", [:]).json["status"] == "completed")
            #expect(try await calls.post("/v1/executions/batch", ["items": []]).status == 422)
        }
    }
}

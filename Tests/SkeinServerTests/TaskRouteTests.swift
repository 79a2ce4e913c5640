import HTTPTypes
import Skein
import SkeinCore
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TaskRouteTests {
    typealias Raw = TaskContext<JSONValue>

    @Test func `a task is started once, found, resumed and cancelled`() async throws {
        let server = try await TestServer(clock: VirtualClock())
        server.engine.use("ask", options: .init(priority: 2)) { (task: Raw, _) in
            task.stage == 0 ? .suspend(reason: "a person") : .success(task.payload)
        }
        try await server.test { calls in
            let request: JSONValue = ["name": "ask", "payload": ["a": 1], "tag": "t", "maxRetries": 2]
            let made = try await calls.post("/v1/tasks", request, headers: ["idempotency-key": "k"])
            #expect(made.status == 201 && made.json["created"] == true)
            let task = made.json["task"] ?? .null
            #expect(task["name"] == "ask" && task["status"] == "pending" && task["priority"] == 2)
            let id = task["id"]?.string ?? ""
            #expect(made.headers[.location] == "/v1/tasks/\(id)")
            let again = try await calls.post("/v1/tasks", request, headers: ["idempotency-key": "k"])
            #expect(again.status == 200 && again.json["task"]?["id"]?.string == id)

            _ = try await calls.post("/v1/executions/\(id)/step", [:])
            let waiting = try await calls.get("/v1/tasks/\(id)").json
            #expect(waiting["status"] == "suspended" && waiting["suspendReason"] == "a person")
            let found = try await calls.get("/v1/tasks?status=suspended&name=ask&tag=t&suspendReason=a+person").json
            #expect(found["items"]?.array?.count == 1 && found["hasMore"] == false)
            #expect(try await calls.post("/v1/tasks/\(id)/resume", ["reason": "yes"]).status == 200)
            _ = try await calls.post("/v1/executions/\(id)/run", [:])
            let ended = try await calls.get("/v1/tasks/\(id)").json
            #expect(ended["status"] == "completed" && ended["result"] == ["a": 1])
            let late = try await calls.post("/v1/tasks/\(id)/cancel", [:])
            #expect(late.status == 200 && late.json["cancelled"] == false)
            let told = try await calls.get("/v1/executions/\(id)/events?dialect=tasks").json
            let types = (told["items"]?.array ?? []).compactMap { $0["eventType"]?.string }
            #expect(types.first == "task_created" && types.last == "task_completed" && types.contains("task_resumed"))
            #expect(try await calls.get("/v1/executions/\(id)/events?dialect=trace").status == 200)
        }
    }

    @Test func `what is wrong with a task is told all at once`() async throws {
        let server = try await TestServer(clock: VirtualClock())
        server.engine.use("job") { (_: Raw, _) in .success(.null) }
        try await server.test { calls in
            let unknown = try await calls.post("/v1/tasks", ["name": "nobody"])
            #expect(unknown.status == 422 && unknown.code == "HANDLER_NOT_FOUND")
            #expect(unknown.errors == ["/name": "HANDLER_NOT_FOUND"])
            let fields = try await calls.post("/v1/tasks", ["task": "job", "maxRetries": "2"])
            #expect(
                fields.errors == [
                    "/name": "REQUIRED_MISSING", "/task": "UNKNOWN_FIELD", "/maxRetries": "WRONG_TYPE",
                ])
            let values = try await calls.post("/v1/tasks", ["name": "job", "maxRetries": -1, "timeoutMs": 0])
            #expect(
                values.status == 422
                    && values.errors == ["/maxRetries": "INVALID_VALUE", "/timeoutMs": "INVALID_VALUE"])
            #expect(try await calls.get("/v1/tasks?status=done").status == 400)
            #expect(try await calls.get("/v1/tasks/nothing").code == "EXECUTION_NOT_FOUND")
        }
    }
}

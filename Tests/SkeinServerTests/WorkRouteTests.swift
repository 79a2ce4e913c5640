import HTTPTypes
import Skein
import SkeinCore
import SkeinServer
import Testing

@Suite(.timeLimit(.minutes(1)))
struct WorkRouteTests {
    private static let flow: JSONValue = [
        "id": "paid", "version": "1.0.0", "initialStepId": "charge",
        "steps": [
            "charge": [
                "type": "charge", "input": ["type": "key", "key": "amount"], "outputKey": "receipt",
                "timeoutMs": 60_000, "transitions": ["onSuccess": "shout"],
            ],
            "shout": [
                "type": "shout", "input": ["type": "static", "value": "yes"], "transitions": ["onSuccess": nil],
            ],
        ],
    ]

    private func server() async throws -> (TestServer, ExecutionID) {
        let server = try await TestServer()
        try await server.engine.register(Self.flow)
        return (server, try await server.engine.create("paid", context: ["amount": 42]).execution.id)
    }

    private func handle(_ item: JSONValue, _ more: JSONObject = [:]) -> JSONValue {
        var object: JSONObject = [
            "executionId": item["executionId"] ?? .null, "stepId": item["stepId"] ?? .null,
            "fencingToken": item["fencingToken"] ?? .null,
        ]
        object.merge(more)
        return .object(object)
    }

    @Test func `a worker claims, lives, completes, and may say so twice`() async throws {
        let (server, id) = try await server()
        try await server.test { calls in
            let claimed = try await calls.post("/v1/work/claim", ["handlers": ["charge"], "max": 5])
            #expect(claimed.status == 200)
            let item = try #require(claimed.json["items"]?.array?.first)
            #expect(item["executionId"]?.string == id.description && item["input"] == 42 && item["attempt"] == 1)
            #expect(item["type"] == "charge" && item["leaseMs"]?.int == 10_000 && item["deadline"] != nil)
            let worker = try #require(claimed.json["workerId"]?.string)
            let workers = try await calls.get("/v1/workers?live=true")
            let ours = workers.json["items"]?.array?.first { $0["id"]?.string == worker }
            #expect(ours?["handlers"] == ["charge"])
            let beat = try await calls.post("/v1/work/heartbeat", handle(item, ["progress": ["percent": 50]]))
            #expect(beat.status == 200 && beat.json["items"]?.array?.first?["cancelled"] == false)
            let again = try await calls.post("/v1/work/claim", ["handlers": ["charge"], "workerId": .string(worker)])
            #expect(again.json["items"] == [] && again.json["workerId"]?.string == worker)
            let body = handle(item, ["output": ["paid": true], "workerId": .string(worker)])
            let done = try await calls.post("/v1/work/complete", body)
            #expect(done.status == 200 && done.json["repeated"] == false)
            #expect(done.json["execution"]?["context"]?["receipt"] == ["paid": true])
            let repeated = try await calls.post("/v1/work/complete", body)
            #expect(repeated.status == 200 && repeated.json["repeated"] == true)
            let other = try await calls.post("/v1/work/complete", handle(item, ["output": 1]))
            #expect(other.status == 409 && other.code == "FENCED")
            let attempts = try await calls.get("/v1/executions/\(id)/attempts")
            let attempt = attempts.json["items"]?.array?.first
            #expect(attempts.json["items"]?.array?.count == 1 && attempt?["workerId"]?.string == worker)
            #expect(attempt?["outcome"] == "completed" && attempt?["derived"] == nil)
        }
    }

    @Test func `failures and waits are told as they are in process`() async throws {
        let (server, id) = try await server()
        try await server.test { calls in
            let first = try await calls.post("/v1/work/claim", ["handlers": ["charge"]])
            let item = try #require(first.json["items"]?.array?.first)
            let waiting = try await calls.post("/v1/work/wait", handle(item, ["kind": "token", "reason": "ann"]))
            #expect(waiting.status == 200 && waiting.json["token"]?.string?.utf8.count == 43)
            _ = try await server.engine.driveDue(limit: 10)
            #expect(try await calls.get("/v1/executions/\(id)").json["wait"]?["kind"] == "token")
            let second = try await server.engine.create("paid", context: ["amount": 1]).execution.id
            let claimed = try await calls.post("/v1/work/claim", ["handlers": ["charge"]])
            let next = try #require(claimed.json["items"]?.array?.first)
            let failed = try await calls.post(
                "/v1/work/fail", handle(next, ["code": "DECLINED", "message": "no money", "retryable": false]))
            #expect(failed.status == 200 && failed.json["execution"]?["status"] == "failed")
            #expect(try await calls.get("/v1/executions/\(second)").json["error"]?["code"] == "DECLINED")
        }
    }

    @Test func `requests that make no sense are refused with all that is wrong`() async throws {
        let (server, id) = try await server()
        try await server.test { calls in
            let claim = try await calls.post(
                "/v1/work/claim",
                ["handlers": ["a", 1, ""], "max": 0, "waitMs": 60_001, "workerId": "me", "type": "x"])
            #expect(
                claim.status == 422
                    && Set(claim.errors.keys) == [
                        "/handlers/1", "/handlers/2", "/max", "/waitMs", "/workerId", "/type",
                    ])
            #expect(try await calls.post("/v1/work/claim", [:]).errors == ["/handlers": "REQUIRED_MISSING"])
            #expect(
                try await calls.post("/v1/work/claim", ["handlers": "charge"]).errors == ["/handlers": "WRONG_TYPE"])
            let handle = ["/executionId", "/stepId", "/fencingToken"]
            #expect(
                Set(try await calls.post("/v1/work/complete", ["result": 1]).errors.keys) == Set(handle + ["/result"]))
            #expect(Set(try await calls.post("/v1/work/fail", ["code": ""]).errors.keys) == Set(handle + ["/code"]))
            let wait = try await calls.post("/v1/work/wait", ["kind": "timer", "timeoutMs": -1])
            #expect(Set(wait.errors.keys) == Set(handle + ["/wakeAt", "/timeoutMs"]))
            #expect(Set(try await calls.post("/v1/work/wait", ["kind": "job"]).errors.keys) == Set(handle + ["/kind"]))
            let beats = try await calls.post(
                "/v1/work/heartbeat",
                [
                    "items": [
                        ["executionId": .string(id.description), "stepId": "charge", "fencingToken": "x"],
                        [
                            "executionId": .string(id.description), "stepId": "charge", "fencingToken": 3,
                            "progress": ["percent": "half"], "checkpoint": ["value": 1],
                        ],
                    ]
                ])
            #expect(
                Set(beats.errors.keys) == [
                    "/items/0/fencingToken", "/items/1/progress/percent", "/items/1/checkpoint/name",
                ])
            let percent = try await calls.post(
                "/v1/work/heartbeat",
                [
                    "executionId": .string(id.description), "stepId": "charge", "fencingToken": 3,
                    "progress": ["percent": 101],
                ])
            #expect(percent.status == 422 && percent.errors["/progress"] != nil)
            #expect(try await calls.get("/v1/work/claim").status == 405)
        }
    }

    @Test func `unknown executions, steps and attempts are told apart`() async throws {
        let (server, id) = try await server()
        try await server.test { calls in
            let nobody: JSONObject = [
                "executionId": "01980000-0000-7000-8000-000000000000", "stepId": "charge", "fencingToken": 3,
            ]
            let unknown = try await calls.post("/v1/work/complete", .object(nobody))
            #expect(unknown.status == 404 && unknown.code == "EXECUTION_NOT_FOUND")
            var step = nobody
            step["executionId"] = .string(id.description)
            step["stepId"] = "nothing"
            #expect(try await calls.post("/v1/work/complete", .object(step)).code == "STEP_NOT_FOUND")
            step["stepId"] = "charge"
            let guessed = try await calls.post("/v1/work/complete", .object(step))
            #expect(guessed.status == 409 && guessed.code == "FENCED")
        }
    }

    @Test func `a long poll over a socket returns what comes`() async throws {
        let (server, id) = try await server()
        try await server.testLive { calls in
            let claimed = try await calls.post("/v1/work/claim", ["handlers": ["charge"], "waitMs": 60_000])
            #expect(claimed.json["items"]?.array?.first?["executionId"]?.string == id.description)
        }
    }

    @Test func `a long poll ends when the server goes away`() async throws {
        let server = try await TestServer()
        try await server.testLive { calls in
            async let open = calls.post("/v1/work/claim", ["handlers": ["charge"], "waitMs": 60_000])
            server.server.beginDrain()
            let ended = try await open
            #expect(ended.status == 503 && ended.headers[.retryAfter] == "1")
        }
    }
}

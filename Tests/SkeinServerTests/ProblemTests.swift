import HTTPTypes
import Hummingbird
import NIOCore
import Skein
import SkeinCore
@testable import SkeinServer
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ProblemTests {
    @Test(arguments: [
        "/v1/executions/0198c0de-89ab-7def-8123-456789abcdef", "/v1/executions/nope", "/v1/executions/nope/steps",
        "/v1/executions/nope/events",
        "/v1/executions/nope/attempts", "/v1/executions/nope/wait",
    ])
    func `an execution that is not there is not found, whatever its id looks like`(_ path: String) async throws {
        try await TestServer().test { calls in
            let answer = try await calls.get(path)
            #expect(answer.status == 404)
            #expect(answer.code == "EXECUTION_NOT_FOUND")
            #expect(answer.json["title"] == "Execution not found")
            #expect(answer.json["status"] == 404)
            #expect(answer.json["type"] == "urn:skein:problem:execution-not-found")
        }
    }

    @Test func `a path that is nothing and a method that is not possible are told apart`() async throws {
        try await TestServer().test { calls in
            let nothing = try await calls.get("/v1/nothing")
            #expect(nothing.status == 404)
            #expect(nothing.code == "NOT_FOUND")
            let method = try await calls.send(.delete, "/v1/executions/x/events")
            #expect(method.status == 405)
            #expect(method.headers[.allow] == "GET, HEAD")
            #expect(try await calls.send(.put, "/v1/flows").headers[.allow] == "POST, GET, HEAD")
            #expect(try await calls.send(.options, "/v1/flows").status == 204)
            #expect(try await calls.send(.head, "/v1/flows").status == 200)
        }
    }

    @Test(arguments: [
        (#"{"flowId": }"#, "/flowId", "UNEXPECTED_CHARACTER"), (#"{"a": 1, "a": 2}"#, "", "DUPLICATE_KEY"),
        (#"{"a": [1,}"#, "/a/1", "UNEXPECTED_CHARACTER"),
        ("{} {}", "", "TRAILING_CONTENT"), (#"{"a": "\ud800"}"#, "/a", "LONE_SURROGATE"),
    ])
    func `JSON that does not parse is refused with its place`(_ text: String, _ pointer: String, _ code: String)
        async throws
    {
        try await TestServer().test { calls in
            let answer = try await calls.send(.post, "/v1/executions", text: text)
            #expect(answer.status == 400)
            #expect(answer.code == "INVALID_JSON")
            #expect(answer.errors == [pointer: code])
            #expect(answer.json["line"] == 1)
            #expect((answer.json["column"]?.int ?? 0) > 1)
        }
    }

    @Test func `deep nesting is refused and does no harm`() async throws {
        try await TestServer().test { calls in
            let answer = try await calls.send(.post, "/v1/executions", text: String(repeating: "[", count: 1_000_000))
            #expect(answer.status == 400)
            #expect(answer.errors.values.contains("TOO_DEEP"))
        }
    }

    @Test func `text with a NUL character is refused with its place`() async throws {
        try await TestServer().test { calls in
            let answer = try await calls.send(
                .post, "/v1/executions", text: #"{"flowId": "greet", "context": {"a": "x\u0000"}}"#)
            #expect(answer.status == 422)
            #expect(answer.errors == ["/context/a": "NUL_CHARACTER"])
        }
    }

    @Test func `a body that is no object and a context that is too large are refused`() async throws {
        try await TestServer().test { calls in
            #expect(try await calls.post("/v1/executions", [1]).errors[""] == "WRONG_TYPE")
            let large: JSONValue = .string(String(repeating: "x", count: 2_000_000))
            let answer = try await calls.post("/v1/executions", ["flowId": "greet", "context": ["a": large]])
            #expect(answer.status == 422)
            #expect(answer.code == "CONTEXT_LIMIT")
            #expect(answer.errors == ["/context": "CONTEXT_LIMIT"])
        }
    }

    @Test(arguments: [
        "text/plain", "application/x-www-form-urlencoded", "application/yaml", "application/json; charset=utf-16",
    ])
    func `another content type is refused`(_ type: String) async throws {
        try await TestServer().test { calls in
            let answer = try await calls.post("/v1/executions", ["flowId": "greet"], headers: ["content-type": type])
            #expect(answer.status == 415)
            #expect(answer.code == "UNSUPPORTED_MEDIA_TYPE")
            let encoded = try await calls.post(
                "/v1/executions", ["flowId": "greet"], headers: ["content-encoding": "gzip"])
            #expect(encoded.status == 415)
        }
    }

    @Test func `a body over the limit is refused by its announced length, and the connection lives`() async throws {
        let server = try await TestServer { $0.bodyLimit = 10_000 }
        try await server.testLive { calls in
            let answer = try await calls.send(.post, "/v1/executions", text: String(repeating: " ", count: 4_000_000))
            #expect(answer.status == 413)
            #expect(answer.code == "BODY_TOO_LARGE")
            #expect(answer.json["limit"] == 10_000)
            #expect(try await calls.get("/healthz").status == 200)
        }
    }

    @Test func `a body over the limit without a length is given up before it is kept`() async throws {
        let (body, source) = RequestBody.makeStream()
        let request = Request(head: HTTPRequest(method: .post, scheme: "http", authority: "x", path: "/"), body: body)
        async let sender: Void = {
            // More than the reader ever takes: the stream's own bounds stop the sender.
            for _ in 0..<4 { await source.yield(ByteBuffer(repeating: 0x20, count: 4_000)) }
            source.finish()
        }()
        await #expect(throws: HTTPProblem.self) { try await BodyCollector(limit: 10_000).bytes(of: request) }
        await sender
    }

    @Test func `a request id is echoed when it is fine and made otherwise`() async throws {
        try await TestServer().test { calls in
            let echoed = try await calls.get("/v1/executions/x", headers: ["X-Request-Id": "abc-123"])
            #expect(echoed.headers[.requestID] == "abc-123")
            #expect(echoed.json["requestId"] == "abc-123")
            let made = try await calls.get("/healthz", headers: ["X-Request-Id": "a b <script>"])
            #expect(made.headers[.requestID].flatMap { UniqueID($0) } != nil)
        }
    }

    @Test func `every error of the engine has its status`() {
        let expected: [EngineError.Code: Int] = [
            .flowNotFound: 404, .stepNotFound: 404, .invalidTransition: 409, .contextConflict: 409,
            .executionNotFound: 404, .flowInvalid: 422, .invalidRequest: 422, .contextLimit: 422,
            .idempotencyMismatch: 422,
            .handlerNotFound: 422, .flowConflict: 409, .executionBusy: 409, .executionNotWaiting: 409,
            .executionEnded: 409,
            .scheduleNotFound: 404, .scheduleConflict: 409, .tokenNotFound: 404, .tokenUsed: 409, .tokenExpired: 410,
            .tokenRevoked: 410,
            .executionCancelled: 409, .fenced: 409, .idempotencyInFlight: 409, .lockUnavailable: 409, .lockLost: 409,
            .timeout: 504,
            .unavailable: 503,
            .corrupt: 500,
        ]
        for code in EngineError.Code.allCases {
            #expect(HTTPProblem(EngineError(code, "x")).status.code == expected[code])
        }
        #expect(HTTPProblem(EngineError(.idempotencyInFlight, "x")).headers[.retryAfter] == "1")
    }

    @Test func `what a store or a stranger says stays in the log`() {
        let secret = "SELECT * FROM skein.executions at db-1.internal"
        for error: any Error in [
            StoreError(.unavailable, secret), StoreError(.schema, secret), StoreError(.invalid, secret),
            StoreError(.corrupt, secret),
            StoreError(.unsafe, secret), EngineError(.corrupt, secret),
            CoordinationUnavailable(service: "redis", reason: secret),
            Failure("X", secret),
        ] {
            let problem = HTTPProblem(error)
            #expect(!problem.json(requestID: "r").text().contains("db-1"))
            #expect(problem.status.code >= 500 || problem.code == "INVALID_REQUEST")
        }
        #expect(HTTPProblem(StoreError(.unavailable, secret)).headers[.retryAfter] == "1")
        #expect(HTTPProblem(Failure("X", secret)).code == "INTERNAL")
    }
}

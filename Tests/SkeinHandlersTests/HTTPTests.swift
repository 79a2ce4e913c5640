import NIOHTTP1
import Skein
import SkeinCore
import Testing

@testable import SkeinHandlers

@Suite(.timeLimit(.minutes(1)))
struct HTTPTests {
    private func get(_ server: TestServer, _ config: JSONObject = [:], bench: HandlerBench = HandlerBench())
        async throws -> StepResult<JSONValue>
    {
        try await bench.run("http", JSONObject([("url", .string(server.url + "/p"))]).merging(config))
    }

    @Test func `an answer becomes the output`() async throws {
        let headers = [("X-Two", "a"), ("X-Two", "b")]
        try await TestServer.with({ _, _ in .json(#"{"a":[1,2.50]}"#, .created, headers) }) { server in
            let output = try await get(server).output
            #expect(output?["status"] == 201 && output?["statusText"] == "Created")
            #expect(output?["body"]?.text() == #"{"a":[1,2.50]}"#)
            #expect(output?["headers"]?["x-two"] == "a, b" && output?["headers"]?["content-type"] == "application/json")
            #expect(output?["durationMs"]?.int64 != nil)
        }
    }

    @Test(
        arguments: [
            ("application/json", #"{"a":1}"#, ["a": 1] as JSONValue),
            ("application/problem+json; charset=utf-8", "[1]", [1]),
            ("text/plain", #"{"a":1}"#, #"{"a":1}"#), ("application/json", "{broken", "{broken"),
            ("application/json", "", ""),
        ] as [(String, String, JSONValue)])
    func `a body is JSON when the server says so and it is`(type: String, body: String, expected: JSONValue)
        async throws
    {
        try await TestServer.with({ _, _ in Reply(headers: [("Content-Type", type)], body: Array(body.utf8)) }) {
            server in
            let output = try await get(server).output
            #expect(output?["body"] == expected)
        }
    }

    @Test func `a body that is no text is base64`() async throws {
        try await TestServer.with({ _, _ in Reply(body: [0xFF, 0x00, 0x01]) }) { server in
            let output = try await get(server).output
            #expect(output?["body"] == "/wAB" && output?["bodyEncoding"] == "base64")
        }
    }

    @Test(arguments: [
        (302, false), (304, false), (400, false), (404, false), (408, true), (409, false), (425, true), (429, true),
        (500, true), (501, true),
        (503, true), (599, true),
    ])
    func `other statuses fail, and say whether to retry`(status: Int, isRetryable: Bool) async throws {
        let reply = Reply.json(#"{"why":"x"}"#, .init(statusCode: status), [("Location", "http://169.254.169.254/")])
        try await TestServer.with({ _, _ in reply }) { server in
            let result = try await get(server, ["retries": 3])
            #expect(result.code == "HTTP_ERROR")
            #expect(result.failure?.isRetryable == isRetryable)
            #expect(result.failure?.failure.details?["status"] == .int(Int64(status)))
            if status != 304 { #expect(result.failure?.failure.details?["body"] == ["why": "x"]) }
            #expect(server.seen.all.count == 1)
        }
    }

    @Test(
        arguments: [
            (200, 201 as JSONValue, false), (201, 201, true), (404, [200, 404], true), (302, "3xx", true),
            (204, "2xx", true), (200, ["4xx", "500"], false),
        ] as [(Int, JSONValue, Bool)])
    func `expect says which statuses are fine`(status: Int, expect: JSONValue, isFine: Bool) async throws {
        try await TestServer.with({ _, _ in Reply(status: .init(statusCode: status)) }) { server in
            let result = try await get(server, ["expect": expect])
            #expect((result.output != nil) == isFine)
        }
    }

    @Test(
        arguments: [
            (429, "7", 7), (503, "0", 0), (503, "Thu, 01 Jan 2026 00:01:00 GMT", 60),
            (429, "Wed, 31 Dec 2025 23:00:00 GMT", 0), (429, "999999999", 86_400),
            (429, "soon", nil), (500, "7", nil), (429, "-1", nil),
        ] as [(Int, String, Int64?)])
    func `Retry-After delays the next attempt`(status: Int, value: String, seconds: Int64?) async throws {
        try await TestServer.with({ _, _ in Reply(status: .init(statusCode: status), headers: [("Retry-After", value)])
        }) { server in
            let failure = try await get(server).failure
            #expect(failure?.retryAfter == seconds.map { .seconds($0) })
        }
    }

    @Test func `a body over the cap fails, one at the cap does not`() async throws {
        try await TestServer.with({ _, count in
            Reply(body: Array(repeating: 0x61, count: count == 1 ? 1 << 20 : 1 << 20 | 1))
        }) { server in
            let bench = HandlerBench()
            #expect(try await get(server, bench: bench).output?["body"]?.string?.utf8.count == 1 << 20)
            let large = try await get(server, bench: bench)
            #expect(large.code == "RESPONSE_TOO_LARGE" && large.failure?.isRetryable == false)
            #expect(large.failure?.failure.details == ["status": 200, "limitBytes": 1_048_576])
        }
    }

    @Test func `the body of a failure is cut`() async throws {
        try await TestServer.with({ _, _ in Reply(status: .badRequest, body: Array(repeating: 0x61, count: 3 << 20)) })
        { server in
            let result = try await get(server)
            #expect(result.code == "HTTP_ERROR")
            #expect(result.failure?.failure.details?["body"]?.string?.utf8.count == 16 * 1024)
        }
    }

    @Test func `a server that says nothing is left at the timeout`() async throws {
        let clock = VirtualClock()
        let arrived = AsyncStream.makeStream(of: Void.self)
        try await TestServer.with({ _, _ in
            arrived.continuation.yield()
            return Reply(isSilent: true)
        }) { server in
            async let result = HandlerBench(clock: clock).run(
                "http", ["url": .string(server.url), "timeoutMs": 1_000, "retries": 2])
            for await _ in arrived.stream { break }
            while clock.nextDeadline == nil { await Task.yield() }
            clock.advance(by: .seconds(1))
            let code = try await result.code
            #expect(code == "TIMEOUT")
            #expect(server.seen.all.count == 1)
        }
    }

    @Test func `network errors are tried again as often as asked, with one Idempotency-Key`() async throws {
        try await TestServer.with({ _, count in count < 3 ? Reply(hangsUp: true) : .json("{}") }) { server in
            let bench = HandlerBench(clock: SystemClock())
            let config: JSONObject = ["method": "POST", "retries": 2, "body": [:]]
            #expect(try await get(server, config, bench: bench).output?["status"] == 200)
            let later = try await bench.run("http", ["url": .string(server.url), "method": "POST"], attempt: 2)
            #expect(later.output?["status"] == 200)
            let keys = Set(server.seen.all.flatMap { $0.headers["idempotency-key"] })
            #expect(server.seen.all.count == 4 && keys.count == 1 && keys.first?.utf8.count == 32)
        }
    }

    @Test func `without an answer the request failed, retryably`() async throws {
        try await TestServer.with({ _, _ in Reply(hangsUp: true) }) { server in
            let result = try await get(server)
            #expect(result.code == "REQUEST_FAILED" && result.failure?.isRetryable == true)
            #expect(result.failure?.failure.details == ["attempts": 1])
        }
        #expect(try await HandlerBench().run("http", ["url": "http://127.0.0.1:1/"]).code == "REQUEST_FAILED")
    }
}

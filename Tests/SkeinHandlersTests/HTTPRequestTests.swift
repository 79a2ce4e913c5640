import NIOHTTP1
import Skein
import SkeinCore
import Testing

@testable import SkeinHandlers

@Suite(.timeLimit(.minutes(1)))
struct HTTPRequestTests {
    /// What the server saw of one request.
    private func sent(
        _ config: JSONObject, input: JSONValue? = nil, context: JSONObject = [:], bench: HandlerBench = HandlerBench()
    ) async throws -> SeenRequest {
        try await TestServer.with({ _, _ in .json("{}") }) { server in
            let context = context.merging(["base": .string(server.url)])
            let result = try await bench.run(
                "http", JSONObject([("url", "${base}/p")]).merging(config), input: input, context: context)
            #expect(result.output != nil, "\(String(describing: result))")
            return try #require(server.seen.all.first)
        }
    }

    @Test func `the request is made of the parameters with their placeholders filled`() async throws {
        let request = try await sent(
            [
                "method": "post", "query": ["q": "a b&c", "n": 1, "list": ["x", true], "none": nil],
                "headers": ["X-Order": "${order.id}", "X-None": nil],
                "body": ["id": "${order.id}", "price": "${order.price}", "gone": "${gone}"],
            ], context: ["order": ["id": "A-1", "price": 1.50]])
        #expect(request.method == .POST && request.uri == "/p?q=a%20b%26c&n=1&list=x&list=true")
        #expect(request.headers["x-order"] == ["A-1"] && !request.headers.contains(name: "x-none"))
        #expect(request.headers["content-type"] == ["application/json"])
        #expect(try JSONValue(parsing: request.body) == ["id": "A-1", "price": 1.5])
        let traceparent = try #require(request.headers["traceparent"].first)
        #expect(traceparent.hasPrefix("00-01900000000070008000000000000001-") && traceparent.utf8.count == 55)
    }

    @Test func `a text is sent as it is, and the step's own headers win`() async throws {
        let request = try await sent([
            "method": "PUT", "body": "plain",
            "headers": ["Content-Type": "text/csv", "idempotency-key": "mine", "Traceparent": "00-x"],
        ])
        #expect(request.body == "plain" && request.headers["content-type"] == ["text/csv"])
        #expect(request.headers["idempotency-key"] == ["mine"] && request.headers["traceparent"] == ["00-x"])
    }

    @Test func `a selected input overlays the config, and its values are no templates`() async throws {
        let request = try await sent(
            ["method": "GET"], input: ["method": "POST", "body": "${secret}"], context: ["secret": "s3cret"])
        #expect(request.method == .POST && request.body == "${secret}")
    }

    @Test func `members of the context do not change the request`() async throws {
        let request = try await sent(
            [:], context: ["method": "DELETE", "body": "b", "headers": ["x-evil": "1"], "url": "http://evil.example/"])
        #expect(request.method == .GET && request.body.isEmpty && !request.headers.contains(name: "x-evil"))
    }

    @Test(
        arguments: [
            ("api" as JSONValue, "authorization", "Bearer t0ken"),
            (["type": "bearer", "secret": "api"], "authorization", "Bearer t0ken"),
            (["type": "basic", "username": "ada", "secret": "api"], "authorization", "Basic YWRhOnQwa2Vu"),
            (["type": "header", "header": "X-Api-Key", "secret": "api"], "x-api-key", "t0ken"),
        ] as [(JSONValue, String, String)])
    func `a secret goes into its header`(auth: JSONValue, header: String, value: String) async throws {
        var bench = HandlerBench()
        bench.configuration.secrets = EnvironmentSecrets(environment: ["SKEIN_SECRET_API": "t0ken\n", "OTHER": "x"])
        let request = try await sent(["auth": auth], bench: bench)
        #expect(request.headers[header] == [value])
    }

    @Test func `a secret that is not there fails without a request`() async throws {
        var bench = HandlerBench()
        bench.configuration.secrets = EnvironmentSecrets(environment: [:])
        let result = try await bench.run("http", ["url": "http://127.0.0.1:1/", "auth": "pay-api.v2"])
        #expect(result.code == "SECRET_NOT_FOUND" && result.failure?.isRetryable == false)
        #expect(result.failure?.failure.message.contains("SKEIN_SECRET_PAY_API_V2") == true)
    }

    @Test(
        arguments: [
            ["headers": ["Host": "x"]], ["headers": ["content-length": "5"]],
            ["headers": ["Transfer-Encoding": "chunked"]],
            ["headers": ["Connection": "close"]], ["headers": ["Proxy-Authorization": "x"]],
            ["headers": ["X": "a\r\nY: b"]],
            ["headers": ["X": "a\nb"]], ["headers": ["X": "a\u{0}"]], ["headers": ["X\r\nY": "b"]],
            ["headers": ["X Y": "b"]], ["headers": ["": "b"]],
            ["headers": ["X": ["a": 1]]], ["headers": "x"], ["method": "CONNECT"], ["method": "GET / HTTP/1.1\r\nX:"],
            ["timeoutMs": 0], ["timeoutMs": "x"],
            ["retries": 11], ["retries": 1.5], ["expect": 42], ["expect": []], ["expect": "ok"], ["auth": [:]],
            ["auth": ["type": "digest", "secret": "a"]],
            ["auth": ["type": "header", "header": "Host", "secret": "a"]], ["query": 1], ["url": nil],
        ] as [JSONObject])
    func `parameters without sense fail without a request`(config: JSONObject) async throws {
        let result = try await HandlerBench().run("http", JSONObject([("url", "http://127.0.0.1:1/")]).merging(config))
        #expect(result.code == "INPUT_ERROR", "\(String(describing: result))")
        #expect(result.failure?.isRetryable == false)
        #expect(
            !BuiltinHandlers.check(
                type: "http", config: JSONObject([("url", "http://example.com/")]).merging(config), mayHaveInput: false
            ).isEmpty)
    }
}

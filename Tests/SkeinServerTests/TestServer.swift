// A server over an engine in memory. The engine does not run as a service: executions move when a request drives them.

import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Skein
import SkeinCore
@testable import SkeinServer

struct TestServer: Sendable {
    let engine: Engine
    let server: SkeinServer

    static let greet: JSONValue = [
        "id": "greet", "version": "1.0.0", "initialStepId": "hello",
        "steps": [
            "hello": [
                "type": "hello", "input": ["type": "key", "key": "name"], "outputKey": "greeting",
                "transitions": ["onSuccess": "shout"],
            ],
            "shout": [
                "type": "shout", "input": ["type": "key", "key": "greeting"], "outputKey": "loud",
                "transitions": ["onSuccess": nil],
            ],
        ],
    ]

    static let approve: JSONValue = [
        "id": "approve", "version": "1.0.0", "initialStepId": "ask",
        "steps": [
            "ask": ["type": "ask", "outputKey": "answer", "transitions": ["onSuccess": "shout"]],
            "shout": [
                "type": "shout", "input": ["type": "static", "value": "yes"], "transitions": ["onSuccess": nil],
            ],
        ],
    ]

    init(
        clock: any EngineClock = SystemClock(), metrics: PrometheusRegistry? = nil,
        _ change: (inout ServerConfiguration) -> Void = { _ in }
    ) async throws {
        engine = Engine(
            store: InMemoryExecutionStore(clock: clock), clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        engine.handle("hello") { input, _ in .success(.string("hello \(input.string ?? "?")")) }
        engine.handle("shout") { input, _ in .success(.string((input.string ?? "").uppercased())) }
        engine.handle("ask") { _, _ in .wait(WaitRequest(until: .resume, reason: "somebody decides")) }
        try await engine.register(Self.greet)
        try await engine.register(Self.approve)
        var configuration = ServerConfiguration()
        change(&configuration)
        server = SkeinServer(
            engine: engine, configuration: configuration, metrics: metrics,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func test(_ body: @Sendable (TestCalls) async throws -> Void) async throws {
        try await server.application.test(.router) { client in try await body(TestCalls(client: client)) }
    }

    /// Over a socket.
    func testLive(_ body: @Sendable (TestCalls) async throws -> Void) async throws {
        try await server.application.test(.live) { client in try await body(TestCalls(client: client)) }
    }

    /// An execution that waits to be resumed.
    func waiting() async throws -> ExecutionID {
        let id = try await engine.create("approve").execution.id
        _ = try await engine.step(id)
        return id
    }

    /// An execution that has ended, with events 1 to 5.
    func ended() async throws -> ExecutionID {
        let id = try await engine.create("greet", context: ["name": "ann"]).execution.id
        _ = try await engine.run(id)
        return id
    }
}

/// Requests and their JSON answers.
struct TestCalls: Sendable {
    let client: any TestClientProtocol

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPFields
        var text: String
        var json: JSONValue

        /// The places of a problem's errors, with their codes.
        var errors: [String: String] {
            var result: [String: String] = [:]
            for entry in json["errors"]?.array ?? [] {
                let place = entry["pointer"] ?? entry["parameter"] ?? entry["header"]
                result[place?.string ?? ""] = entry["code"]?.string ?? ""
            }
            return result
        }

        var code: String? { json["code"]?.string }
    }

    func send(_ method: HTTPRequest.Method, _ uri: String, headers: [String: String] = [:], text: String? = nil)
        async throws -> Answer
    {
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        let response = try await client.executeRequest(
            uri: uri, method: method, headers: fields, body: text.map { ByteBuffer(string: $0) })
        let text = String(decoding: response.body.readableBytesView, as: UTF8.self)
        return Answer(
            status: response.status.code, headers: response.headers, text: text,
            json: (try? JSONValue(parsing: text)) ?? .null)
    }

    func get(_ uri: String, headers: [String: String] = [:]) async throws -> Answer {
        try await send(.get, uri, headers: headers)
    }

    func post(_ uri: String, _ body: JSONValue? = nil, headers: [String: String] = [:]) async throws -> Answer {
        try await send(
            .post, uri, headers: headers.merging(["content-type": "application/json"]) { given, _ in given },
            text: body?.text())
    }
}

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import SkeinCore

/// Requests to one server.
struct Web: Sendable {
    struct Reply: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: [UInt8]

        /// Null when it is none.
        var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    struct Unexpected: Error, CustomStringConvertible {
        let description: String
    }

    /// Lives as long as the tests do.
    static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    var url: String

    func request(_ method: HTTPMethod, _ path: String, headers: [(String, String)] = []) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        request.headers = HTTPHeaders(headers)
        return request
    }

    func send(_ request: HTTPClientRequest, within limit: TimeAmount = .seconds(30)) async throws -> Reply {
        let response = try await Self.client.execute(request, timeout: limit)
        let body = try await response.body.collect(upTo: 64 << 20)
        return Reply(status: Int(response.status.code), headers: response.headers, body: Array(body.readableBytesView))
    }

    func get(_ path: String, headers: [(String, String)] = []) async throws -> Reply {
        try await send(request(.GET, path, headers: headers))
    }

    func post(_ path: String, _ body: JSONValue? = nil, headers: [(String, String)] = []) async throws -> Reply {
        try await post(path, bytes: body?.serialized() ?? [], headers: headers)
    }

    func post(_ path: String, bytes: [UInt8], headers: [(String, String)] = []) async throws -> Reply {
        var request = request(.POST, path, headers: [("content-type", "application/json")] + headers)
        request.body = .bytes(ByteBuffer(bytes: bytes))
        return try await send(request)
    }

    // MARK: - What every test asks

    func register(_ flow: JSONValue) async throws {
        let reply = try await post("/v1/flows", flow)
        guard [200, 201].contains(reply.status) else {
            throw Unexpected(description: "the flow was answered with \(reply.text)")
        }
    }

    /// Creates an execution and returns its id.
    func create(_ flow: String, _ context: JSONValue = [:], headers: [(String, String)] = []) async throws -> String {
        let reply = try await post("/v1/executions", ["flowId": .string(flow), "context": context], headers: headers)
        guard [200, 201].contains(reply.status), let id = reply.json.execution.id.string else {
            throw Unexpected(description: "the creation was answered with \(reply.status) \(reply.text)")
        }
        return id
    }

    func execution(_ id: String) async throws -> JSONValue {
        try await get("/v1/executions/\(id)").json
    }

    /// All events of an execution that is short.
    func events(_ id: String) async throws -> [JSONValue] {
        try await get("/v1/executions/\(id)/events").json.items.array ?? []
    }

    func status(_ id: String, becomes status: String, within limit: Duration = .seconds(30)) async throws -> JSONValue {
        try await eventually("\(id) is \(status)", within: limit) {
            let execution = try await execution(id)
            // A bare nil would be a JSON null.
            return execution.status.string == status ? execution : JSONValue?.none
        }
    }

    /// What `/readyz` says: ready, degraded, draining, unavailable.
    func readiness() async -> String? {
        try? await get("/readyz").json.status.string
    }

    /// The sum of a metric's samples that have these labels.
    func metric(_ name: String, _ labels: String = "") async throws -> Double {
        let lines = try await get("/metrics").text.split(separator: "\n")
        return lines.filter { $0.hasPrefix("\(name){") || $0.hasPrefix("\(name) ") }.filter {
            labels.isEmpty || $0.contains(labels)
        }
        .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
    }
}

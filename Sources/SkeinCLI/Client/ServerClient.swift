// The HTTP API from the outside. Knows transport and errors; the commands know paths.

import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import SkeinCore

/// Asks one server.
struct ServerClient: Sendable {
    /// What came back with a status of success.
    struct Reply: Sendable {
        var status: Int
        var body: JSONValue
        var isReplay: Bool
    }

    /// Without a slash at the end.
    let url: String
    private let client: HTTPClient
    private let limit = 64 * 1_024 * 1_024

    /// - Throws: a usage failure when the text is not the address of a server.
    init(url: String, client: HTTPClient = .direct) throws(CommandFailure) {
        var text = url
        while text.hasSuffix("/") { text.removeLast() }
        let rest = ["http://", "https://"].first { text.lowercased().hasPrefix($0) }.map { text.dropFirst($0.count) }
        guard let rest, let first = rest.first, first != "/",
            !text.contains(where: { $0 == "?" || $0 == "#" || $0.isWhitespace })
        else {
            throw CommandFailure(
                .usage, "'\(url)' is not the address of a server",
                fix: "give --url or SKEIN_URL as http://HOST:PORT or https://HOST:PORT")
        }
        self.url = text
        self.client = client
    }

    func get(_ path: String, _ query: [(String, String?)] = [], timeout: Duration = .seconds(30)) async throws
        -> JSONValue
    {
        try await send(.GET, path, query, body: nil, timeout: timeout).body
    }

    func post(
        _ path: String, _ body: JSONValue? = nil, query: [(String, String?)] = [], headers: [(String, String)] = [],
        timeout: Duration = .seconds(30)
    ) async throws -> Reply {
        try await send(.POST, path, query, body: body ?? .object([:]), headers: headers, timeout: timeout)
    }

    func delete(_ path: String, _ query: [(String, String?)] = [], timeout: Duration = .seconds(30)) async throws
        -> JSONValue
    {
        try await send(.DELETE, path, query, body: nil, timeout: timeout).body
    }

    private func send(
        _ method: HTTPMethod, _ path: String, _ query: [(String, String?)], body: JSONValue?,
        headers: [(String, String)] = [], timeout: Duration
    ) async throws -> Reply {
        var request = request(method, path, query)
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let body {
            request.headers.replaceOrAdd(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body.serialized()))
        }
        let response: HTTPClientResponse
        let bytes: ByteBuffer
        do {
            response = try await client.execute(request, timeout: .nanoseconds(timeout.nanoseconds))
            bytes = try await response.body.collect(upTo: limit)
        } catch let error as NIOTooManyBytesError {
            throw CommandFailure(
                .failure, "the answer is over 64 MiB (\(error))", fix: "ask for fewer items with --limit")
        } catch {
            throw unreachable(error)
        }
        let isReplay = response.headers.first(name: "Idempotent-Replayed") == "true"
        return Reply(status: Int(response.status.code), body: try decode(response, bytes), isReplay: isReplay)
    }

    /// Opens a stream of events and returns its body once the server has said yes.
    func stream(_ path: String, lastEventID: String?) async throws -> HTTPClientResponse.Body {
        var request = request(.GET, path, [])
        request.headers.replaceOrAdd(name: "Accept", value: "text/event-stream")
        if let lastEventID { request.headers.replaceOrAdd(name: "Last-Event-ID", value: lastEventID) }
        let response: HTTPClientResponse
        do {
            response = try await client.execute(request, deadline: .distantFuture)
        } catch {
            throw unreachable(error)
        }
        if response.status != .ok { _ = try decode(response, try await response.body.collect(upTo: limit)) }
        return response.body
    }

    private func request(_ method: HTTPMethod, _ path: String, _ query: [(String, String?)]) -> HTTPClientRequest {
        let pairs = query.compactMap { name, value in value.map { "\(name)=\($0.percentEncoded)" } }
        var request = HTTPClientRequest(url: url + path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")))
        request.method = method
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: "skein/\(Version.current)")
        if let actor = Self.actor { request.headers.add(name: "X-Skein-Actor", value: actor) }
        return request
    }

    /// Who runs the command, as the machine knows them.
    private static let actor = ["SKEIN_ACTOR", "USER", "LOGNAME"].lazy
        .compactMap { ProcessInfo.processInfo.environment[$0] }
        .first { !$0.isEmpty && $0.utf8.count <= 200 && $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } }

    private func decode(_ response: HTTPClientResponse, _ bytes: ByteBuffer) throws -> JSONValue {
        let body =
            bytes.readableBytes == 0
            ? JSONValue.null : try? JSONValue(parsing: bytes.readableBytesView, limits: .answer)
        let status = Int(response.status.code)
        guard (200..<300).contains(status) else {
            throw ServerProblem.failure(
                status: status, body: body, requestID: response.headers.first(name: "X-Request-Id"))
        }
        guard let body else {
            throw CommandFailure(
                .failure, "\(url) answered something that is not JSON",
                fix: "check that --url or SKEIN_URL names a skein server")
        }
        return body
    }

    /// The failure of a request that got no answer.
    func unreachable(_ error: any Error) -> any Error {
        if error is CancellationError || error is CommandFailure { return error }
        let text = "\(error)"
        let isLate = [.deadlineExceeded, .readTimeout, .connectTimeout].contains(error as? HTTPClientError)
        let reason = isLate ? "no answer in time" : text.contains("onnection refused") ? "connection refused" : text
        return CommandFailure(
            .unreachable, "the server at \(url) is not reachable: \(reason)",
            fix: "start one with `skein dev` or `skein serve`, or name another with --url or SKEIN_URL")
    }
}

extension JSONLimits {
    /// Answers may be larger and deeper than what the server accepts.
    static var answer: JSONLimits {
        var limits = JSONLimits.default
        limits.maxBytes = 64 * 1_024 * 1_024
        limits.maxDepth = JSONLimits.depthCeiling
        limits.maxValues = 10_000_000
        return limits
    }
}

extension Duration {
    /// Whole nanoseconds, saturating.
    var nanoseconds: Int64 {
        let (product, overflow) = microseconds.multipliedReportingOverflow(by: 1_000)
        return overflow ? .max : product
    }
}

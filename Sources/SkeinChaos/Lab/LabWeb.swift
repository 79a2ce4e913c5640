import AsyncHTTPClient
import NIOCore
import NIOHTTP1
package import SkeinCore

/// Requests to one instance.
package struct LabWeb: Sendable {
    /// What came back.
    package struct Reply: Sendable {
        package var status: Int
        package var bytes: [UInt8]

        package var json: JSONValue { (try? JSONValue(parsing: bytes)) ?? .null }
        package var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    package let url: String

    package func get(_ path: String, within limit: Duration = .seconds(10)) async throws -> Reply {
        try await send(HTTPClientRequest(url: url + path), within: limit)
    }

    package func post(
        _ path: String, _ body: JSONValue? = nil, key: String? = nil, within limit: Duration = .seconds(10)
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: url + path)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        if let key { request.headers.add(name: "idempotency-key", value: key) }
        request.body = .bytes(ByteBuffer(bytes: body?.serialized() ?? []))
        return try await send(request, within: limit)
    }

    private func send(_ request: HTTPClientRequest, within limit: Duration) async throws -> Reply {
        let response = try await HTTPClient.shared.execute(request, timeout: .milliseconds(limit.milliseconds))
        let body = try await response.body.collect(upTo: 64 << 20)
        return Reply(status: Int(response.status.code), bytes: Array(body.readableBytesView))
    }
}

// One attempt: resolve, check, connect to what was checked, read within bounds.

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix

/// What a server answered.
struct HTTPAnswer: Sendable {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: [UInt8]
    /// Whether there was more of the body.
    var isCut = false
}

/// A body beyond what a step may take in.
struct BodyTooLarge: Error {
    var status: Int
    var limit: Int
}

/// Sends requests to addresses that the policy permits.
struct HTTPExchange: Sendable {
    let policy: EgressPolicy
    let resolver: any HostResolver
    let clients: PinnedClients
    let maxBytes: Int

    /// How much of an unexpected answer is read.
    private static let failureBytes = 16 * 1024
    /// Addresses of one name that are tried.
    private static let maxAddresses = 4

    /// - Throws: ``EgressDenial``, ``ResolutionError``, ``BodyTooLarge``, and the client's errors.
    func send(_ call: HTTPCall) async throws -> HTTPAnswer {
        switch call.url.host {
        case .address(let address):
            guard policy.permits(address) else { throw denial(address.text, of: nil) }
            return try await send(call, at: nil)
        case .name(let name):
            let addresses = try await permitted(name)
            for address in addresses.dropLast() {
                do {
                    return try await send(call, at: address)
                } catch  where Self.didNotConnect(error) && !Task.isCancelled {
                    continue
                }
            }
            guard let last = addresses.last else { throw ResolutionError(description: "'\(name)' has no address") }
            return try await send(call, at: last)
        }
    }

    /// All addresses of a name, when every one of them is permitted.
    private func permitted(_ name: String) async throws -> [String] {
        let addresses = try await resolver.addresses(of: name)
        for address in addresses where !policy.permits(address) { throw denial(address, of: name) }
        return Array(addresses.prefix(Self.maxAddresses))
    }

    private func denial(_ address: String, of name: String?) -> EgressDenial {
        EgressDenial(
            "\(name.map { "'\($0)' leads to " } ?? "")\(address), which is not a public address and not in SKEIN_EGRESS_ALLOW"
        )
    }

    private func send(_ call: HTTPCall, at address: String?) async throws -> HTTPAnswer {
        var request = HTTPClientRequest(url: call.url.text)
        request.method = call.method
        request.headers = call.headers
        request.body = call.body.map { .bytes($0) }
        let sent = request
        return try await clients.withClient(host: call.url.hostText, address: address) { client in
            let response = try await client.execute(sent, deadline: .distantFuture)
            let isExpected = call.expect.contains(Int(response.status.code))
            return try await collect(
                response, limit: isExpected ? maxBytes : min(Self.failureBytes, maxBytes), cutting: !isExpected)
        }
    }

    private func collect(_ response: HTTPClientResponse, limit: Int, cutting: Bool) async throws -> HTTPAnswer {
        var answer = HTTPAnswer(status: response.status, headers: response.headers, body: [])
        for try await part in response.body {
            let room = limit - answer.body.count
            answer.body.append(contentsOf: part.readableBytesView.prefix(room))
            guard part.readableBytes > room else { continue }
            guard cutting else { throw BodyTooLarge(status: Int(response.status.code), limit: limit) }
            answer.isCut = true
            break
        }
        return answer
    }

    /// Whether nothing can have been sent.
    private static func didNotConnect(_ error: any Error) -> Bool {
        switch error {
        case let error as IOError:
            [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL, ETIMEDOUT].contains(error.errnoCode)
        case is NIOConnectionError: true
        case let error as HTTPClientError: error == .connectTimeout
        case _: false
        }
    }
}

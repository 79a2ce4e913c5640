// Clients that connect to an address that was checked, while name, Host and certificate stay those of the URL. The
// name's address is part of a client's configuration, so there is one client for each pair, kept for as long as it is
// of use.

import AsyncHTTPClient
import Dispatch
import Synchronization

/// HTTP clients by name and address.
final class PinnedClients: Sendable {
    fileprivate struct Key: Hashable {
        var host: String
        var address: String?
    }

    fileprivate struct Entry {
        var client: HTTPClient
        var users = 0
        var lastUse: UInt64 = 0
    }

    fileprivate struct State {
        var entries: [Key: Entry] = [:]
        var uses: UInt64 = 0
    }

    /// Clients that are kept while nobody uses them.
    private static let capacity = 64

    private let configuration: HTTPClient.Configuration
    private let state = Mutex(State())

    init(_ configuration: HTTPClient.Configuration) {
        var configuration = configuration
        configuration.redirectConfiguration = .disallow
        configuration.proxy = nil
        configuration.decompression = .disabled
        configuration.dnsOverride = [:]
        configuration.connectionPool.retryConnectionEstablishment = false
        // How many steps run at once is the engine's matter: one that waits for its answer must not keep others of the
        // same host waiting.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 10_000
        self.configuration = configuration
    }

    deinit {
        for entry in state.withLock({ $0.entries.values.map(\.client) }) { Self.close(entry) }
    }

    /// Lends the client that reaches `host` at `address`; without an address the host is one.
    func withClient<Result>(
        host: String, address: String?, _ body: (HTTPClient) async throws -> Result
    ) async throws -> Result {
        let key = Key(host: host, address: address)
        let (client, idle) = state.withLock { $0.borrow(key, capacity: Self.capacity, make) }
        for client in idle { Self.close(client) }
        defer { state.withLock { $0.entries[key]?.users -= 1 } }
        return try await body(client)
    }

    private func make(_ key: Key) -> HTTPClient {
        var configuration = configuration
        if let address = key.address { configuration.dnsOverride = [key.host: address] }
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    private static func close(_ client: HTTPClient) {
        client.shutdown(queue: .global()) { _ in }
    }
}

extension PinnedClients.State {
    /// A client for the key, and those that make room for it.
    fileprivate mutating func borrow(
        _ key: PinnedClients.Key, capacity: Int, _ make: (PinnedClients.Key) -> HTTPClient
    ) -> (HTTPClient, idle: [HTTPClient]) {
        uses += 1
        var entry = entries[key] ?? PinnedClients.Entry(client: make(key))
        entry.users += 1
        entry.lastUse = uses
        entries[key] = entry
        guard entries.count > capacity else { return (entry.client, []) }
        let idle = entries.filter { $0.value.users == 0 }.min { $0.value.lastUse < $1.value.lastUse }
        guard let idle else { return (entry.client, []) }
        entries[idle.key] = nil
        return (entry.client, [idle.value.client])
    }
}

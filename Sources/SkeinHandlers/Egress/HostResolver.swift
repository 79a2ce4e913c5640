// Names to addresses, asked for every request: what was checked is what is connected to.

import NIOPosix

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Finds the addresses of a name.
package protocol HostResolver: Sendable {
    /// All IPv4 and IPv6 addresses in standard notation, the preferred one first.
    func addresses(of host: String) async throws -> [String]
}

/// A name without addresses.
struct ResolutionError: Error, Sendable, CustomStringConvertible {
    let description: String
}

/// The system's resolver. Its calls block, so they run on NIO's thread pool; a cancelled caller does not wait for them.
struct SystemHostResolver: HostResolver {
    func addresses(of host: String) async throws -> [String] {
        let (answers, continuation) = AsyncStream.makeStream(of: Result<[String], ResolutionError>.self)
        NIOThreadPool.singleton.submit { state in
            if case .active = state { continuation.yield(Self.lookUp(host)) }
            continuation.finish()
        }
        for await answer in answers { return try answer.get() }
        try Task.checkCancellation()
        throw ResolutionError(description: "the resolver is shutting down")
    }

    private static func lookUp(_ host: String) -> Result<[String], ResolutionError> {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard code == 0 else {
            return .failure(
                ResolutionError(description: "'\(host)' has no address: \(String(cString: gai_strerror(code)))"))
        }
        var addresses: [String] = []
        var entry = list
        while let current = entry {
            if let text = text(of: current.pointee), !addresses.contains(text) { addresses.append(text) }
            entry = current.pointee.ai_next
        }
        return addresses.isEmpty
            ? .failure(ResolutionError(description: "'\(host)' has no address")) : .success(addresses)
    }

    private static func text(of info: addrinfo) -> String? {
        guard let address = info.ai_addr else { return nil }
        switch info.ai_family {
        case AF_INET:
            return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
                withUnsafeBytes(of: pointer.pointee.sin_addr) { IPAddress(bytes: Array($0)).text }
            }
        case AF_INET6:
            return address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                withUnsafeBytes(of: pointer.pointee.sin6_addr) { IPAddress(bytes: Array($0)).text }
            }
        case _:
            return nil
        }
    }
}

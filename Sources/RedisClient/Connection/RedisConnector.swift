import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Opens channels to the configured server: socket, TLS, reply decoding and login, with the caller's handler last.
final class RedisConnector: Sendable {
    let configuration: RedisConfiguration
    private let tlsContext = Mutex<NIOSSLContext?>(nil)

    init(configuration: RedisConfiguration) {
        self.configuration = configuration
    }

    /// Starts one attempt. The host is resolved anew, so that a failover by DNS is followed.
    ///
    /// A host with several addresses is tried by several channels; only the one that won gets handlers, so that the
    /// losers' ends mean nothing.
    ///
    /// - Parameters:
    ///   - eventLoop: Where the channel lives.
    ///   - addHandler: Adds the last handler, on that event loop.
    func connect(
        on eventLoop: any EventLoop, addHandler: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.socketOption(.so_keepalive), value: 1)
            // Nothing is read before there is somebody to read it.
            .channelOption(.autoRead, value: false)
        let connected =
            switch configuration.address {
            case .tcp(let host, let port):
                bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1).connect(host: host, port: port)
            case .unix(let path):
                bootstrap.connect(unixDomainSocketPath: path)
            }
        return connected.flatMap { channel in
            do {
                try self.addHandlers(to: channel, last: addHandler)
            } catch {
                return channel.close().recover { _ in }.flatMapThrowing { throw error }
            }
            return channel.setOption(.autoRead, value: true).map {
                channel.pipeline.fireUserInboundEventTriggered(RedisChannelEvent.opened)
                return channel
            }
        }
    }

    /// Says what went wrong with a channel in the module's own terms.
    func redisError(_ error: any Error) -> RedisError {
        switch error {
        case let error as RedisError:
            error
        case let error as ChannelError where error == .connectTimeout(TimeAmount(configuration.connectTimeout)):
            RedisError(.connection, "\(configuration.address) did not accept a connection in time")
        default:
            RedisError(.connection, "\(configuration.address): \(error)")
        }
    }

    private func addHandlers(to channel: any Channel, last: (any Channel) throws -> Void) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls = configuration.tls {
            try pipeline.addHandler(makeTLSHandler(tls))
        }
        try pipeline.addHandler(ReplyDecodingHandler(limits: RedisReplyLimits(configuration)))
        try pipeline.addHandler(HandshakeHandler(configuration: configuration))
        try last(channel)
    }

    private func makeTLSHandler(_ tls: RedisTLS) throws -> NIOSSLClientHandler {
        let context = try tlsContext.withLock { cached in
            let context = try cached ?? NIOSSLContext(configuration: Self.tlsConfiguration(tls))
            cached = context
            return context
        }
        return try NIOSSLClientHandler(context: context, serverHostname: serverName(tls))
    }

    /// The name to verify; an IP address is none, it is verified as the channel's address.
    private func serverName(_ tls: RedisTLS) -> String? {
        if let name = tls.serverName { return name }
        guard case .tcp(let host, let port) = configuration.address else { return nil }
        return (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil
    }

    private static func tlsConfiguration(_ tls: RedisTLS) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification =
            switch tls.verification {
            case .full: .fullVerification
            case .chain: .noHostnameVerification
            case .none: .none
            }
        if let path = tls.caFile {
            configuration.trustRoots = .file(path)
        }
        if let certificate = tls.certificateFile, let key = tls.keyFile {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
        }
        return configuration
    }
}

import NIOCore
import NIOPosix
import Synchronization

/// One connection through the proxy: both ends live on one event loop.
final class ProxyLink: Sendable {
    private struct State {
        var watch = CommitWatch()
        var server: (any Channel)?
        /// Nothing overtakes what was delayed before it.
        var waiting = [true: 0, false: 0]
        /// Directions in which bytes were lost: whatever came behind the gap would be another stream.
        var torn: Set<Bool> = []
        var lastDelivery = [true: NIODeadline.uptimeNanoseconds(0), false: NIODeadline.uptimeNanoseconds(0)]
    }

    private let proxy: FaultProxy
    private let client: any Channel
    private let isPostgres: Bool
    private let state = Mutex(State())

    init(_ proxy: FaultProxy, client: any Channel, isPostgres: Bool) {
        self.proxy = proxy
        self.client = client
        self.isPostgres = isPostgres
    }

    func open(to target: SocketAddress) {
        client.closeFuture.whenComplete { _ in self.close() }
        ClientBootstrap(group: client.eventLoop)
            .connectTimeout(.seconds(2))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(EndHandler(self, isServer: true, target: nil))
                }
            }
            .connect(to: target).whenComplete { result in
                switch result {
                case .failure: self.close()
                case .success(let server): self.join(server)
                }
            }
    }

    private func join(_ server: any Channel) {
        state.withLock { $0.server = server }
        server.closeFuture.whenComplete { _ in self.close() }
        client.setOption(.autoRead, value: true).whenSuccess { self.client.read() }
    }

    func close() {
        proxy.forget(self)
        client.close(promise: nil)
        state.withLock { $0.server }?.close(promise: nil)
    }

    /// Bytes have arrived at one end.
    fileprivate func take(_ bytes: ByteBuffer, fromServer: Bool) {
        guard isPostgres else { return deliver(bytes, toServer: !fromServer, thenCloses: false) }
        let verdict = state.withLock { state in
            fromServer
                ? state.watch.fromServer(bytes)
                : state.watch.fromClient(bytes, stalls: { proxy.stalls() }, ambush: { proxy.ambush($0) })
        }
        if let ambush = verdict.closes { proxy.note(ambush) }
        deliver(verdict.forward, toServer: !fromServer, thenCloses: verdict.closes != nil)
        if let late = verdict.late { deliver(late, toServer: !fromServer, thenCloses: false, after: proxy.stall) }
    }

    private func deliver(_ bytes: ByteBuffer, toServer: Bool, thenCloses: Bool, after pause: Duration = .zero) {
        let latency = state.withLock { state -> Duration? in
            guard !state.torn.contains(toServer) else { return nil }
            let latency = proxy.latency(toServer: toServer)
            if latency == nil { state.torn.insert(toServer) }
            return latency
        }
        guard let latency else { return }
        let receiver: (any Channel)? = toServer ? state.withLock { $0.server } : client
        guard let receiver else { return close() }
        let now = NIODeadline.now()
        let due: NIODeadline? = state.withLock { state in
            let last = state.lastDelivery[toServer] ?? now
            let due = max(last + .nanoseconds(1), now + .nanoseconds((latency + pause).nanoseconds))
            if due <= now, state.waiting[toServer] == 0 { return nil }
            state.lastDelivery[toServer] = due
            state.waiting[toServer, default: 0] += 1
            return due
        }
        let send = { @Sendable in
            if bytes.readableBytes > 0 { receiver.writeAndFlush(bytes, promise: nil) }
            if thenCloses { self.close() }
        }
        guard let due else { return send() }
        _ = receiver.eventLoop.scheduleTask(deadline: due) {
            self.state.withLock { $0.waiting[toServer, default: 1] -= 1 }
            send()
        }
    }
}

/// One end of a link.
final class EndHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let link: ProxyLink
    private let isServer: Bool
    /// Where the other end is to be, for the one that came first.
    private let target: SocketAddress?

    init(_ link: ProxyLink, isServer: Bool, target: SocketAddress?) {
        self.target = target
        self.link = link
        self.isServer = isServer
    }

    /// Not before: what is read from a channel that is not yet active may never come.
    func channelActive(context: ChannelHandlerContext) {
        if let target { link.open(to: target) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        link.take(unwrapInboundIn(data), fromServer: isServer)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { link.close() }
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A request as the server saw it.
struct SeenRequest: Sendable {
    var method: HTTPMethod
    var uri: String
    var headers: HTTPHeaders
    var body: String
}

/// What the server says.
struct Reply: Sendable {
    var status = HTTPResponseStatus.ok
    var headers: [(String, String)] = []
    var body: [UInt8] = []
    /// Says nothing at all.
    var isSilent = false
    /// Closes the connection instead of answering.
    var hangsUp = false

    static func json(_ text: String, _ status: HTTPResponseStatus = .ok, _ headers: [(String, String)] = []) -> Reply {
        Reply(status: status, headers: [("Content-Type", "application/json")] + headers, body: Array(text.utf8))
    }
}

/// An HTTP/1.1 server on a free port of this machine.
struct TestServer: Sendable {
    let port: Int
    let seen: Ledger<SeenRequest>

    var url: String { "http://127.0.0.1:\(port)" }

    /// Runs `body` against a server that answers with `reply`, which also gets the number of the request, from 1.
    static func with<Result>(
        host: String = "127.0.0.1", tls: NIOSSLContext? = nil, _ reply: @escaping @Sendable (SeenRequest, Int) -> Reply,
        _ body: (TestServer) async throws -> Result
    ) async throws -> Result {
        let seen = Ledger<SeenRequest>()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Answerer(seen: seen, reply: reply))
                }
            }
            .bind(host: host, port: 0).get()
        let server = TestServer(port: channel.localAddress?.port ?? 0, seen: seen)
        do {
            let result = try await body(server)
            try? await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }

    private init(port: Int, seen: Ledger<SeenRequest>) {
        self.port = port
        self.seen = seen
    }
}

private final class Answerer: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let seen: Ledger<SeenRequest>
    private let reply: @Sendable (SeenRequest, Int) -> Reply
    private var current: SeenRequest?

    init(seen: Ledger<SeenRequest>, reply: @escaping @Sendable (SeenRequest, Int) -> Reply) {
        self.seen = seen
        self.reply = reply
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            current = SeenRequest(method: head.method, uri: head.uri, headers: head.headers, body: "")
        case .body(let buffer):
            current?.body += String(buffer: buffer)
        case .end:
            guard let request = current else { return }
            seen.note(request)
            answer(reply(request, seen.all.count), context)
        }
    }

    private func answer(_ reply: Reply, _ context: ChannelHandlerContext) {
        guard !reply.isSilent else { return }
        guard !reply.hangsUp else { return context.close(promise: nil) }
        var headers = HTTPHeaders(reply.headers)
        headers.replaceOrAdd(name: "content-length", value: String(reply.body.count))
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: reply.status, headers: headers))),
            promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: reply.body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}

import NIOCore
import NIOPosix
import Synchronization

/// A server on the loopback interface that answers every command as a test tells it to.
enum FakeRedisServer {
    /// Decides what to answer, in RESP; nil answers nothing.
    typealias Script = @Sendable (_ command: [String]) -> String?

    /// Runs a body with the server's URL.
    static func run(script: @escaping Script, _ body: (_ url: String) async throws -> Void) async throws {
        let accepted = Accepted()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                accepted.channels.withLock { $0.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FakeConnectionHandler(script: script))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let result: Result<Void, any Error>
        do {
            result = .success(try await body("redis://127.0.0.1:\(listener.localAddress?.port ?? 0)"))
        } catch {
            result = .failure(error)
        }
        try? await listener.close()
        for channel in accepted.channels.withLock({ $0 }) { try? await channel.close() }
        try result.get()
    }

    private final class Accepted: Sendable {
        let channels = Mutex<[any Channel]>([])
    }
}

private final class FakeConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let script: FakeRedisServer.Script
    private var received = ""

    init(script: @escaping FakeRedisServer.Script) {
        self.script = script
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += String(buffer: unwrapInboundIn(data))
        while let command = nextCommand() {
            guard let answer = script(command) else { continue }
            context.writeAndFlush(NIOAny(ByteBuffer(string: answer)), promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Reads an array of strings, as long as these contain no line breaks.
    private func nextCommand() -> [String]? {
        let lines = received.split(separator: "\r\n", omittingEmptySubsequences: false)
        guard let first = lines.first, first.hasPrefix("*"), let count = Int(first.dropFirst()) else { return nil }
        guard lines.count > 1 + count * 2 else { return nil }
        received = lines.dropFirst(1 + count * 2).joined(separator: "\r\n")
        return (0..<count).map { String(lines[2 + $0 * 2]) }
    }
}

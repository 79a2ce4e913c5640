import NIOCore
import NIOPosix
import Synchronization

@testable import RedisClient

/// A server on the loopback interface that answers as a test tells it to.
final class FakeRedisServer: Sendable {
    /// Decides what to answer to a command on the connection with the given number; nil answers nothing.
    typealias Script = @Sendable (_ server: FakeRedisServer, _ connection: Int, _ command: [String]) -> String?

    private struct State {
        var listener: (any Channel)?
        var connections: [any Channel] = []
    }

    private let script: Script
    private let state = Mutex(State())

    private init(script: @escaping Script) {
        self.script = script
    }

    /// Runs a body against a server that ends with it.
    static func run<Value>(script: @escaping Script, body: (FakeRedisServer, RedisConfiguration) async throws -> Value)
        async throws -> Value
    {
        let server = FakeRedisServer(script: script)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let number = server.state.withLock { state in
                        state.connections.append(channel)
                        return state.connections.count - 1
                    }
                    let limits = RedisReplyLimits(bytes: 1 << 24, elements: 100_000)
                    try channel.pipeline.syncOperations.addHandlers(
                        ReplyDecodingHandler(limits: limits), FakeConnectionHandler(server: server, number: number))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        server.state.withLock { $0.listener = listener }
        let port = listener.localAddress?.port ?? 0
        var configuration = RedisConfiguration(address: .tcp(host: "127.0.0.1", port: port))
        configuration.clientName = ""
        do {
            let value = try await body(server, configuration)
            await server.stop()
            return value
        } catch {
            await server.stop()
            throw error
        }
    }

    /// How many connections were accepted so far.
    var connectionCount: Int { state.withLock { $0.connections.count } }

    /// Writes to a connection out of turn.
    func send(_ text: String, to connection: Int) {
        let channel = state.withLock { $0.connections[connection] }
        channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
    }

    /// Closes a connection.
    func close(_ connection: Int) {
        state.withLock { $0.connections[connection] }.close(promise: nil)
    }

    fileprivate func answer(_ command: [String], on connection: Int) {
        if let text = script(self, connection, command) {
            send(text, to: connection)
        }
    }

    private func stop() async {
        let channels = state.withLock { [$0.listener].compactMap(\.self) + $0.connections }
        for channel in channels {
            try? await channel.close()
        }
    }
}

private final class FakeConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = RedisReply

    private let server: FakeRedisServer
    private let number: Int

    init(server: FakeRedisServer, number: Int) {
        self.server = server
        self.number = number
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        server.answer(unwrapInboundIn(data).strings?.compactMap(\.self) ?? [], on: number)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

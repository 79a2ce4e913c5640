// A server that speaks Redis and lies: grants every lock, answers with other callers' values, drops and doubles what is
// published, answers late or with nonsense.

import NIOCore
import NIOPosix
import SkeinSimulation
import Synchronization

/// What a lying Redis says.
package enum RedisLie: String, Sendable, CaseIterable {
    case grantsEverything, nothing, nonsense, hugeReply, deepReply, late, silent, wrongType
}

/// The server, on a free port of the loopback interface.
package final class LyingRedis: Sendable {
    private struct State {
        var lies: [RedisLie]
        var dice: Dice
        var listener: (any Channel)?
        var told = 0
    }

    private let state: Mutex<State>

    private init(_ lies: [RedisLie], seed: UInt64) {
        state = Mutex(State(lies: lies, dice: Dice(seed)))
    }

    /// Begins to listen.
    ///
    /// - Parameter lies: one of them is told at each command, by chance.
    package static func start(_ lies: [RedisLie] = RedisLie.allCases, seed: UInt64) async throws -> LyingRedis {
        let redis = LyingRedis(lies, seed: seed)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LyingHandler(redis))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        redis.state.withLock { $0.listener = listener }
        return redis
    }

    package var url: String { "redis://127.0.0.1:\(state.withLock { $0.listener?.localAddress?.port ?? 0 })/0" }

    /// How many commands were lied to.
    package var told: Int { state.withLock(\.told) }

    package func stop() async {
        try? await state.withLock { $0.listener }?.close()
    }

    /// The bytes of an answer and how long they take; nil: none.
    fileprivate func answer(_ command: String) -> (text: String, delay: TimeAmount)? {
        state.withLock { state in
            state.told += 1
            // Without a handshake nobody would listen to the rest.
            if ["PING", "CLIENT", "HELLO", "AUTH", "SELECT"].contains(command) {
                return (command == "PING" ? "+PONG\r\n" : "+OK\r\n", .zero)
            }
            switch state.lies[state.dice.below(state.lies.count)] {
            case .grantsEverything: return (state.dice.percent(50) ? "+OK\r\n" : ":1\r\n", .zero)
            case .nothing: return ("$-1\r\n", .zero)
            case .nonsense: return ("$4\r\n\(1_000 + state.dice.below(9_000))\r\n", .zero)
            case .hugeReply: return ("$9999999999\r\n", .zero)
            case .deepReply: return (String(repeating: "*1\r\n", count: 10_000), .zero)
            case .late: return ("+OK\r\n", .milliseconds(Int64(50 + state.dice.below(500))))
            case .silent: return nil
            case .wrongType: return ("-WRONGTYPE Operation against a key holding the wrong kind of value\r\n", .zero)
            }
        }
    }
}

/// Reads commands only as far as to know that there is one: each begins with `*`.
private final class LyingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let redis: LyingRedis
    private var rest = ByteBuffer()

    init(_ redis: LyingRedis) { self.redis = redis }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        rest.writeBuffer(&bytes)
        while let name = command() {
            guard let answer = redis.answer(name) else { continue }
            let channel = context.channel
            let reply = ByteBuffer(string: answer.text)
            if answer.delay == .zero {
                channel.writeAndFlush(reply, promise: nil)
            } else {
                _ = channel.eventLoop.scheduleTask(in: answer.delay) { channel.writeAndFlush(reply, promise: nil) }
            }
        }
        rest.discardReadBytes()
    }

    /// The name of the next command that is complete: `*n` and then n times `$length`, bytes.
    private func command() -> String? {
        var copy = rest
        guard let count = Self.number(after: "*", in: &copy) else { return nil }
        var name = ""
        for index in 0..<max(0, count) {
            guard let length = Self.number(after: "$", in: &copy), let word = copy.readString(length: max(0, length)),
                copy.readString(length: 2) != nil
            else { return nil }
            if index == 0 { name = word.uppercased() }
        }
        rest = copy
        return name
    }

    private static func number(after mark: String, in bytes: inout ByteBuffer) -> Int? {
        let view = bytes.readableBytesView
        guard let end = view.firstIndex(of: UInt8(ascii: "\r")), view.distance(from: end, to: view.endIndex) >= 2 else {
            return nil
        }
        let line = String(decoding: view[..<end], as: UTF8.self)
        bytes.moveReaderIndex(forwardBy: line.utf8.count + 2)
        return line.hasPrefix(mark) ? Int(line.dropFirst()) : nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

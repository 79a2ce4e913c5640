package import Logging
package import NIOCore
import NIOPosix

/// A Redis client: every task's commands share one connection and are pipelined over it without being asked.
///
/// Guarantees: a reply answers its own command or nobody; after a timeout or anything that is not RESP2 the connection
/// is discarded and everything in flight fails. While the server is away commands fail at once, except that they wait,
/// up to their timeout, for an attempt to connect that is under way. Nothing is ever sent twice by the client itself.
///
/// The connection is shared, so commands that change its state (`SELECT`, `SUBSCRIBE`, `MULTI` outside a pipeline) are
/// refused, and commands that block (`BLPOP`) delay everybody: do not use them.
package final class RedisClient: Sendable {
    /// The settings that the client was made with.
    package let configuration: RedisConfiguration
    private let link: CommandLink
    private let hub: PubSubHub
    private let recorder: StatisticsRecorder

    /// Makes a client; nothing is connected before the first use.
    ///
    /// - Parameters:
    ///   - configuration: The server and the bounds.
    ///   - logger: Hears of connections made and lost.
    ///   - eventLoopGroup: Where the connections live.
    package init(
        configuration: RedisConfiguration, logger: Logger,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.configuration = configuration
        recorder = StatisticsRecorder()
        let connector = RedisConnector(configuration: configuration)
        link = CommandLink(
            connector: connector, eventLoopGroup: eventLoopGroup, statistics: recorder, logger: logger)
        hub = PubSubHub(connector: connector, eventLoop: eventLoopGroup.next(), statistics: recorder, logger: logger)
    }

    deinit {
        _ = link.shutdown()
        _ = hub.shutdown()
    }

    /// Whether the command connection is up and logged in at this moment.
    package var isConnected: Bool { link.isConnected }

    /// The counters at this moment.
    package var statistics: RedisStatistics { recorder.current }

    /// Sends one command and waits for its reply.
    ///
    /// Cancelling the task abandons the wait, with code `cancelled`; the command may still be carried out.
    ///
    /// - Parameter parts: The name and the arguments; they are sent as UTF-8 and length-prefixed.
    /// - Returns: The reply, never an error reply.
    /// - Throws: `RedisError`; an error reply has code `server`.
    package func command(_ parts: [String]) async throws(RedisError) -> RedisReply {
        try CommandRules.checkSingle(parts.first.map { Array($0.utf8) }, second: parts.dropFirst().first?.utf8.first)
        var request: [UInt8] = []
        try RedisCommandEncoder.append(parts.map(\.utf8), to: &request)
        return try await single(request)
    }

    /// Sends one command of arbitrary bytes and waits for its reply, in every other way like `command(_:)`.
    package func command(bytes parts: [[UInt8]]) async throws(RedisError) -> RedisReply {
        try CommandRules.checkSingle(parts.first, second: parts.dropFirst().first?.first)
        var request: [UInt8] = []
        try RedisCommandEncoder.append(parts, to: &request)
        return try await single(request)
    }

    /// Sends commands back to back, with no other task's command between them, and waits for all replies.
    ///
    /// - Returns: One reply for each command, in order; error replies are `RedisReply.error`.
    /// - Throws: `RedisError` when any reply is missing.
    package func pipeline(_ commands: [[String]]) async throws(RedisError) -> [RedisReply] {
        guard !commands.isEmpty else { return [] }
        var request: [UInt8] = []
        for parts in commands {
            let second = parts.dropFirst().first?.utf8.first
            try CommandRules.checkPipelined(parts.first.map { Array($0.utf8) }, second: second)
            try RedisCommandEncoder.append(parts.map(\.utf8), to: &request)
        }
        return try await send(request, commandCount: commands.count)
    }

    /// Runs a script by its hash, and by its text if the server does not know it (then the server caches it).
    ///
    /// - Parameters:
    ///   - script: The script.
    ///   - keys: The keys that it touches, `KEYS` in Lua.
    ///   - arguments: Anything else, `ARGV` in Lua.
    /// - Returns: The script's reply, never an error reply.
    /// - Throws: `RedisError`; an error reply has code `server`.
    package func eval(
        _ script: RedisScript, keys: [String], arguments: [String]
    ) async throws(RedisError) -> RedisReply {
        let tail = [String(keys.count)] + keys + arguments
        do throws(RedisError) {
            return try await command(["EVALSHA", script.sha1] + tail)
        } catch {
            guard error.code == .server("NOSCRIPT") else { throw error }
            return try await command(["EVAL", script.source] + tail)
        }
    }

    /// Subscribes to channels and patterns on the client's pub/sub connection.
    ///
    /// Returns when the server has confirmed all of them: what is published from then on is delivered, or a gap is
    /// reported. The subscription ends when the returned value is cancelled or no longer referenced.
    ///
    /// - Parameters:
    ///   - channels: Channel names.
    ///   - patterns: Glob patterns.
    /// - Throws: `RedisError` when the server cannot be reached in time or refuses one of them.
    package func subscribe(
        _ channels: [String], patterns: [String] = []
    ) async throws(RedisError) -> RedisSubscription {
        try await hub.subscribe(Set(channels.map(RedisTopic.channel) + patterns.map(RedisTopic.pattern)))
    }

    /// Keeps the command connection alive by a `PING` every few seconds, and connects anew when it is lost.
    ///
    /// Optional: commands connect by themselves. Returns when the task is cancelled; the client stays usable.
    package func run() async {
        while !Task.isCancelled {
            let healthy = (try? await command(["PING"])) != nil
            let pause = healthy ? configuration.keepaliveInterval : configuration.minimumBackoff
            guard (try? await Task.sleep(for: pause)) != nil else { return }
        }
    }

    /// Closes both connections for good. What is in flight fails as closed and subscriptions end.
    package func close() async {
        let closing = [link.shutdown(), hub.shutdown()]
        for future in closing {
            try? await future?.get()
        }
    }

    private func single(_ request: [UInt8]) async throws(RedisError) -> RedisReply {
        guard let reply = try await send(request, commandCount: 1).first else {
            throw RedisError(.protocolViolation, "the reply is missing")
        }
        if let error = reply.serverError { throw error }
        return reply
    }

    private func send(_ request: [UInt8], commandCount: Int) async throws(RedisError) -> [RedisReply] {
        let deadline = NIODeadline.now() + TimeAmount(configuration.commandTimeout)
        let pending = PendingCommand(request: request, commandCount: commandCount, deadline: deadline)
        try link.enqueue(pending)
        return try await pending.waiter.outcome().get()
    }
}

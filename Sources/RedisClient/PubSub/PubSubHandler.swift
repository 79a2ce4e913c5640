import NIOCore

/// Speaks for the hub on one channel: writes its requests, matches the replies, and pings to notice a dead peer.
final class PubSubHandler: ChannelInboundHandler {
    typealias InboundIn = RedisReply
    typealias OutboundOut = ByteBuffer

    private let core: PubSubCore
    private let replyTimeout: TimeAmount
    private let keepalive: TimeAmount
    private var context: ChannelHandlerContext?
    private var expected = CircularBuffer<(request: PubSubRequest, deadline: NIODeadline)>()
    private var timeoutTimer: Scheduled<Void>?
    private var pingTimer: Scheduled<Void>?
    private var ended = false

    init(core: PubSubCore, configuration: RedisConfiguration) {
        self.core = core
        replyTimeout = TimeAmount(configuration.commandTimeout)
        keepalive = TimeAmount(configuration.keepaliveInterval)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(RedisError(.connection, "the connection was closed"))
        self.context = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? RedisChannelEvent == .ready {
            core.channelReady(self)
            armPing(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !ended else { return }
        let reply = unwrapInboundIn(data)
        guard let push = PubSubPush(reply) else {
            end(RedisError(.protocolViolation, "a reply does not belong on a pub/sub connection"))
            return
        }
        if case .message(let topic, let channel, let payload) = push {
            core.deliver(topic: topic, channel: channel, payload: payload)
            return
        }
        guard let (request, _) = expected.popFirst() else {
            end(RedisError(.protocolViolation, "a reply came that nothing asked for"))
            return
        }
        switch (request, push) {
        case (.subscribe(let topic, let serial), .subscribed(let confirmed)) where topic == confirmed:
            core.confirmed(topic, serial: serial)
        case (.subscribe(let topic, let serial), .refused(let error)):
            core.refused(topic, serial: serial, error)
        case (.unsubscribe(let topic), .unsubscribed(let confirmed)) where topic == confirmed: break
        case (.ping, .pong), (.ping, .refused), (.unsubscribe, .refused): break
        case (.subscribe, _), (.unsubscribe, _), (.ping, _):
            end(RedisError(.protocolViolation, "a reply does not fit the request"))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(RedisError(.connection, "the server closed the connection"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(error)
    }

    /// Writes requests with one flush and expects one reply to each.
    func send(_ requests: [PubSubRequest]) {
        guard !ended, let context, !requests.isEmpty else { return }
        var bytes: [UInt8] = []
        do throws(RedisError) {
            for request in requests {
                try RedisCommandEncoder.append(request.command.map(\.utf8), to: &bytes)
            }
        } catch {
            end(error)
            return
        }
        let deadline = NIODeadline.now() + replyTimeout
        for request in requests {
            expected.append((request, deadline))
        }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        armTimeout(context)
    }

    /// Closes the channel; for the hub.
    func close() {
        end(RedisError(.closed, "the client was closed"))
    }

    private func armPing(_ context: ChannelHandlerContext) {
        guard !ended else { return }
        pingTimer = context.eventLoop.assumeIsolated().scheduleTask(in: keepalive) {
            self.send([.ping])
            self.armPing(context)
        }
    }

    private func armTimeout(_ context: ChannelHandlerContext) {
        guard timeoutTimer == nil, let oldest = expected.first else { return }
        timeoutTimer = context.eventLoop.assumeIsolated().scheduleTask(deadline: oldest.deadline) {
            self.timeoutTimer = nil
            guard let oldest = self.expected.first, oldest.deadline <= .now() else {
                self.armTimeout(context)
                return
            }
            self.end(RedisError(.timeout, "the pub/sub connection did not answer in time"))
        }
    }

    private func end(_ error: any Error) {
        guard !ended else { return }
        ended = true
        timeoutTimer?.cancel()
        pingTimer?.cancel()
        core.channelEnded(self, error)
        context?.close(mode: .all, promise: nil)
    }
}

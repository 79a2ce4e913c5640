import NIOCore

/// Logs in when the channel is opened, says `ready`, and leaves the pipeline.
final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = RedisReply
    typealias InboundOut = RedisReply
    typealias OutboundOut = ByteBuffer

    private var handshake: Handshake
    private let timeout: TimeAmount
    private var timer: Scheduled<Void>?
    private var finished = false

    init(configuration: RedisConfiguration) {
        handshake = Handshake(configuration)
        timeout = TimeAmount(configuration.connectTimeout)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        if event as? RedisChannelEvent == .opened, !finished {
            logIn(context: context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !finished else {
            context.fireChannelRead(data)
            return
        }
        switch handshake.receive(unwrapInboundIn(data)) {
        case .waiting: break
        case .done: finish(context: context)
        case .failed(let error): fail(error, context: context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    private func logIn(context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            self.fail(RedisError(.timeout, "the server did not answer the login in time"), context: context)
        }
        do throws(RedisError) {
            var request: [UInt8] = []
            for command in handshake.commands {
                try RedisCommandEncoder.append(command.map(\.utf8), to: &request)
            }
            guard !request.isEmpty else {
                finish(context: context)
                return
            }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: request)), promise: nil)
        } catch {
            fail(error, context: context)
        }
    }

    private func finish(context: ChannelHandlerContext) {
        end()
        context.fireUserInboundEventTriggered(RedisChannelEvent.ready)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func fail(_ error: RedisError, context: ChannelHandlerContext) {
        guard !finished else { return }
        end()
        context.fireErrorCaught(error)
    }

    private func end() {
        finished = true
        timer?.cancel()
        timer = nil
    }
}

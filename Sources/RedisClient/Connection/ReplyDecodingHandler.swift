import NIOCore

/// Turns the bytes of a channel into replies; fires a `RedisError` once when they break the protocol.
final class ReplyDecodingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = RedisReply

    private var decoder: RedisReplyDecoder
    private var failed = false

    init(limits: RedisReplyLimits) throws(RedisError) {
        decoder = try RedisReplyDecoder(limits: limits)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !failed else { return }
        unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            decoder.feed(bytes)
        }
        do throws(RedisError) {
            while let reply = try decoder.next() {
                context.fireChannelRead(wrapInboundOut(reply))
            }
        } catch {
            failed = true
            context.fireErrorCaught(error)
        }
    }
}

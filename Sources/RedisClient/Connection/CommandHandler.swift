import NIOCore

/// Writes a connection's queued commands in one go and matches replies to them in order.
///
/// Anything doubtful ends the connection: a reply that comes late could otherwise answer somebody else's command.
final class CommandHandler: ChannelInboundHandler {
    typealias InboundIn = RedisReply
    typealias OutboundOut = ByteBuffer

    private struct Answered {
        let command: PendingCommand
        let replies: [RedisReply]
    }

    private let connection: CommandConnection
    private var context: ChannelHandlerContext?
    private var inFlight = CircularBuffer<PendingCommand>()
    /// The replies that the oldest command in flight has so far.
    private var collected: [RedisReply] = []
    private var timer: Scheduled<Void>?
    private var ended = false
    private var answered: [Answered] = []
    private var repliesRead = 0
    private var useful = false

    init(connection: CommandConnection) {
        self.connection = connection
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
            connection.becomeReady(self)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !ended else { return }
        let reply = unwrapInboundIn(data)
        guard !inFlight.isEmpty else {
            end(RedisError(.protocolViolation, "a reply came that nothing asked for"))
            return
        }
        repliesRead += 1
        answer(with: reply)
        guard reply.serverError?.code != .server("READONLY") else {
            useful = false
            end(RedisError(.connection, "the server is no primary any more"))
            return
        }
        useful = true
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        settleAnswered()
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(RedisError(.connection, "the server closed the connection"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(error)
    }

    /// Writes everything queued with one flush; nothing is written for waiters that are gone.
    func writeQueued() {
        guard !ended, let context else { return }
        let queue = connection.takeQueued()
        var buffer = context.channel.allocator.buffer(capacity: queue.reduce(0) { $0 + $1.request.count })
        var sent = 0
        var dropped = (commands: 0, bytes: 0)
        for command in queue {
            guard !command.waiter.isSettled else {
                dropped.commands += command.commandCount
                dropped.bytes += command.request.count
                continue
            }
            buffer.writeBytes(command.request)
            inFlight.append(command)
            sent += command.commandCount
        }
        if dropped.commands > 0 {
            connection.release(commands: dropped.commands, bytes: dropped.bytes)
        }
        guard sent > 0 else { return }
        connection.statistics.update { $0.commandsSent += sent }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        armTimer(context)
    }

    /// Gives the oldest request its next reply; with its last one it is answered.
    private func answer(with reply: RedisReply) {
        let command = inFlight[inFlight.startIndex]
        collected.append(reply)
        guard collected.count == command.commandCount else { return }
        let replies = collected
        collected = []
        inFlight.removeFirst()
        answered.append(Answered(command: command, replies: replies))
    }

    /// Lets the waiters of everything answered go on, after their places in the queue are free again.
    private func settleAnswered() {
        if repliesRead > 0 {
            connection.statistics.update { $0.repliesReceived += repliesRead }
            repliesRead = 0
        }
        guard !answered.isEmpty else { return }
        let batch = answered
        answered.removeAll(keepingCapacity: true)
        connection.release(
            commands: batch.reduce(0) { $0 + $1.command.commandCount },
            bytes: batch.reduce(0) { $0 + $1.command.request.count })
        for item in batch {
            item.command.waiter.settle(.success(item.replies))
        }
    }

    /// One timer for all: deadlines in flight are in order, so only the oldest is watched.
    private func armTimer(_ context: ChannelHandlerContext) {
        guard timer == nil, let oldest = inFlight.first else { return }
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: oldest.deadline) {
            self.timer = nil
            guard let oldest = self.inFlight.first, oldest.deadline <= .now() else {
                self.armTimer(context)
                return
            }
            self.end(RedisError(.timeout, "a command was not answered in time; the connection was discarded"))
        }
    }

    private func end(_ error: any Error) {
        guard !ended else { return }
        // Set at once, because what follows may come back here.
        ended = true
        timer?.cancel()
        timer = nil
        let waiting = inFlight
        inFlight.removeAll()
        collected = []
        let reason = connection.end(error, useful: useful)
        settleAnswered()
        for request in waiting {
            request.fail(reason)
        }
        context?.close(mode: .all, promise: nil)
    }
}

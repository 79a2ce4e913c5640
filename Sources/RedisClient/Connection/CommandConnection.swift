import NIOCore
import Synchronization

/// One attempt to connect and, if it succeeds, the connection that came of it, until it ends; it is never reused.
///
/// Any task may enqueue; the handler on the event loop takes everything queued at once. While the attempt is under
/// way commands wait here, and each fails at its own deadline without ever being sent.
final class CommandConnection: Sendable {
    private enum Phase {
        case connecting
        case ready(NIOLoopBound<CommandHandler>)
        case ended(RedisError)
    }

    private struct State {
        var phase = Phase.connecting
        var queue: [PendingCommand] = []
        var outstanding = 0
        var outstandingBytes = 0
        var wakePending = false
        var expiryPending = false
        var channel: (any Channel)?
    }

    let eventLoop: any EventLoop
    let statistics: StatisticsRecorder
    private let connector: RedisConnector
    private let onReady: @Sendable () -> Void
    private let onEnd: @Sendable (CommandConnection, _ error: RedisError, _ useful: Bool) -> Void
    private let state = Mutex(State())

    init(
        connector: RedisConnector, eventLoop: any EventLoop, statistics: StatisticsRecorder,
        onReady: @escaping @Sendable () -> Void,
        onEnd: @escaping @Sendable (CommandConnection, RedisError, Bool) -> Void
    ) {
        self.connector = connector
        self.eventLoop = eventLoop
        self.statistics = statistics
        self.onReady = onReady
        self.onEnd = onEnd
    }

    /// Whether login is over and the connection has not ended.
    var isReady: Bool {
        state.withLock { state in
            if case .ready = state.phase { true } else { false }
        }
    }

    /// Starts the attempt; to be called once.
    func start() {
        let future = connector.connect(on: eventLoop) { channel in
            self.state.withLock { $0.channel = channel }
            try channel.pipeline.syncOperations.addHandler(CommandHandler(connection: self))
        }
        future.whenComplete { result in
            switch result {
            case .success(let channel): self.closeIfEnded(channel)
            case .failure(let error): self.end(error, useful: false)
            }
        }
    }

    /// Queues a command; the event loop is woken only if it is not about to look anyway.
    ///
    /// - Throws: `RedisError` with code `overloaded` at the bounds, or why the connection ended.
    func enqueue(_ command: PendingCommand) throws(RedisError) {
        let limits = connector.configuration
        let phase = try state.withLock { state throws(RedisError) -> Phase? in
            if case .ended(let error) = state.phase { throw error }
            guard state.outstanding + command.commandCount <= limits.maximumQueued else {
                throw RedisError(.overloaded, "\(state.outstanding) commands are queued or in flight")
            }
            guard state.outstandingBytes + command.request.count <= limits.maximumQueuedBytes else {
                throw RedisError(.overloaded, "\(state.outstandingBytes) bytes are queued or in flight")
            }
            state.outstanding += command.commandCount
            state.outstandingBytes += command.request.count
            state.queue.append(command)
            if case .connecting = state.phase {
                guard !state.expiryPending else { return nil }
                state.expiryPending = true
            } else {
                guard !state.wakePending else { return nil }
                state.wakePending = true
            }
            return state.phase
        }
        switch phase {
        case .connecting: scheduleExpiry(at: command.deadline)
        case .ready(let handler): eventLoop.execute { handler.value.writeQueued() }
        case .ended, nil: break
        }
    }

    /// Hands over everything queued; for the handler.
    func takeQueued() -> [PendingCommand] {
        state.withLock { state in
            state.wakePending = false
            let queue = state.queue
            state.queue = []
            return queue
        }
    }

    /// Notes that requests were answered or dropped, so that others may take their place; for the handler.
    func release(commands: Int, bytes: Int) {
        state.withLock { state in
            state.outstanding -= commands
            state.outstandingBytes -= bytes
        }
    }

    /// Lets commands flow; for the handler, on the event loop.
    func becomeReady(_ handler: CommandHandler) {
        let bound = NIOLoopBound(handler, eventLoop: eventLoop)
        let isFirst = state.withLock { state in
            guard case .connecting = state.phase else { return false }
            state.phase = .ready(bound)
            return true
        }
        guard isFirst else { return }
        onReady()
        handler.writeQueued()
    }

    /// Ends the connection or the attempt and fails what is queued. Only the first call does anything.
    ///
    /// The owner hears of it before any waiter, so that a waiter's next command finds a new connection.
    ///
    /// - Returns: Why the connection ended, as the first call had it.
    @discardableResult
    func end(_ reason: any Error, useful: Bool) -> RedisError {
        let error = connector.redisError(reason)
        let (first, queue) = state.withLock { state -> (RedisError, [PendingCommand]?) in
            if case .ended(let first) = state.phase { return (first, nil) }
            state.phase = .ended(error)
            defer { state.queue = [] }
            return (error, state.queue)
        }
        guard let queue else { return first }
        statistics.countEnd(error)
        onEnd(self, error, useful)
        for command in queue {
            command.fail(error)
        }
        return error
    }

    /// Ends the connection from outside; what is in flight fails when the channel has closed.
    ///
    /// - Returns: Completes when the channel is closed; nil when there is none.
    func shutdown(_ error: RedisError) -> EventLoopFuture<Void>? {
        end(error, useful: true)
        guard let channel = state.withLock({ $0.channel }) else { return nil }
        channel.close(mode: .all, promise: nil)
        return channel.closeFuture
    }

    private func closeIfEnded(_ channel: any Channel) {
        let ended = state.withLock { state in
            if case .ended = state.phase { true } else { false }
        }
        if ended {
            channel.close(mode: .all, promise: nil)
        }
    }

    private func scheduleExpiry(at deadline: NIODeadline) {
        eventLoop.scheduleTask(deadline: deadline) {
            self.expireQueued(at: .now())
        }
    }

    /// Fails what has waited too long for the attempt, and watches the oldest of the rest.
    private func expireQueued(at now: NIODeadline) {
        let (expired, next) = state.withLock { state -> ([PendingCommand], NIODeadline?) in
            // Enqueued in order of their deadlines, but for tasks that overtook each other by a hair.
            let count = state.queue.firstIndex { $0.deadline > now } ?? state.queue.count
            let expired = Array(state.queue.prefix(count))
            state.queue.removeFirst(count)
            for command in expired {
                state.outstanding -= command.commandCount
                state.outstandingBytes -= command.request.count
            }
            guard case .connecting = state.phase, let oldest = state.queue.first else {
                state.expiryPending = false
                return (expired, nil)
            }
            return (expired, oldest.deadline)
        }
        if let next {
            scheduleExpiry(at: next)
        }
        guard !expired.isEmpty else { return }
        statistics.update { $0.timeouts += 1 }
        for command in expired {
            command.fail(RedisError(.timeout, "no connection came up in time; the command was not sent"))
        }
    }
}

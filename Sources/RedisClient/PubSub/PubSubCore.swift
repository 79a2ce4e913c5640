import Logging
import NIOCore

/// The pub/sub side of a client: one connection, everybody's subscriptions. Confined to one event loop.
///
/// A lost connection is made anew, with pauses, as long as anybody is subscribed; each subscription hears
/// `interrupted` when it is lost and `gap` when everything it wants is confirmed again.
final class PubSubCore {
    private enum Phase {
        case idle
        case connecting
        case online(PubSubHandler)
        case closed
    }

    private struct Subscriber {
        let buffer: MessageBuffer
        let established: OneShot<Void>
    }

    private let connector: RedisConnector
    private let eventLoop: any EventLoop
    private let statistics: StatisticsRecorder
    private let logger: Logger
    private var phase = Phase.idle
    private var table = SubscriptionTable()
    private var subscribers: [Int: Subscriber] = [:]
    private var policy: ReconnectPolicy
    private var retry: Scheduled<Void>?
    private var hasConnected = false
    private var heard = false
    private var lastError: RedisError?

    init(connector: RedisConnector, eventLoop: any EventLoop, statistics: StatisticsRecorder, logger: Logger) {
        self.connector = connector
        self.eventLoop = eventLoop
        self.statistics = statistics
        self.logger = logger
        let configuration = connector.configuration
        policy = ReconnectPolicy(minimum: configuration.minimumBackoff, maximum: configuration.maximumBackoff)
    }

    /// Adds a subscriber, and connects if need be; `established` hears how that went.
    func add(_ id: Int, topics: Set<RedisTopic>, buffer: MessageBuffer, established: OneShot<Void>) {
        if case .closed = phase {
            established.settle(.failure(RedisError(.closed, "the client was closed")))
            return
        }
        if case .idle = phase, !policy.mayConnect(at: .now()) {
            let reason = lastError?.message ?? "the server cannot be reached"
            established.settle(.failure(RedisError(.connection, reason)))
            return
        }
        subscribers[id] = Subscriber(buffer: buffer, established: established)
        let (requests, event) = table.add(id, topics: topics)
        if case .online(let handler) = phase {
            handler.send(requests)
        }
        if let event {
            apply(event)
        }
        connectIfWanted()
    }

    /// Removes a subscriber and ends its sequence.
    func remove(_ id: Int) {
        guard let subscriber = subscribers.removeValue(forKey: id) else { return }
        subscriber.buffer.finish()
        let requests = table.remove(id)
        if case .online(let handler) = phase {
            handler.send(requests)
        }
    }

    /// Ends every subscription and the connection for good.
    func shutdown() {
        let last = phase
        phase = .closed
        retry?.cancel()
        retry = nil
        for id in table.ids {
            fail(id, RedisError(.closed, "the client was closed"))
        }
        if case .online(let handler) = last {
            handler.close()
        }
    }

    // MARK: What the handler reports

    func channelReady(_ handler: PubSubHandler) {
        guard case .connecting = phase else {
            handler.close()
            return
        }
        phase = .online(handler)
        heard = false
        let isReconnect = hasConnected
        hasConnected = true
        statistics.update { counters in
            counters.connectionsOpened += 1
            counters.reconnects += isReconnect ? 1 : 0
        }
        logger.info("redis pub/sub connected", metadata: [LogKey.address: "\(connector.configuration.address)"])
        handler.send(table.connected())
    }

    func confirmed(_ topic: RedisTopic, serial: Int) {
        heard = true
        for event in table.confirm(topic, serial: serial) {
            apply(event)
        }
    }

    func refused(_ topic: RedisTopic, serial: Int, _ error: RedisError) {
        for id in table.refuse(topic, serial: serial) {
            fail(id, error)
        }
    }

    func deliver(topic: RedisTopic, channel: String, payload: [UInt8]) {
        let pattern: String? = if case .pattern(let name) = topic { name } else { nil }
        var dropped = 0
        let ids = table.subscribers(of: topic)
        for id in ids {
            guard let buffer = subscribers[id]?.buffer else { continue }
            dropped += buffer.append(.message(channel: channel, pattern: pattern, payload: payload)) ? 1 : 0
        }
        statistics.update { counters in
            counters.messagesReceived += ids.isEmpty ? 0 : 1
            counters.messagesDropped += dropped
        }
    }

    func channelEnded(_ handler: PubSubHandler, _ reason: any Error) {
        switch phase {
        case .connecting: break
        case .online(let current) where current === handler: break
        case .online, .idle, .closed: return
        }
        attemptEnded(connector.redisError(reason), useful: heard)
    }

    // MARK: Connecting

    private func connectIfWanted() {
        guard case .idle = phase, !table.isEmpty, retry == nil else { return }
        phase = .connecting
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let future = connector.connect(on: eventLoop) { channel in
            let core = bound.value
            let handler = PubSubHandler(core: core, configuration: core.connector.configuration)
            try channel.pipeline.syncOperations.addHandler(handler)
        }
        future.whenFailure { error in
            let core = bound.value
            guard case .connecting = core.phase else { return }
            core.attemptEnded(core.connector.redisError(error), useful: false)
        }
    }

    private func attemptEnded(_ error: RedisError, useful: Bool) {
        phase = .idle
        heard = false
        lastError = error
        policy.connectionEnded(useful: useful, at: .now(), jitter: .random(in: 0...1))
        statistics.countEnd(error)
        statistics.update { $0.connectFailures += useful ? 0 : 1 }
        logger.log(
            level: policy.failures <= 1 ? .info : .debug, "redis pub/sub connection ended",
            metadata: [LogKey.address: "\(connector.configuration.address)", LogKey.error: "\(error)"])
        let (interrupted, failed) = table.disconnected()
        for id in failed {
            fail(id, error)
        }
        for id in interrupted where useful {
            report(.interrupted, to: id)
        }
        scheduleRetry()
    }

    private func scheduleRetry() {
        guard !table.isEmpty, retry == nil else { return }
        // Even after a useful connection there is a pause, so that a server that always hangs up is not besieged.
        let soonest = NIODeadline.now() + TimeAmount(connector.configuration.minimumBackoff)
        retry = eventLoop.assumeIsolated().scheduleTask(deadline: policy.notBefore ?? soonest) {
            self.retry = nil
            self.connectIfWanted()
        }
    }

    private func apply(_ event: SubscriptionTable.Event) {
        switch event {
        case .established(let id): subscribers[id]?.established.settle(.success(()))
        case .recovered(let id): report(.gap, to: id)
        }
    }

    private func fail(_ id: Int, _ error: RedisError) {
        subscribers[id]?.established.settle(.failure(error))
        remove(id)
    }

    private func report(_ message: RedisMessage, to id: Int) {
        if subscribers[id]?.buffer.append(message) == true {
            statistics.update { $0.messagesDropped += 1 }
        }
    }
}

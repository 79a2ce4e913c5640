import Logging
import NIOCore
import Synchronization

/// The door to the pub/sub core for tasks on any thread: everything it does happens on the core's event loop.
final class PubSubHub: Sendable {
    private let eventLoop: any EventLoop
    private let core: NIOLoopBoundBox<PubSubCore>
    private let configuration: RedisConfiguration
    private let lastID = Atomic(0)

    init(connector: RedisConnector, eventLoop: any EventLoop, statistics: StatisticsRecorder, logger: Logger) {
        self.eventLoop = eventLoop
        configuration = connector.configuration
        core = .makeBoxSendingValue(
            PubSubCore(connector: connector, eventLoop: eventLoop, statistics: statistics, logger: logger),
            eventLoop: eventLoop)
    }

    /// Subscribes and waits until the server has confirmed all of it.
    func subscribe(_ topics: Set<RedisTopic>) async throws(RedisError) -> RedisSubscription {
        guard !topics.isEmpty else { throw RedisError(.invalidCommand, "a subscription names a channel or a pattern") }
        let id = lastID.add(1, ordering: .relaxed).newValue
        let buffer = MessageBuffer(capacity: configuration.subscriptionBuffer)
        let established = OneShot<Void>()
        let core = core
        eventLoop.execute {
            core.value.add(id, topics: topics, buffer: buffer, established: established)
        }
        // Made before the wait: if the wait fails, dropping it unsubscribes.
        let subscription = RedisSubscription(buffer: buffer) { [eventLoop] in
            eventLoop.execute { core.value.remove(id) }
        }
        try await established.outcome().get()
        return subscription
    }

    /// Ends every subscription and the connection for good; completes when that is done.
    func shutdown() -> EventLoopFuture<Void>? {
        let core = core
        return eventLoop.submit { core.value.shutdown() }
    }
}

import RedisClient
import Skein
import SkeinCore
import Synchronization

/// Live notices by one channel for each tree of executions.
///
/// Listeners of this process hear its own notices at once, with or without Redis; those of other instances hear the
/// latest position of each execution a few milliseconds later. While Redis is away the latest positions wait.
final class RedisEventBroadcaster: EventBroadcaster {
    private static let commandsPerPipeline = 500
    private static let busyCount = 200

    private let gate: RedisGate
    private let keys: RedisKeys
    private let options: RedisCoordinationOptions
    private let metrics: CoordinationMetrics
    private let hub: NoticeHub
    private let audience: AsyncStream<NoticeHub.Change>
    private let bell: Doorbell
    private let pending: Mutex<PendingNotices>
    /// What listeners here already heard from this process; Redis will say it again. Never what only Redis said, which
    /// may be a lie.
    private let delivered = Mutex<[ExecutionID: Int64]>([:])

    /// - Parameter bell: rung when Redis is back.
    init(
        gate: RedisGate, keys: RedisKeys, options: RedisCoordinationOptions, metrics: CoordinationMetrics,
        bell: Doorbell
    ) {
        self.gate = gate
        self.keys = keys
        self.options = options
        self.metrics = metrics
        self.bell = bell
        let (audience, changes) = AsyncStream.makeStream(of: NoticeHub.Change.self)
        self.audience = audience
        hub = NoticeHub { changes.yield($0) }
        pending = Mutex(PendingNotices(capacity: options.maximumNotices))
    }

    func publish(_ notice: EventNotice) {
        if hub.hasListeners(root: notice.rootID) {
            delivered.withLock { delivered in
                if delivered.count >= 10_000 { delivered = [:] }
                delivered[notice.executionID] = max(notice.position, delivered[notice.executionID] ?? .min)
            }
            hub.deliver(notice)
        }
        let dropped = pending.withLock { $0.add(CollectionOfOne(notice)) }
        if dropped > 0 { metrics.dropped("events", dropped) }
        bell.ring()
    }

    func notices(root: ExecutionID) -> AsyncStream<EventNotice?> { hub.stream(root: root) }

    /// Flushes and listens until cancelled; then flushes once more. To be called once.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.flushWhenRung() }
            group.addTask { await self.followAudiences() }
        }
    }

    // MARK: Out

    private func flushWhenRung() async {
        let pace = ContinuousClock()
        while !Task.isCancelled {
            await bell.wait()
            let start = pace.now
            let isBusy = pending.withLock { $0.count >= Self.busyCount }
            await flush()
            try? await pace.sleep(until: start + (isBusy ? options.busyLinger : options.linger))
        }
        await Deadline.shielded { await self.flush() }
    }

    private func flush() async {
        guard gate.isUp else { return }
        var rest = pending.withLock { $0.takeAll() }[...]
        while !rest.isEmpty {
            let chunk = rest.prefix(Self.commandsPerPipeline)
            do {
                _ = try await gate.pipeline(chunk.map { ["PUBLISH", keys.events($0.rootID), EventMessage.encode($0)] })
                rest = rest.dropFirst(chunk.count)
            } catch {
                let unsent = rest
                let dropped = pending.withLock { $0.add(unsent) }
                if dropped > 0 { metrics.dropped("events", dropped) }
                if gate.isUp { bell.ring() }
                return
            }
        }
    }

    // MARK: In

    private func followAudiences() async {
        await withDiscardingTaskGroup { group in
            var ends: [ExecutionID: Doorbell] = [:]
            for await change in audience {
                switch change {
                case .firstCame(let root):
                    let end = Doorbell()
                    ends[root] = end
                    group.addTask { await self.follow(root, until: end) }
                case .lastWent(let root): ends.removeValue(forKey: root)?.ring()
                }
            }
            group.cancelAll()
        }
    }

    private func follow(_ root: ExecutionID, until end: Doorbell) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.follow(root) }
            group.addTask { await end.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    private func follow(_ root: ExecutionID) async {
        while !Task.isCancelled {
            if let subscription = try? await gate.client.subscribe([keys.events(root)]) {
                hub.interrupt(root: root)
                for await message in subscription { hear(message, root: root) }
            }
            hub.interrupt(root: root)
            try? await Task.sleep(for: options.probeInterval * .random(in: 0.75...1.25))
        }
    }

    private func hear(_ message: RedisMessage, root: ExecutionID) {
        switch message {
        case .message(_, _, let payload):
            guard let notice = EventMessage.decode(payload, root: root) else { return }
            let isKnown = delivered.withLock { $0[notice.executionID].map { notice.position <= $0 } ?? false }
            if !isKnown { hub.deliver(notice) }
        case .interrupted, .gap: hub.interrupt(root: root)
        }
    }
}

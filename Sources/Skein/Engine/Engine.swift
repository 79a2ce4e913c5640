public import Logging
public import Metrics
public import ServiceLifecycle
public import SkeinCore
import Synchronization

/// Runs flows durably, alone or as one of many identical instances over one store.
///
/// As a library: register flows and handlers, `create` executions, and either add the engine to a `ServiceGroup`, where
/// it runs whatever is due until a graceful shutdown, or drive single executions with `run(_:)` and `step(_:)`.
public final class Engine: Service, Sendable {
    public let store: any ExecutionStore
    public let coordination: Coordination
    public let configuration: EngineConfiguration
    public let clock: any EngineClock
    public let handlers = HandlerRegistry()
    package let logger: Logger
    let metrics: EngineMetrics
    let flows: FlowCache
    let journal: Journal
    let slots: SlotTable
    let courtesy = Courtesy()
    let dozer: Dozer
    let fanIn: FanIn
    let limits: LimitKeeper
    let requests: RequestDesk
    let tracer: Tracer
    let remoteWorkers = RemoteWorkers()
    let tasks = TaskRegistry()
    let taskRoom: TaskRoom
    let identity: WorkerIdentity
    private let running = Flag()
    private let leadsMaintenance = Flag()
    /// An execution has ended here since the last count.
    let hasEnded = Flag()
    private let draining = Flag()
    private let dispatcherBox = Mutex<Dispatcher?>(nil)
    private let registration = Coalescer<Int, Bool>()
    /// Flows that the engine itself has made, by id.
    let published = Mutex<[String: JSONObject]>([:])
    let locksHeld = Tally()
    /// Rung when too many handlers are stuck.
    private let recycling = Alarm()
    private let driverBox = Mutex<Driver?>(nil)
    private let tickerBox = Mutex<Ticker?>(nil)

    /// - Parameters:
    ///   - store: where everything is kept: `.inMemory`, or `.postgres(url)` of SkeinPostgres.
    ///   - coordination: how instances find each other: in this process, or `.redis(url)` of SkeinRedis.
    ///   - clock: the system's, or a `VirtualClock` in tests. A store with a clock of its own must share it.
    public init(
        store: any ExecutionStore, coordination: Coordination? = nil,
        configuration: EngineConfiguration = EngineConfiguration(),
        clock: any EngineClock = SystemClock(), logger: Logger = Logger(label: "skein"),
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.store = store
        self.coordination = coordination ?? .inProcess(clock: clock)
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        self.metrics = EngineMetrics(metrics)
        flows = FlowCache(store: store, policy: configuration.policy)
        journal = Journal(store: store, batchLimit: configuration.batchLimit, metrics: self.metrics)
        slots = SlotTable(capacity: configuration.claims ? configuration.concurrency : 0)
        dozer = Dozer(clock: clock)
        taskRoom = TaskRoom(limit: configuration.tasks.maxConcurrentTasks)
        tracer = Tracer(logger: logger)
        fanIn = FanIn(store: store, coordination: self.coordination, clock: clock, logger: logger)
        limits = LimitKeeper(store: store, coordination: self.coordination, clock: clock, logger: logger)
        requests = RequestDesk(store: store, clock: clock, logger: logger)
        identity = WorkerIdentity(configuration.workerID ?? WorkerID(raw: .random()))
    }

    public var workerID: WorkerID { identity.id }

    /// Whether `run()` is at work and not stopping.
    public var isRunning: Bool { running.isRaised && !draining.isRaised }

    /// Whether a graceful shutdown has begun.
    public var isDraining: Bool { draining.isRaised }

    /// Executions that this instance drives now.
    public var executionsInProgress: Int { slots.count }

    /// Whether other instances may run what this one cannot.
    var isClustered: Bool { configuration.isClustered ?? coordination.health.isShared }

    /// Made once: it holds nothing that changes.
    var driver: Driver {
        driverBox.withLock { box in
            if let driver = box { return driver }
            let driver = Driver(self, draining: draining)
            box = driver
            return driver
        }
    }

    /// Shows the sink what this instance does from here on. A sink cannot harm an execution.
    public func trace(_ sink: any TraceSink) { tracer.add(sink) }

    var dispatcher: Dispatcher? { dispatcherBox.withLock { $0 } }

    /// Brings the store's schema up to date. Any number of instances may call it at once. Returns the names of what was
    /// applied.
    @discardableResult
    public func migrate() async throws -> [String] {
        try await store.migrate()
    }

    /// Registers this life of the instance with the store, once.
    func ensureRegistered() async throws {
        guard !identity.isRegistered else { return }
        _ = try await registration.value(for: 0) { _ in
            guard !identity.isRegistered else { return true }
            try await store.register(
                WorkerRecord(id: identity.id, podID: configuration.podID, handlers: handlers.types))
            identity.registered()
            return true
        }
    }

    // MARK: - The service

    /// Claims and drives executions until graceful shutdown or cancellation. At a graceful shutdown it stops claiming,
    /// lets running handlers finish within the grace period, commits what they did and gives the rest back for
    /// immediate claim elsewhere.
    public func run() async throws {
        try await ensureRegistered()
        let dispatcher = makeDispatcher()
        dispatcherBox.withLock { $0 = dispatcher }
        let ticker = Ticker(TickPass(engine: self), self)
        tickerBox.withLock { $0 = ticker }
        draining.lower()
        running.raise()
        slots.open()
        var isWorn = false
        await withTaskGroup(of: Void.self) { group in
            let commits = Task { await self.journal.run() }
            // A virtual clock has timers of its own.
            let pulse = clock is SystemClock ? PulseThread()?.started() : nil
            addLoops(to: &group, dispatcher, pulse)
            group.addTask { await ticker.run() }
            isWorn = await isWornOut()
            await shielded { await self.stop() }
            group.cancelAll()
            await group.waitForAll()
            pulse?.close()
            journal.drain()
            await commits.value
        }
        dispatcherBox.withLock { $0 = nil }
        tickerBox.withLock { $0 = nil }
        running.lower()
        draining.lower()
        guard isWorn else { return }
        throw EngineError(
            .unavailable,
            "too many handlers ignore that they have to stop (\(slots.stragglers.sum) of \(slots.capacity) slots)")
    }

    /// Returns false at a graceful shutdown or cancellation, true when the instance is to make way for another.
    private func isWornOut() async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                try? await gracefulShutdown()
                return false
            }
            group.addTask {
                await self.recycling.wait(until: nil, clock: self.clock)
                return !Task.isCancelled
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    private func addLoops(to group: inout TaskGroup<Void>, _ dispatcher: Dispatcher, _ pulse: PulseThread?) {
        let keeper = LeaseKeeper(
            store: store, slots: slots, identity: identity, clock: clock, pulse: pulse, lease: configuration.lease,
            podID: configuration.podID, handlers: handlers, limits: limits, logger: logger,
            metrics: metrics, recycleAt: configuration.recycleAt, recycle: { [recycling] in recycling.poke() })
        let marker = StepMarker(
            slots: slots, journal: journal, clock: clock, identity: identity, after: configuration.startedMarker)
        let housekeeper = Housekeeper(
            store: store, coordination: coordination, clock: clock, metrics: metrics,
            candidacy: { [weak self] in self?.tickerBox.withLock { $0 }?.candidacy }, isLeading: leadsMaintenance,
            logger: logger)
        let accountant = Accountant(
            store: store, clock: clock, isLeading: leadsMaintenance, hasEnded: hasEnded, logger: logger)
        group.addTask { await self.coordination.run() }
        group.addTask(executorPreference: pulse) { await keeper.run() }
        group.addTask { await housekeeper.run() }
        group.addTask { await accountant.run() }
        if let prune = pruneByItself {
            let pruner = Pruner(clock: clock, isLeading: leadsMaintenance, prune: prune, logger: logger)
            group.addTask { await pruner.run() }
        }
        group.addTask { await self.limits.run() }
        group.addTask { await self.publishTasks() }
        group.addTask {
            for await _ in self.store.incarnationChanges {
                self.logger.warning("the store is another than before; every claim is dropped and loaded again")
                for slot in self.slots.all { slot.stop(.lost) }
                dispatcher.hear(WakeHint(executionID: nil, reason: "look"))
            }
        }
        guard configuration.claims else { return }
        group.addTask { await marker.run() }
        group.addTask { await dispatcher.run() }
        group.addTask { await self.dozer.run() }
        group.addTask { await self.requests.run(self) }
        group.addTask {
            for await _ in self.store.requestNotices() {
                self.metrics.wakesNotify.increment()
                self.requests.look()
                dispatcher.hear(WakeHint(executionID: nil, reason: "look"))
            }
        }
        // Within the lease: what a dead instance left is taken over no later than its executions.
        let interval = max(self.configuration.sweep, self.configuration.lease)
        group.addTask { await self.fanIn.run(every: interval) { try await self.cancelOrphans() } }
        group.addTask {
            for await hint in self.coordination.wakes.hints() {
                // First the dispatcher, for what is on its way into a slot.
                if hint.reason == WakeHint.limits { await self.limits.refresh() }
                dispatcher.hear(hint)
                guard let id = hint.executionID, let slot = self.slots[id] else { continue }
                if hint.at == nil { slot.wake() }
                if hint.reason == "cancel" { await keeper.check(id) }
            }
        }
    }

    private func makeDispatcher() -> Dispatcher {
        Dispatcher(
            store: store, coordination: coordination, slots: slots, courtesy: courtesy, handlers: handlers,
            taskRoom: taskRoom,
            limits: limits, fanIn: fanIn, requests: requests, clock: clock, configuration: configuration,
            identity: identity, metrics: metrics, logger: logger,
            start: { [weak self] claims, claimID in await self?.start(claims, claimID) })
    }

    /// Stop claiming; let handlers finish; give the rest back.
    private func stop() async {
        draining.raise()
        slots.close()
        // Others lead at once, whatever time the handlers take.
        _ = await TimeLimit.run(.seconds(1), clock: SystemClock()) { await self.tickerBox.withLock { $0 }?.resign() }
        for slot in slots.all { slot.wake() }
        #if SKEIN_FAILPOINTS
        await Failpoint.reach("shutdown.midDrain")
        #endif
        logger.info("stopping", metadata: ["executions": "\(slots.count)"])
        _ = await TimeLimit.run(configuration.grace, clock: SystemClock()) { await self.slots.empty() }
        for slot in slots.all { slot.stop(.shutdown) }
        _ = await TimeLimit.run(.seconds(1), clock: SystemClock()) { await self.slots.empty() }
        let rest = slots.held
        if !rest.isEmpty {
            for slot in slots.all { slot.stop(.lost) }
            try? await store.release(rest, worker: identity.id)
            coordination.wakes.signal([WakeHint(executionID: nil, reason: "look")])
        }
        try? await store.unregister(identity.id)
        // What was handed on is announced once more: an announcement may have been lost with the service for a moment.
        coordination.wakes.signal([WakeHint(executionID: nil, reason: "look")])
        try? await SystemClock().sleep(for: .milliseconds(30))
    }
}

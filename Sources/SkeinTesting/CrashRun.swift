import Skein
import SkeinCore

/// One execution, the engine that may die under it, and the one that takes over.
final class CrashRun: Sendable {
    /// Turns without an end after which a run is given up.
    private static let patience = 1_000

    private let plan: CrashPlan
    private let flows: [JSONValue]
    private let clock = VirtualClock()
    private let store: InMemoryExecutionStore
    private let mortal: FaultyStore
    private let engines: [Engine]

    init(
        _ plan: CrashPlan, _ handlers: [AnyHandler], _ flows: [JSONValue], configuration: EngineConfiguration,
        faults: [Int: FaultyStore.Fault]
    ) {
        self.plan = plan
        self.flows = flows
        let store = InMemoryExecutionStore(clock: clock)
        let mortal = FaultyStore(store, faults: faults)
        var configuration = configuration
        configuration.workerID = nil
        let stores: [any ExecutionStore] = [mortal, store]
        engines = stores.map { [clock] in Engine(store: $0, configuration: configuration, clock: clock) }
        self.store = store
        self.mortal = mortal
        for engine in engines { for handler in handlers { engine.handlers.register(handler) } }
    }

    /// Commits of the first engine.
    var commits: Int { mortal.commits }

    /// The one that lives.
    private var engine: Engine { engines[mortal.isCrashed ? 1 : 0] }

    func end(point: Int) async throws -> CrashEnd {
        for engine in engines {
            for flow in flows { try await engine.register(flow) }
            try await plan.register(engine)
        }
        let id = try await create()
        let execution = try await drive(id)
        return CrashEnd(
            execution: execution, events: try await engine.events(of: id, limit: .max), point: point,
            isReached: mortal.commits >= point, engine: engine)
    }

    private func create() async throws -> ExecutionID {
        do {
            return try await engines[0].create(plan.flowID, context: plan.context, options: plan.options).execution.id
        } catch is CancellationError {
            // Its caller does not know whether there is one, and asks again only if there is none.
            if let made = try await store.list(ExecutionQuery()).first { return made.creation.id }
            return try await engine.create(plan.flowID, context: plan.context, options: plan.options).execution.id
        }
    }

    private func drive(_ id: ExecutionID) async throws -> Execution {
        for _ in 0..<Self.patience {
            let driver = engine
            let execution: Execution
            do {
                execution = try await driver.drive(id)
            } catch is CancellationError {
                clock.advance(by: driver.configuration.lease)
                continue
            } catch let error as EngineError where error.code == .executionBusy {
                clock.advance(by: driver.configuration.lease)
                continue
            }
            if execution.status.isEnded { return execution }
            if let wait = execution.wait { try await end(wait, of: execution) }
        }
        throw AssertionFailure(description: "the execution \(id) comes to no end")
    }

    /// Brings about what the execution waits for.
    private func end(_ wait: SkeinCore.Wait, of execution: Execution) async throws {
        switch wait.kind {
        case .children:
            for child in try await store.children(of: execution.id, round: nil, from: 0, limit: .max) {
                _ = try await drive(child)
            }
            // An engine that runs does so every few seconds.
            _ = try await store.countEndedChildren()
        case .signal, .manual, .token:
            guard let answer = plan.answer else { return clock.advance(to: wait.due) }
            try await answer(engine, execution)
        case .timer, .retry, .job, .handler, .limit:
            guard wait.due != .distantFuture else {
                throw AssertionFailure(description: "nothing ends the wait of \(execution.id): \(wait.kind)")
            }
            clock.advance(to: wait.due)
        }
    }
}

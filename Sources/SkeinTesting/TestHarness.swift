public import Skein
public import SkeinCore
import Synchronization

/// An engine on a virtual clock and an in-memory store, for tests of flows: nothing sleeps, every run is the same.
///
///     let harness = TestHarness()
///     harness.engine.handle("charge") { input, _ in .success(input) }
///     let waiting = try await harness.run(definition, context: ["amount": 10])
///     try await harness.advance(by: .seconds(90_000))
///     let end = try await harness.engine.execution(waiting.id)
public final class TestHarness: Sendable {
    public let clock: VirtualClock
    public let engine: Engine
    private let started = Mutex<[ExecutionID]>([])

    /// - Parameter start: what the clock says at first. Default: 2026-01-01T00:00:00Z.
    public init(
        start: Timestamp = Timestamp(microseconds: 1_767_225_600_000_000),
        configuration: EngineConfiguration = EngineConfiguration()
    ) {
        clock = VirtualClock(start: start)
        engine = Engine(store: InMemoryExecutionStore(clock: clock), configuration: configuration, clock: clock)
    }

    /// Registers a flow, starts an execution of it and drives it until it waits or ends; time stands still meanwhile.
    ///
    /// - Throws: `EngineError` for an invalid flow or context.
    @discardableResult
    public func run(
        _ definition: JSONValue, context: JSONObject = [:], options: CreateOptions = CreateOptions()
    ) async throws -> Execution {
        let flow = try await engine.register(definition).flow
        var options = options
        options.flowVersion = flow.version.description
        let created = try await engine.create(flow.id, context: context, options: options)
        started.withLock { $0.append(created.execution.id) }
        return try await drive(created.execution.id)
    }

    /// The same for a flow written in Swift, whose closures are registered with it.
    @discardableResult
    public func run<Definition: FlowDefinition>(
        _ flow: Definition, _ input: Definition.Input, options: CreateOptions = CreateOptions()
    ) async throws -> Execution {
        try await engine.register(flow)
        let created = try await engine.create(flow, input, options: options)
        started.withLock { $0.append(created.execution.id) }
        return try await drive(created.execution.id)
    }

    /// Moves the clock and drives every execution that this harness started as far as it goes.
    public func advance(by span: Duration) async throws {
        clock.advance(by: span)
        for id in started.withLock({ $0 }) { try await drive(id) }
    }

    /// `step` until nothing is due: `run` would sleep until the next timer.
    @discardableResult
    private func drive(_ id: ExecutionID) async throws -> Execution {
        var execution = try await engine.execution(id)
        while !execution.status.isEnded {
            let before = execution.lastEvent
            let count = execution.stepCount
            execution = try await engine.step(id)
            if execution.lastEvent == before, execution.stepCount == count { return execution }
        }
        return execution
    }
}

import Skein
import SkeinCore
import SkeinTesting
import Synchronization

/// One execution of a random flow under random crashes and random operators, until it has ended for good.
final class SimulatedWorld: Sendable {
    /// Turns with faults and operators; then everything works and nobody interferes.
    private static let storm = 30
    private static let patience = 400

    private struct State {
        var dice: Dice
        var isHealed = false
        var reopenings = 0
        var mortal: FaultyStore
        var engine: Engine
        var turn = 0
    }

    let seed: UInt64
    let flow: SimulatedFlow
    let store: InMemoryExecutionStore
    let clock = VirtualClock()
    /// Never dies, drives nothing.
    let desk: Engine
    private let state: Mutex<State>

    init(seed: UInt64) {
        self.seed = seed
        flow = SimulatedFlow(seed: seed)
        let store = InMemoryExecutionStore(clock: clock)
        self.store = store
        desk = Engine(store: store, clock: clock)
        var dice = Dice(seed ^ 0xFACE)
        let mortal = Self.mortal(store, &dice)
        let engine = Self.engine(mortal, clock, &dice)
        state = Mutex(State(dice: dice, mortal: mortal, engine: engine))
        equip(engine)
    }

    // MARK: - Engines

    private static func mortal(_ store: InMemoryExecutionStore, _ dice: inout Dice) -> FaultyStore {
        let kinds: [FaultyStore.Fault] = [
            .crashAfter, .crashBefore, .unknown(isWritten: true), .unknown(isWritten: false),
        ]
        var faults: [Int: FaultyStore.Fault] = [:]
        for _ in 0..<dice.below(4) { faults[2 + dice.below(12)] = kinds[dice.below(4)] }
        return FaultyStore(store, faults: faults)
    }

    private static func engine(_ store: any ExecutionStore, _ clock: VirtualClock, _ dice: inout Dice) -> Engine {
        var configuration = EngineConfiguration()
        configuration.snapshotEvery = 1 + dice.below(12)
        return Engine(store: store, configuration: configuration, clock: clock)
    }

    private func equip(_ engine: Engine) {
        engine.handle("work") { _, step in
            await self.meddle(step)
            return .success(.string(step.stepID.rawValue))
        }
        engine.handle("flaky") { _, step in
            await self.meddle(step)
            return step.attempt < 3 ? .failure("FLAKY") : .success("at last")
        }
        engine.handle("broken") { _, _ in
            self.state.withLock(\.isHealed) ? .success("healed") : .failure("BROKEN", isRetryable: false)
        }
        engine.handle("timer") { _, step in .wait(WaitRequest(until: .time(step.now + Self.delay(step)))) }
        engine.handle("signal") { _, _ in .wait(WaitRequest(until: .signal("go"), timeout: .seconds(3_600))) }
        engine.handle("manual") { _, _ in .wait(WaitRequest(until: .resume, timeout: .seconds(3_600))) }
        engine.handle("code") { _, step in
            let one = try await step.run("one") { 1 }
            await self.meddle(step)
            try await step.sleep(for: Self.delay(step))
            let two = try await step.run("two") { one + 1 }
            return .success(.int(Int64(two)))
        }
        engine.handle("undo") { _, step in
            await self.meddle(step)
            return .success(nil)
        }
        engine.handle("stumble") { _, step in step.attempt < 2 ? .failure("STUMBLED") : .success(nil) }
        engine.handle("refuse") { _, _ in
            self.state.withLock(\.isHealed) ? .success(nil) : .failure("REFUSED")
        }
    }

    private static func delay(_ step: StepContext) -> Duration {
        .milliseconds(step.config["delay"]?.int64 ?? 0)
    }

    /// Now and then an operator interferes while a step runs; which step, the seed says.
    private func meddle(_ step: StepContext) async {
        guard state.withLock({ $0.turn < Self.storm }) else { return }
        var hash = seed &+ UInt64(step.fencingToken) &* 31
        for byte in step.stepID.rawValue.utf8 { hash = hash &* 131 &+ UInt64(byte) }
        var dice = Dice(hash)
        guard dice.percent(8) else { return }
        await interfere(step.executionID, dice.below(100), step: step.stepID)
    }

    // MARK: - Operators

    /// Refusals are fine; the log says whether what was accepted makes sense.
    private func interfere(_ id: ExecutionID, _ choice: Int, step: StepID) async {
        switch choice {
        case ..<35: _ = try? await desk.signal(id, "go", payload: 1)
        case ..<50: _ = try? await desk.pause(id)
        case ..<70: _ = try? await desk.resume(id, data: 2)
        case ..<80: _ = try? await desk.cancel(id, reason: "enough")
        default: _ = try? await desk.skip(id, step: step, output: "skipped")
        }
    }

    // MARK: - The run

    /// Returns the execution at its end.
    func run() async throws -> Execution {
        _ = try await desk.register(flow.definition)
        let go = seed.isMultiple(of: 2)
        let id = try await desk.create("random", context: ["go": .bool(go)]).execution.id
        for turn in 0..<Self.patience {
            state.withLock { $0.turn = turn }
            if let end = try await self.turn(id, isCalm: turn >= Self.storm) { return end }
        }
        let stuck = try await desk.execution(id)
        throw AssertionFailure(
            description: "no end: \(stuck.status) at \(stuck.currentSteps), \(stuck.wait?.kind.rawValue ?? "no wait")")
    }

    private func turn(_ id: ExecutionID, isCalm: Bool) async throws -> Execution? {
        await drive(id, isCalm: isCalm)
        let execution = try await desk.execution(id)
        if execution.status.isEnded { return try await reopened(execution) ? nil : execution }
        if !isCalm, state.withLock({ $0.dice.percent(20) }) {
            let count = max(1, execution.currentSteps.count)
            let (choice, place) = state.withLock { ($0.dice.below(100), $0.dice.below(count)) }
            await interfere(id, choice, step: execution.currentSteps.dropFirst(place).first ?? "s0")
            return nil
        }
        try await goOn(execution)
        return nil
    }

    private func drive(_ id: ExecutionID, isCalm: Bool) async {
        let (engine, mortal) = state.withLock { ($0.engine, $0.mortal) }
        do {
            _ = try await engine.drive(id)
        } catch {
            clock.advance(by: engine.configuration.lease)
        }
        guard mortal.isCrashed else { return }
        let next = state.withLock { state in
            state.mortal = isCalm ? FaultyStore(store) : Self.mortal(store, &state.dice)
            state.engine = Self.engine(state.mortal, clock, &state.dice)
            return state.engine
        }
        equip(next)
        clock.advance(by: engine.configuration.lease)
    }

    /// Does what the execution waits for.
    private func goOn(_ execution: Execution) async throws {
        if execution.status == .paused {
            _ = try await desk.resume(execution.id)
            return
        }
        guard let wait = execution.wait else { return }
        switch wait.kind {
        case .signal: try await desk.signal(execution.id, "go", payload: 1)
        case .manual: _ = try await desk.resume(execution.id, data: 2)
        case .timer, .retry, .children, .token, .job, .handler, .limit: clock.advance(to: wait.due)
        }
    }

    private func reopened(_ end: Execution) async throws -> Bool {
        let choice = state.withLock { state -> Int? in
            guard state.reopenings < 2, state.turn < Self.storm, state.dice.percent(50) else { return nil }
            state.reopenings += 1
            state.isHealed = state.dice.percent(70)
            return state.dice.below(3 * flow.names.count)
        }
        guard let choice else { return false }
        if choice < flow.names.count || end.status == .completed || end.status == .rolledBack {
            let step = StepID(flow.names[choice % flow.names.count])
            return (try? await desk.retry(end.id, from: step, by: Intervention(actor: "from"))) != nil
        }
        return (try? await desk.retry(end.id)) != nil
    }
}

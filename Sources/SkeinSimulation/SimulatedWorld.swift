import Logging
import Skein
import SkeinCore
import SkeinTesting
import Synchronization

/// A family of executions, two engines that die, freeze and lose answers under it, and people who interfere: first a
/// storm, then a calm in which everything works and all has to come to an end.
final class SimulatedWorld: Sendable {
    /// What was sent to an execution and taken.
    struct Accepted: Sendable {
        var generation: Int64
        var name: String
        var payload: JSONValue?
        var isSignal: Bool
    }

    /// An engine and its view of the store. When it dies another takes the seat.
    struct Seat {
        var engine: Engine
        var store: FaultyStore
    }

    struct State {
        var dice: Dice
        var turn = 0
        var isCalm = false
        var isHealed = false
        var seats: [Seat] = []
        var inFlight = 0
        var frozen: [(until: Int, thaw: CheckedContinuation<Void, Never>)] = []
        var accepted: [ExecutionID: [Accepted]] = [:]
        var operations: [OperationID: Int64] = [:]
        var lastPayload: Int64 = 0
        var lives: UInt64 = 0
        var reopenings = 0
        var forks = 0
        var isOver = false
        var result: SimulationResult
    }

    static let patience = 3_000
    /// Turns of all tasks together after which a world is given up.
    static let turnLimit = 500_000
    static let lease = Duration.seconds(10)

    let flows: [SimulatedFlow]
    let store: InMemoryExecutionStore
    let clock = VirtualClock()
    let wakes: SimulatedWakes
    private let coordination: Coordination
    let executor: SimulatedExecutor
    let storm: Int
    let state: Mutex<State>

    init(seed: UInt64) {
        flows = (0..<3).map { SimulatedFlow(seed: seed, level: $0) }
        store = InMemoryExecutionStore(clock: clock)
        var dice = Dice(seed ^ 0xFACE)
        executor = SimulatedExecutor(Dice(dice.word()))
        wakes = SimulatedWakes(Dice(dice.word()))
        storm = dice.percent(20) ? 0 : 20 + dice.below(60)
        var coordination = Coordination.inProcess(clock: clock)
        coordination.wakes = wakes
        self.coordination = coordination
        state = Mutex(State(dice: dice, result: SimulationResult(seed: seed)))
    }

    // MARK: - Chance and notes

    func roll(_ limit: Int) -> Int { state.withLock { $0.dice.below(limit) } }
    func percent(_ share: Int) -> Bool { state.withLock { $0.dice.percent(share) } }

    func newID() -> ExecutionID {
        ExecutionID(raw: .v7(at: clock.now, random: state.withLock { $0.dice.word() }))
    }

    /// A payload that nobody had before.
    func newPayload() -> JSONValue {
        state.withLock { state in
            state.lastPayload += 1
            return .int(state.lastPayload)
        }
    }

    func note(_ name: String, _ count: Int = 1) { state.withLock { $0.result.tally.add(name, count) } }

    func complain(_ problem: String) {
        state.withLock { $0.result.problems.append(problem) }
    }

    var isHealed: Bool { state.withLock(\.isHealed) }
    var isCalm: Bool { state.withLock(\.isCalm) }
    func accepted(by id: ExecutionID) -> [Accepted] {
        state.withLock { $0.accepted[id] ?? [] }.sorted { $0.generation < $1.generation }
    }

    /// Whether an ended execution may be reopened once more; what was broken may be mended by then.
    func mayReopen() -> Bool {
        state.withLock { state in
            guard state.reopenings < 3 else { return false }
            state.reopenings += 1
            state.isHealed = state.dice.percent(60)
            return true
        }
    }

    func mayFork() -> Bool {
        state.withLock { state in
            state.forks += 1
            return state.forks <= 2
        }
    }

    // MARK: - Engines

    /// Makes an engine of its own for every life, the one without faults for people too.
    func seat(faults: [Int: FaultyStore.Fault]) -> Seat {
        var configuration = EngineConfiguration()
        let life = state.withLock { state in
            state.lives += 1
            configuration.snapshotEvery = 1 + state.dice.below(12)
            return state.lives
        }
        configuration.workerID = WorkerID(raw: .v7(at: clock.now, random: life))
        configuration.lease = Self.lease
        // Here workers die more often than a poisonous execution would have them.
        configuration.quarantineAfter = .max
        let store = FaultyStore(
            store, faults: faults,
            hooks: FaultyStore.Hooks(
                gate: { [unowned self] in await gate() },
                sent: { [unowned self] in keep($0, $1) },
                broke: { [unowned self] in note("fault: \($0)") },
                committed: { [unowned self] _, outcomes in keep(outcomes) }))
        let engine = Engine(
            store: store, coordination: coordination, configuration: configuration, clock: clock, logger: Self.logger)
        equip(engine)
        return Seat(engine: engine, store: store)
    }

    static let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }

    func faults() -> [Int: FaultyStore.Fault] {
        let kinds: [FaultyStore.Fault] = [
            .crashAfter, .crashBefore, .unknown(isWritten: true), .unknown(isWritten: false), .unavailable, .repeated,
        ]
        return state.withLock { state in
            var faults: [Int: FaultyStore.Fault] = [:]
            for _ in 0..<state.dice.below(4) { faults[1 + state.dice.below(14)] = kinds[state.dice.below(kinds.count)] }
            return faults
        }
    }

    /// One of the engines that do the work.
    func worker() -> Engine {
        state.withLock { $0.seats[$0.dice.below($0.seats.count)].engine }
    }

    func replaceTheDead() {
        for place in 0..<2 where state.withLock({ $0.seats[place].store.isCrashed }) {
            let next = seat(faults: isCalm ? [:] : faults())
            state.withLock { $0.seats[place] = next }
        }
    }

    private func keep(_ message: InboxMessage, _ outcome: SendOutcome) {
        guard case .accepted(let generation) = outcome else { return }
        state.withLock { state in
            if let known = state.operations[message.operationID] {
                guard known != generation else { return }
                return state.result.problems.append("an operation was accepted as \(known), then as \(generation)")
            }
            state.operations[message.operationID] = generation
            state.accepted[message.executionID, default: []].append(
                Accepted(
                    generation: generation, name: message.name, payload: message.payload,
                    isSignal: message.kind == .signal))
        }
    }

    private func keep(_ outcomes: [AppendOutcome]) {
        state.withLock { state in
            for outcome in outcomes {
                switch outcome {
                case .fenced: state.result.tally.add("fenced")
                case .refused: state.result.tally.add("refused")
                case .committed: break
                }
            }
        }
    }

    // MARK: - Time and turns

    /// At every call of a store: others may go first, and a process may freeze for longer than its leases last.
    private func gate() async {
        enum Delay { case none, turn, freeze(Int) }
        let delay: Delay = state.withLock { state in
            guard !state.isCalm else { return .none }
            if state.frozen.count < 2, state.dice.percent(2) {
                return .freeze(state.turn + 1 + state.dice.below(15))
            }
            return state.dice.percent(50) ? .turn : .none
        }
        switch delay {
        case .none: return
        case .turn: await Task.yield()
        case .freeze(let until):
            note("freezes")
            await withCheckedContinuation { thaw in
                let isCalm = state.withLock { state in
                    if !state.isCalm { state.frozen.append((until, thaw)) }
                    return state.isCalm
                }
                if isCalm { thaw.resume() }
            }
        }
    }

    /// In a handler: others may go first.
    func dawdle() async {
        guard !isCalm else { return }
        for _ in 0..<roll(4) { await Task.yield() }
    }

    func thaw(_ turn: Int) {
        let thawed = state.withLock { state in
            state.turn = turn
            defer { state.frozen.removeAll { $0.until <= turn } }
            return state.frozen.filter { $0.until <= turn }.map(\.thaw)
        }
        for thaw in thawed { thaw.resume() }
    }

    func start(_ group: inout DiscardingTaskGroup, _ body: @escaping @Sendable () async throws -> Void) {
        state.withLock { $0.inFlight += 1 }
        group.addTask {
            // Refusals and losses are part of the game; the logs say whether what was accepted makes sense.
            try? await body()
            self.state.withLock { $0.inFlight -= 1 }
        }
    }

    /// Lets everything that is under way come to its end; time passes when all wait for it.
    func settle() async throws {
        while state.withLock({ $0.inFlight > 0 }) {
            if executor.isIdle {
                guard let next = clock.nextDeadline else {
                    throw AssertionFailure(description: "a task waits for nothing")
                }
                clock.advance(by: max(.zero, next - clock.monotonic))
            }
            await Task.yield()
        }
    }
}

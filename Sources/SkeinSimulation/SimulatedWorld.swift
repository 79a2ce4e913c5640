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
    private struct Seat {
        var engine: Engine
        var store: FaultyStore
    }

    private struct State {
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

    private static let patience = 600
    /// Turns of all tasks together after which a world is given up.
    private static let turnLimit = 200_000
    static let lease = Duration.seconds(10)

    let flows: [SimulatedFlow]
    let store: InMemoryExecutionStore
    let clock = VirtualClock()
    let wakes: SimulatedWakes
    private let coordination: Coordination
    private let executor: SimulatedExecutor
    private let storm: Int
    private let state: Mutex<State>

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
    private func seat(faults: [Int: FaultyStore.Fault]) -> Seat {
        var configuration = EngineConfiguration()
        let life = state.withLock { state in
            state.lives += 1
            configuration.snapshotEvery = 1 + state.dice.below(12)
            return state.lives
        }
        configuration.workerID = WorkerID(raw: .v7(at: clock.now, random: life))
        configuration.lease = Self.lease
        let store = FaultyStore(
            store, faults: faults,
            hooks: FaultyStore.Hooks(
                gate: { [unowned self] in await gate() },
                sent: { [unowned self] in keep($0, $1) },
                broke: { [unowned self] in note("fault: \($0)") },
                committed: { [unowned self] outcomes in
                    for case .fenced in outcomes { note("fenced") }
                }))
        let engine = Engine(
            store: store, coordination: coordination, configuration: configuration, clock: clock, logger: Self.logger)
        equip(engine)
        return Seat(engine: engine, store: store)
    }

    private static let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }

    private func faults() -> [Int: FaultyStore.Fault] {
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

    private func replaceTheDead() {
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

    private func thaw(_ turn: Int) {
        let thawed = state.withLock { state in
            state.turn = turn
            defer { state.frozen.removeAll { $0.until <= turn } }
            return state.frozen.filter { $0.until <= turn }.map(\.thaw)
        }
        for thaw in thawed { thaw.resume() }
    }

    private func start(_ group: inout DiscardingTaskGroup, _ body: @escaping @Sendable () async throws -> Void) {
        state.withLock { $0.inFlight += 1 }
        group.addTask {
            // Refusals and losses are part of the game; the logs say whether what was accepted makes sense.
            try? await body()
            self.state.withLock { $0.inFlight -= 1 }
        }
    }

    /// Lets everything that is under way come to its end; time passes when all wait for it.
    private func settle() async throws {
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

    // MARK: - The run

    func run() -> SimulationResult {
        let turns = executor.run(limit: Self.turnLimit) {
            do {
                try await self.live()
                try await self.judge()
            } catch {
                self.complain("\(error)")
            }
            self.state.withLock { $0.isOver = true }
            if self.state.withLock({ !$0.result.problems.isEmpty }) { await self.tell() }
        }
        note("turns", turns)
        note("wakes lost", wakes.lost)
        note("wakes given twice", wakes.doubled)
        return state.withLock { state in
            if !state.isOver {
                state.result.problems.append("nothing goes on, or there is no end to it: \(turns) turns")
            }
            return state.result
        }
    }

    private func tell() async {
        var story = flows.map { "\($0.definition)" }
        for summary in (try? await store.list(family)) ?? [] {
            story.append("\(summary.creation.id) \(summary.creation.flowID) \(summary.status)")
            for event in (try? await worker().events(of: summary.creation.id, limit: .max)) ?? [] {
                var line = "  \(event.seq) \(event.at) \(event.type) \(event.stepID?.rawValue ?? "")"
                if let attempt = event.attempt { line += " #\(attempt)" }
                for key in ["next", "joins", "cause", "steps", "actor", "wait", "data", "error", "output", "retryAt"] {
                    if let value = event.metadata[key] { line += " \(key)=\(value)" }
                }
                story.append(line)
            }
        }
        state.withLock { $0.result.story = story.joined(separator: "\n") }
    }

    /// All there is.
    var family: ExecutionQuery {
        var query = ExecutionQuery()
        query.limit = 1_000
        return query
    }

    private func live() async throws {
        for flow in flows {
            _ = try await Engine(store: store, clock: clock, logger: Self.logger).register(flow.definition)
        }
        for _ in 0..<2 {
            let next = seat(faults: storm > 0 ? faults() : [:])
            state.withLock { $0.seats.append(next) }
        }
        let desk = seat(faults: [:]).engine
        var options = CreateOptions()
        options.executionID = newID()
        try await Engine(store: store, clock: clock, logger: Self.logger).create(
            flows[0].id, context: ["go": .bool(percent(60))], options: options)
        let failure: (any Error)? = await withDiscardingTaskGroup { group in
            do {
                try await weather(&group, desk)
                try await endure(&group, desk)
                return nil
            } catch {
                state.withLock { $0.isCalm = true }
                thaw(.max)
                group.cancelAll()
                return error
            }
        }
        if let failure { throw failure }
    }

    /// The storm: engines and people do what the dice say, all at once.
    private func weather(_ group: inout DiscardingTaskGroup, _ desk: Engine) async throws {
        for turn in 0..<storm {
            thaw(turn)
            replaceTheDead()
            let engine = worker()
            switch roll(100) {
            case ..<35:
                let limit = 1 + roll(3)
                start(&group) { _ = try await engine.driveDue(limit: limit) }
            case ..<50:
                guard let id = wakes.take()?.executionID else { continue }
                start(&group) { _ = try await engine.driveDue([id], limit: 1) }
            case ..<75:
                let person = percent(75) ? desk : engine
                start(&group) { try await self.interfere(person) }
            case ..<93: try await passTime()
            default: start(&group) { try await self.doChores(engine) }
            }
            for _ in 0..<roll(12) { await Task.yield() }
        }
    }

    private func doChores(_ engine: Engine) async throws {
        try await engine.lookAfterFamilies()
        for life in state.withLock({ $0.seats.map(\.engine.workerID) }) { _ = try await store.heartbeat(life) }
        _ = try await store.reap(silence: Self.lease * 3, lease: Self.lease)
    }

    private func passTime() async throws {
        switch roll(10) {
        case ..<3: clock.advance(by: .milliseconds(60))
        case ..<6: clock.advance(by: Self.lease + .seconds(1))
        default:
            let now = clock.now
            let due = try await store.list(family).compactMap(\.record.nextAt).filter {
                $0 > now && $0 < .distantFuture
            }
            if let next = due.min() { clock.advance(to: next) }
        }
    }

    /// The calm: nothing breaks any more, and whatever is due is done until all have ended.
    private func endure(_ group: inout DiscardingTaskGroup, _ desk: Engine) async throws {
        state.withLock { $0.isCalm = true }
        thaw(.max)
        for place in 0..<2 {
            let next = seat(faults: [:])
            state.withLock { $0.seats[place] = next }
        }
        try await settle()
        start(&group) { try await self.doChores(desk) }
        try await settle()
        try await checkCascades()
        for _ in 0..<Self.patience {
            let engine = worker()
            let look = Look()
            start(&group) { look.found(try await engine.driveDue(limit: 1 + self.roll(4))) }
            try await settle()
            if look.claimed > 0 { continue }
            start(&group) { try await self.doChores(engine) }
            try await settle()
            let alive = try await store.list(family).filter { $0.record.nextAt != nil || !$0.status.isEnded }
            if alive.isEmpty { return }
            try await goOn(alive, next: look.next, desk, &group)
        }
        throw AssertionFailure(description: "no end after \(Self.patience) rounds of calm")
    }

    /// Nothing is due: somebody answers, or time passes.
    private func goOn(
        _ alive: [ExecutionSummary], next: Timestamp?, _ desk: Engine, _ group: inout DiscardingTaskGroup
    ) async throws {
        var isStuck = next == nil
        for summary in alive {
            let execution = try await desk.execution(summary.creation.id)
            checkDue(execution, summary.record)
            if execution.status == .paused {
                isStuck = false
                start(&group) { _ = try await desk.resume(execution.id) }
            } else if percent(50) {
                start(&group) { try await self.answer(execution, desk) }
            }
        }
        try await settle()
        let now = clock.now
        if try await store.list(family).contains(where: { ($0.record.nextAt ?? .distantFuture) <= now }) { return }
        if let next { clock.advance(to: next) }
        guard isStuck else { return }
        let stuck = alive.map { "\($0.creation.id) (\($0.creation.flowID), \($0.status))" }
        throw AssertionFailure(description: "nothing is due, and these have not ended: \(stuck)")
    }
}

/// What a look at the store found.
private final class Look: Sendable {
    private let answer = Mutex<(claimed: Int, next: Timestamp?)>((0, nil))

    var claimed: Int { answer.withLock(\.claimed) }
    var next: Timestamp? { answer.withLock(\.next) }

    func found(_ value: (claimed: Int, next: Timestamp?)) { answer.withLock { $0 = value } }
}

import Skein
import SkeinCore
import SkeinTesting
import Synchronization

extension SimulatedWorld {
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
        for _ in 0..<2 {
            let next = seat(faults: storm > 0 ? faults() : [:])
            state.withLock { $0.seats.append(next) }
        }
        // Never dies, and works only when all is calm.
        let quiet = seat(faults: [:])
        let desk = quiet.engine
        // Nobody would thaw the one who lets things happen.
        state.withLock { $0.isCalm = true }
        for flow in flows { _ = try await desk.register(flow.definition) }
        var options = CreateOptions()
        options.executionID = newID()
        try await desk.create(
            flows[0].id, context: ["go": .bool(percent(60))], options: options)
        state.withLock { $0.isCalm = false }
        let failure: (any Error)? = await withDiscardingTaskGroup { group in
            do {
                try await weather(&group, desk)
                try await endure(&group, quiet)
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
            try await checkLimits()
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
    private func endure(_ group: inout DiscardingTaskGroup, _ quiet: Seat) async throws {
        let desk = quiet.engine
        state.withLock { $0.isCalm = true }
        thaw(.max)
        let other = storm > 0 ? seat(faults: [:]) : quiet
        state.withLock { $0.seats = [quiet, other] }
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

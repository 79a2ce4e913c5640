import Skein
import SkeinCore
import Synchronization
import Testing

@Suite(.everyStore, .timeLimit(.minutes(3)))
struct DurableCodeTests {
    private static func bench(
        retries: Int = 0, _ code: @escaping @concurrent @Sendable (Ledger, StepContext) async throws -> JSONValue
    ) async throws -> Bench {
        let bench = try await Bench()
        bench.engine.handle("code") { [ledger = bench.ledger] _, step in
            ledger.note("enter")
            return .success(try await code(ledger, step))
        }
        try await bench.engine.register(
            TestFlows.single("code", id: "code", step: ["retry": ["maxAttempts": .int(Int64(retries))]]))
        return bench
    }

    @Test func `what was recorded is not done again when a later attempt comes by`() async throws {
        let bench = try await Self.bench(retries: 2) { ledger, step in
            let first = try await step.run("first") {
                ledger.note("first")
                return [1, 2]
            }
            if step.attempt < 3 { throw StepFailure("FLAKY") }
            try await step.perform("second") { ledger.note("second") }
            return .int(Int64(first.reduce(0, +)))
        }
        let (id, end) = try await bench.start("code")
        #expect(end.status == .completed && end.result == 3)
        #expect(bench.ledger.all == ["enter", "first", "enter", "enter", "second"])
        let events = try await bench.engine.events(of: id)
        #expect(events.filter { $0.type == "checkpoint" }.map(\.message) == ["first", "second"])
        #expect(events.map(\.seq) == Array(1...Int64(events.count)))
    }

    @Test func `code leaves for a sleep and a signal, and goes on behind them`() async throws {
        let bench = try await Self.bench { ledger, step in
            let began = try await step.run("began") { "now" }
            try await step.sleep(for: .seconds(60))
            ledger.note("slept")
            let answer = try await step.waitForSignal(named: "go", timeout: .seconds(100))
            return ["began": .string(began), "answer": answer ?? "none"]
        }
        let id = try await bench.engine.create("code").execution.id
        let asleep = try await bench.engine.step(id)
        #expect(asleep.status == .waiting && asleep.wait?.kind == .timer)
        bench.clock.advance(by: .seconds(60))
        let waiting = try await bench.engine.run(id)
        #expect(waiting.wait?.signal == "go" && bench.ledger.all == ["enter", "enter", "slept"])
        try await bench.engine.signal(id, "go", payload: ["yes": true])
        let end = try await bench.engine.run(id)
        #expect(end.result == ["began": "now", "answer": ["yes": true]])
        #expect(end.context["resumeData"] == nil)
    }

    @Test func `a signal that does not come in time is none`() async throws {
        let bench = try await Self.bench { _, step in
            try await step.waitForSignal(named: "go", timeout: .seconds(5)) ?? "timed out"
        }
        let id = try await bench.engine.create("code").execution.id
        let end = try await bench.engine.run(id, simulateTime: true)
        #expect(end.result == "timed out", "\(end.json)")
    }

    @Test func `each repeat of a name is another checkpoint, and each wait takes its own signal`() async throws {
        let bench = try await Self.bench { ledger, step in
            var seen: [JSONValue] = []
            for index in 0..<3 {
                seen.append(try await step.waitForSignal(named: "next") ?? .null)
                try await step.perform("note") { ledger.note("note \(index)") }
            }
            return .array(seen)
        }
        let (id, _) = try await bench.start("code")
        for index in 1...3 {
            try await bench.engine.signal(id, "next", payload: .int(Int64(index)))
            _ = try await bench.engine.run(id)
        }
        #expect(try await bench.engine.execution(id).result == [1, 2, 3])
        #expect(bench.ledger.all.filter { $0.hasPrefix("note") } == ["note 0", "note 1", "note 2"])
    }

    @Test func `code that changed under a running execution is found out with the difference`() async throws {
        let isNew = Mutex(false)
        let bench = try await Self.bench { _, step in
            if isNew.withLock({ $0 }) { try await step.perform("inserted") {} }
            try await step.perform("old") {}
            _ = try await step.waitForSignal(named: "go")
            return nil
        }
        let (id, _) = try await bench.start("code")
        isNew.withLock { $0 = true }
        try await bench.engine.signal(id, "go")
        let end = try await bench.engine.run(id)
        #expect(end.status == .failed && end.error?.code == "WORKFLOW_DEFINITION_CHANGED")
        #expect(end.error?.message.contains("'inserted'") == true && end.error?.message.contains("'old'") == true)
    }

    @Test func `one name at once is an error, and beside each other names keep their results`() async throws {
        let bench = try await Self.bench(retries: 1) { ledger, step in
            let (a, b) = try await step.all(("a", { 1 }), ("b", { "two" }))
            let squares = try await step.fanOut("square", over: [1, 2, 3, 4], concurrency: 2) { number in
                ledger.note("square")
                return number * number
            }
            if step.attempt == 1 { throw StepFailure("AGAIN") }
            return ["a": .int(Int64(a)), "b": .string(b), "squares": .array(squares.map { .int(Int64($0)) })]
        }
        let (_, end) = try await bench.start("code")
        #expect(end.result == ["a": 1, "b": "two", "squares": [1, 4, 9, 16]] && bench.ledger.count("square") == 4)

        let twice = try await Self.bench { _, step in
            let gate = ServiceTests.Gate()
            async let one: Void = step.perform("same") { await gate.pass() }
            await gate.arrivals(1)
            defer { gate.open() }
            try await step.perform("same") {}
            try await one
            return nil
        }
        let (_, failed) = try await twice.start("code")
        #expect(failed.error?.code == "DUPLICATE_CHECKPOINT")
    }

    @Test func `a piece of work has no pieces of its own, but tells how far it is`() async throws {
        let bench = try await Self.bench { _, step in
            try await step.perform("outer") {
                try await step.progress("half")
                try await step.perform("inner") {}
            }
            return nil
        }
        let (id, end) = try await bench.start("code")
        #expect(end.error?.code == "INVALID_TRANSITION")
        let types = try await bench.types(id)
        #expect(types.contains("progress") && !types.contains("checkpoint"))
    }

    @Test func `derived values are the same in every attempt`() async throws {
        let seen = Ledger()
        let bench = try await Self.bench(retries: 1) { _, step in
            seen.note("\(step.uuid("a")) \(step.random("b")) \(step.idempotencyToken)")
            if step.attempt == 1 { throw StepFailure("AGAIN") }
            return nil
        }
        _ = try await bench.start("code")
        #expect(seen.all.count == 2 && seen.all[0] == seen.all[1])
        _ = try await bench.start("code")
        #expect(seen.all[2] != seen.all[1])
    }

    @Test func `steps of parallel branches record beside each other`() async throws {
        let bench = try await Bench()
        bench.engine.handle("note") { _, step in
            let value = try await step.run("work") {
                bench.ledger.note("\(step.stepID)")
                return step.stepID.rawValue
            }
            if step.attempt == 1 { throw StepFailure("AGAIN") }
            return .success(.string(value))
        }
        try await bench.engine.register(
            GraphTests.forked { steps in
                for (key, step) in steps { steps[key] = step.with("retry", ["maxAttempts": 1]) }
            })
        let (id, end) = try await bench.start("forked")
        #expect(end.status == .completed && bench.ledger.all.sorted() == ["c1", "join", "left", "right", "start"])
        let events = try await bench.engine.events(of: id)
        #expect(events.map(\.seq) == Array(1...Int64(events.count)))
        #expect(events.filter { $0.type == "checkpoint" }.count == 5)
    }

    @Test func `a handler that swallows its departure still waits`() async throws {
        let bench = try await Self.bench { _, step in
            do {
                return try await step.waitForSignal(named: "go") ?? "nothing"
            } catch {
                return "swallowed"
            }
        }
        let (id, waiting) = try await bench.start("code")
        #expect(waiting.status == .waiting)
        try await bench.engine.signal(id, "go", payload: "yes")
        #expect(try await bench.engine.run(id).result == "yes")
    }

    @Test func `code that has waited is the same from its log and from a snapshot`() async throws {
        let bench = try await Self.bench { _, step in
            try await step.sleep(for: .seconds(60))
            return .int(Int64(try await step.run("after") { 1 }))
        }
        let id = try await bench.engine.create("code").execution.id
        #expect(try await bench.engine.run(id, simulateTime: true).status == .completed)
        let record = try #require(try await bench.store.record(id))
        let definition = try #require(try await bench.store.flow("code", version: nil))
        let graph = FlowGraph(try #require(FlowSpec.validate(definition).spec))
        var state = graph.state(record.creation)
        for row in try await bench.store.rows(of: id, from: 1, limit: .max) {
            state.apply(try LogBody(decoding: row.body, of: id).events, position: row.position, at: row.at)
            let snapshot = try JSONValue(parsing: state.snapshot())
            #expect(ExecutionState(record.creation, traits: graph.traits, snapshot: snapshot) == state)
        }
    }
}

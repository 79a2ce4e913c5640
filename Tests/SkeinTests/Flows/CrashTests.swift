import Skein
import SkeinCore
import SkeinTesting
import Testing

/// Every kind of flow, with its engine dying at each of its commits.
@Suite(.timeLimit(.minutes(1)))
struct CrashTests {
    /// How the first engine fares at the commit of a point.
    static let faults: [FaultyStore.Fault] = [
        .crashAfter, .crashBefore, .unknown(isWritten: true), .unknown(isWritten: false),
    ]

    /// What a test watches while it crashes one flow again and again.
    private final class Watch {
        let harness = TestHarness()
        let ledger = Ledger()
        private var calm: (outcome: Outcome, calls: [String: Int])?

        private struct Outcome: Equatable {
            var status: ExecutionStatus
            var context: JSONObject
            var result: JSONValue?
            var error: Failure?
        }

        /// Adds a handler that notes its step, or "undo" and its step.
        func handle(
            _ type: String,
            _ body: @escaping @concurrent @Sendable (StepContext) async throws -> StepResult<JSONValue>
        ) {
            harness.engine.handle(type) { [ledger] _, step in
                ledger.note(type == "undo" ? "undo \(step.stepID)" : step.stepID.rawValue)
                return try await body(step)
            }
        }

        /// - Parameters:
        ///   - width: pieces of work that may be under way at once.
        ///   - isElsewhere: the work is that of children, whose logs say what was interrupted.
        func check(_ end: CrashEnd, width: Int = 1, isElsewhere: Bool = false) {
            if width == 1 { #expect(end.isReached, "point \(end.point)") }
            let point = "point \(end.point): \(end.events.map(\.type))"
            #expect(end.events.map(\.seq) == Array(1...Int64(end.events.count)), "\(point)")
            #expect(end.events.count { $0.isTerminal } == 1 && end.events.last?.isTerminal == true, "\(point)")
            let calls = Dictionary(ledger.take().map { ($0, 1) }, uniquingKeysWith: +)
            let outcome = Outcome(
                status: end.status, context: end.context, result: end.result, error: end.error)
            guard let calm else { return calm = (outcome, calls) }
            #expect(outcome == calm.outcome, "\(point)")
            #expect(Set(calls.keys) == Set(calm.calls.keys), "\(point)")
            var repeats = 0
            for (piece, count) in calls {
                let extra = count - calm.calls[piece, default: 0]
                #expect(extra <= 1, "\(piece) ran \(count) times, \(point)")
                repeats += max(0, extra)
            }
            #expect(repeats <= width, "\(calls), \(point)")
            if repeats > 0, !isElsewhere {
                #expect(end.events.contains { $0.type == "execution.recovered" }, "\(point)")
            }
        }
    }

    @Test(arguments: faults) func `a chain with retries`(fault: FaultyStore.Fault) async throws {
        let watch = Watch()
        watch.handle("work") { step in .success(.string(step.stepID.rawValue)) }
        let tries = Ledger()
        watch.handle("flaky") { step in
            tries.note("\(step.executionID)")
            return tries.count("\(step.executionID)") < 3 ? .failure("FLAKY") : .success("at last")
        }
        let flow: JSONValue = [
            "id": "chain", "version": "1.0.0", "initialStepId": "a",
            "steps": [
                "a": ["type": "work", "outputKey": "a", "transitions": ["onSuccess": "b"]],
                "b": [
                    "type": "flaky", "outputKey": "b", "retry": ["maxAttempts": 5, "backoffMs": 100],
                    "transitions": ["onSuccess": "c"],
                ],
                "c": ["type": "work", "outputKey": "c"],
            ],
        ]
        let points = try await watch.harness.crashAtEveryStep(flow, fault: fault) { end in
            watch.check(end)
            try watch.harness.assertCompleted(end.execution)
            try watch.harness.assertContext(end.execution, "b", "at last")
        }
        // Born, a, twice b and its retries, b, c and the end.
        #expect(points == 6)
    }

    @Test(arguments: faults) func `a fork and its join`(fault: FaultyStore.Fault) async throws {
        let watch = Watch()
        watch.handle("note") { step in .success(.string(step.stepID.rawValue)) }
        let points = try await watch.harness.crashAtEveryStep(GraphTests.forked(), fault: fault) { end in
            watch.check(end, width: 2)
            try watch.harness.assertCompleted(end.execution)
            #expect(end.events.count { $0.type == "step.completed" && $0.stepID == "join" } == 1)
        }
        #expect(points >= 5)
    }

    @Test(arguments: faults) func `a graph of tasks`(fault: FaultyStore.Fault) async throws {
        let watch = Watch()
        watch.handle("note") { step in .success(["n": .string(step.stepID.rawValue)]) }
        let points = try await watch.harness.crashAtEveryStep(GraphTests.diamond, fault: fault) { end in
            watch.check(end, width: 2)
            try watch.harness.assertCompleted(end.execution)
            for task in ["a", "b", "c", "d"] {
                #expect(end.events.count { $0.type == "step.completed" && $0.stepID == StepID(task) } == 1)
            }
        }
        #expect(points >= 4)
    }

    @Test(arguments: faults, [false, true])
    func `a saga that rolls back`(fault: FaultyStore.Fault, stumbles: Bool) async throws {
        let watch = Watch()
        watch.handle("work") { step in .success(["by": .string(step.stepID.rawValue)]) }
        let tries = Ledger()
        watch.handle("undo") { step in
            guard stumbles, step.stepID == "charge" else { return .success(nil) }
            tries.note("\(step.executionID)")
            return tries.count("\(step.executionID)") == 1 ? .failure("BANK_DOWN") : .success(nil)
        }
        watch.handle("fail") { _ in .failure("NO_SHIP", isRetryable: false) }
        let points = try await watch.harness.crashAtEveryStep(SagaTests.order(), fault: fault) { end in
            watch.check(end)
            try watch.harness.assertFailed(end.execution, code: "NO_SHIP")
            #expect(end.status == .rolledBack)
            #expect(
                end.events.filter { $0.type == "step.compensated" }.compactMap(\.stepID) == ["charge", "reserve"])
        }
        #expect(points == (stumbles ? 11 : 9))
    }

    @Test(arguments: faults) func `a parent and five children`(fault: FaultyStore.Fault) async throws {
        let watch = Watch()
        try await ChildrenTests.register(watch.harness.engine) { $0.concurrency = 2 }
        watch.harness.engine.handle("double") { [ledger = watch.ledger] input, step in
            ledger.note("\(input)")
            return .success(.int((input.int64 ?? 0) * 2))
        }
        let points = try await watch.harness.crashAtEveryStep(
            ChildrenTests.parent(), context: ["items": [1, 2, 3, 4, 5]], fault: fault
        ) { end in
            let children = try await end.engine.store.children(of: end.id, round: nil, from: 0, limit: 100)
            #expect(children.count == 5)
            // Whose engine died shows in the child's own log.
            watch.check(end, isElsewhere: true)
            #expect(end.result == [2, 4, 6, 8, 10])
            #expect(end.events.count { $0.type == "execution.children_created" } == 1)
        }
        #expect(points > 10)
    }

    @Test(arguments: faults) func `durable code`(fault: FaultyStore.Fault) async throws {
        let watch = Watch()
        let code = DurableFlow<JSONValue, [Int]>("code") { [ledger = watch.ledger] _, step in
            let first = try await step.run("first") {
                ledger.note("first")
                return 1
            }
            try await step.sleep(for: .seconds(60))
            let second = try await step.run("second") {
                ledger.note("second")
                return first + 1
            }
            let told = try await step.waitForSignal(named: "go", timeout: .seconds(3_600))
            try await step.perform("third") { ledger.note("third") }
            return [first, second, told?.int ?? 0]
        }
        let points = try await watch.harness.crashAtEveryStep(
            code, [:], fault: fault,
            answer: { engine, execution in try await engine.signal(execution.id, "go", payload: 3) }
        ) { end, output in
            watch.check(end)
            #expect(output == [1, 2, 3])
            for name in ["first", "second", "third"] {
                #expect(end.events.count { $0.type == "checkpoint" && $0.message == name } == 1)
            }
            #expect(end.events.count { $0.type == "signal.consumed" } == 1)
        }
        #expect(points == 9)
    }

    @Test(arguments: faults) func `branches with checkpoints`(fault: FaultyStore.Fault) async throws {
        let watch = Watch()
        watch.harness.engine.handle("note") { [ledger = watch.ledger] _, step in
            let id = step.stepID
            let one = try await step.run("one") {
                ledger.note("\(id) one")
                return id.rawValue
            }
            try await step.perform("two") { ledger.note("\(id) two") }
            return .success(.string(one))
        }
        let points = try await watch.harness.crashAtEveryStep(GraphTests.forked(), fault: fault) { end in
            watch.check(end, width: 2)
            try watch.harness.assertCompleted(end.execution)
            #expect(end.events.count { $0.type == "checkpoint" } == 10)
        }
        #expect(points >= 12)
    }

    @Test func `a child whose end nobody counted is counted by whoever runs its parent`() async throws {
        let clock = VirtualClock()
        let store = InMemoryExecutionStore(clock: clock)
        // Born, its step, the child, the child's end.
        let first = Engine(store: FaultyStore(store, faults: [4: .crashAfter]), clock: clock)
        let second = Engine(store: store, clock: clock)
        for engine in [first, second] { try await ChildrenTests.register(engine) }
        let id = try await first.create("parent", context: ["items": [1]]).execution.id
        await #expect(throws: CancellationError.self) { try await first.run(id) }
        clock.advance(by: second.configuration.lease)
        let end = try await second.run(id, simulateTime: true)
        #expect(end.status == .completed && end.result == [2])
    }
}

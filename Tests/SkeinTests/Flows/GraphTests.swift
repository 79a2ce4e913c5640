import Skein
import SkeinCore
import Synchronization
import Testing

@Suite(.everyStore, .timeLimit(.minutes(3)))
struct GraphTests {
    /// a, then b and c at once, then d.
    static let diamond: JSONValue = [
        "id": "diamond",
        "tasks": [
            ["id": "a", "handler": "note", "outputs": ["x": "$.n"]],
            ["id": "b", "handler": "note", "dependencies": ["a"], "inputs": ["before": "$.tasks.a.n"]],
            ["id": "c", "handler": "note", "dependencies": ["a"], "inputs": ["before": "$.result.n", "x": "$.x"]],
            [
                "id": "d", "handler": "note", "dependencies": ["b", "c"],
                "inputs": ["b": "$.tasks.b.n", "both": "$.result", "none": "$.nothing"],
            ],
        ],
    ]

    /// An engine whose `note` handler returns the step's id and how many have begun before it.
    private static func bench(_ flow: JSONValue) async throws -> Bench {
        let bench = try await Bench()
        bench.engine.handle("note") { input, step in
            bench.ledger.note(step.stepID.rawValue)
            return .success(["n": .int(Int64(bench.ledger.all.count)), "input": input])
        }
        try await bench.engine.register(flow)
        return bench
    }

    @Test func `a diamond runs its middle at once and its end once`() async throws {
        let bench = try await Self.bench(Self.diamond)
        // Both middle tasks are there before either ends.
        let meeting = Meeting(2)
        bench.engine.handle("note") { input, step in
            bench.ledger.note(step.stepID.rawValue)
            if step.stepID == "b" || step.stepID == "c" { await meeting.meet() }
            return .success(["n": .int(Int64(bench.ledger.all.count)), "input": input])
        }
        let id = try await bench.engine.create("diamond", context: ["k": 1]).execution.id
        let end = try await bench.engine.run(id)
        #expect(end.status == .completed, "\(String(describing: end.error))")
        #expect(bench.ledger.all.sorted() == ["a", "b", "c", "d"] && bench.ledger.all.last == "d")
        #expect(end.context["x"] == 1 && end.stepCount == 4)
        let steps = try await bench.engine.steps(of: id)
        #expect(steps.first { $0.stepID == "c" }?.output?["input"] == ["before": 1, "x": 1])
        let last = steps.first { $0.stepID == "d" }?.output?["input"]
        #expect(last?["none"] == JSONValue.null && last?["both"]?["b"]?["n"] != nil && last?["b"] != nil)
        let events = try await bench.engine.events(of: id)
        #expect(events.map(\.seq) == Array(1...Int64(events.count)))
        #expect(events.filter { $0.type == "step.completed" }.count == 4)
    }

    @Test func `a fork in a step map meets at its join, and both branches' outputs are there`() async throws {
        let bench = try await Self.bench(Self.forked())
        let (id, end) = try await bench.start("forked")
        #expect(end.status == .completed, "\(String(describing: end.error))")
        #expect(end.context.keys.sorted() == ["c1", "left", "right"])
        #expect(bench.ledger.count("join") == 1)
        #expect(try await bench.engine.execution(id).currentSteps == [])
    }

    static func forked(_ change: (inout JSONObject) -> Void = { _ in }) -> JSONValue {
        var steps: JSONObject = [
            "start": ["type": "note", "transitions": ["onSuccess": ["left", "right"]]],
            "left": ["type": "note", "outputKey": "left", "transitions": ["onSuccess": "join"]],
            "right": ["type": "note", "outputKey": "right", "transitions": ["onSuccess": "c1"]],
            "c1": ["type": "note", "outputKey": "c1", "transitions": ["onSuccess": "join"]],
            "join": ["type": "note", "transitions": ["join": ["left", "c1"]]],
        ]
        change(&steps)
        return ["id": "forked", "version": "1.0.0", "initialStepId": "start", "steps": .object(steps)]
    }

    @Test func `branches that write one key of the context are a conflict that is named`() async throws {
        let bench = try await Self.bench(
            Self.forked { steps in
                steps["c1"] = ["type": "note", "outputKey": "left", "transitions": ["onSuccess": "join"]]
            })
        let (_, end) = try await bench.start("forked")
        #expect(end.status == .failed && end.error?.code == "CONTEXT_CONFLICT")
        #expect(end.error?.message.contains("'left'") == true && end.error?.message.contains("'c1'") == true)
        #expect(bench.ledger.count("join") == 0)
    }

    @Test func `a branch that fails lets the others finish, and then the execution fails with its error`() async throws
    {
        let bench = try await Self.bench(
            Self.forked { steps in
                steps["left"] = ["type": "refuse", "transitions": ["onSuccess": "join"]]
            })
        bench.engine.handle("refuse") { _, _ in .failure("NO", "not this one", isRetryable: false) }
        let (id, end) = try await bench.start("forked")
        #expect(end.status == .failed && end.error?.code == "NO" && end.error?.stepID == "left")
        #expect(bench.ledger.count("c1") == 1 && bench.ledger.count("join") == 0)
        // And from where it failed it can go on: the other branch has arrived already.
        bench.engine.handle("refuse") { _, _ in .success("now") }
        let retried = try await bench.engine.retry(id)
        #expect(retried.currentSteps == ["left"])
        let final = try await bench.engine.run(id)
        #expect(final.status == .completed && bench.ledger.count("join") == 1 && bench.ledger.count("c1") == 1)
    }

    @Test func `with onBranchFailure cancel the first failure ends the others`() async throws {
        let bench = try await Self.bench(
            Self.forked { steps in
                steps["left"] = ["type": "refuse", "transitions": ["onSuccess": "join"]]
                steps["right"] = ["type": "hang", "transitions": ["onSuccess": "c1"]]
            }.with("onBranchFailure", "cancel"))
        let gate = ServiceTests.Gate()
        bench.engine.handle("refuse") { _, _ in
            await gate.pass()
            return .failure("NO", isRetryable: false)
        }
        bench.engine.handle("hang") { _, step in
            gate.open()
            // Until it is cancelled.
            for await _ in AsyncStream<Never>.makeStream().stream {}
            return .success(nil)
        }
        let (_, end) = try await bench.start("forked")
        #expect(end.status == .failed && end.error?.code == "NO" && bench.ledger.count("c1") == 0)
    }

    @Test func `a branch that waits does not hold the others, and the execution parks when all wait`() async throws {
        let bench = try await Self.bench(
            Self.forked { steps in
                steps["left"] = ["type": "pause", "outputKey": "left", "transitions": ["onSuccess": "join"]]
            })
        bench.engine.handle("pause") { _, _ in .wait(WaitRequest(until: .signal("go"))) }
        let (id, parked) = try await bench.start("forked")
        #expect(parked.status == .waiting && parked.wait?.signal == "go" && parked.currentSteps == ["left"])
        #expect(bench.ledger.count("c1") == 1)
        try await bench.engine.signal(id, "go", payload: 7)
        let end = try await bench.engine.run(id)
        #expect(end.status == .completed && end.context["left"] == 7 && bench.ledger.count("join") == 1)
    }

    @Test func `an execution whose last live branch waits is waiting, though another has failed`() async throws {
        let bench = try await Self.bench(
            Self.forked { steps in
                steps["left"] = ["type": "refuse", "transitions": ["onSuccess": "join"]]
                steps["right"] = ["type": "pause", "transitions": ["onSuccess": "c1"]]
            })
        bench.engine.handle("refuse") { _, _ in .failure("NO", isRetryable: false) }
        bench.engine.handle("pause") { _, _ in .wait(WaitRequest(until: .signal("go"))) }
        let (id, parked) = try await bench.start("forked")
        #expect(parked.status == .waiting && parked.wait?.signal == "go")
        var query = ExecutionQuery()
        query.statuses = [.waiting]
        #expect(try await bench.engine.executions(query).map(\.id) == [id])
        try await bench.engine.signal(id, "go")
        let end = try await bench.engine.run(id)
        #expect(end.status == .failed && end.error?.code == "NO" && bench.ledger.count("c1") == 1)
    }

    @Test func `retries of one branch do not repeat the other`() async throws {
        let bench = try await Self.bench(
            Self.forked { steps in
                steps["left"] = [
                    "type": "flaky", "retry": ["maxAttempts": 3, "backoffMs": 1_000],
                    "transitions": ["onSuccess": "join"],
                ]
            })
        bench.engine.handle("flaky") { _, step in step.attempt < 3 ? .failure("FLAKY") : .success(nil) }
        let id = try await bench.engine.create("forked").execution.id
        let end = try await bench.engine.run(id, simulateTime: true)
        #expect(end.status == .completed && bench.ledger.count("right") == 1 && bench.ledger.count("join") == 1)
    }

    @Test func `a step whose condition does not hold is skipped, and its join does not wait for it`() async throws {
        let bench = try await Self.bench(
            Self.forked { steps in
                steps["left"] = [
                    "type": "note", "when": ["path": "big", "op": "eq", "value": true],
                    "transitions": ["onSuccess": "join"],
                ]
            })
        let (id, end) = try await bench.start("forked")
        #expect(end.status == .completed && bench.ledger.count("left") == 0 && bench.ledger.count("join") == 1)
        let events = try await bench.engine.events(of: id)
        #expect(events.first { $0.type == "step.skipped" }?.stepID == "left")
        let step = try await bench.engine.steps(of: id).first { $0.stepID == "left" }
        #expect(step?.status == "skipped")
    }

    @Test func `a condition may be a handler's answer, and a skipped step has its own way on`() async throws {
        let bench = try await Self.bench([
            "id": "asked", "version": "1.0.0", "initialStepId": "a",
            "steps": [
                "a": [
                    "type": "note", "when": ["handler": "is-it"], "transitions": ["onSuccess": "b", "onSkip": "c"],
                ],
                "b": ["type": "note"], "c": ["type": "note"],
            ],
        ])
        bench.engine.handle("is-it") { input, _ in .success(.bool(input["yes"] == true)) }
        _ = try await bench.start("asked", ["yes": true])
        #expect(bench.ledger.all == ["a", "b"])
        _ = try await bench.start("asked")
        #expect(bench.ledger.all == ["a", "b", "c"])
    }

    @Test func `a join starts with what arrived when nobody else can`() async throws {
        let bench = try await Self.bench(
            Self.forked { steps in
                // The right branch decides to end instead.
                steps["c1"] = ["type": "leave", "config": ["to": "out"], "transitions": ["onSuccess": "join"]]
                steps["out"] = ["type": "note"]
            })
        bench.engine.handle("leave") { _, _ in .success(nil, next: "out") }
        let (_, end) = try await bench.start("forked")
        #expect(end.status == .completed && bench.ledger.count("join") == 1 && bench.ledger.count("out") == 1)
    }

    @Test func `what was running when its owner died runs again, and nothing else`() async throws {
        let bench = try await Self.bench(Self.forked())
        let (id, end) = try await bench.start("forked")
        // The same log, folded from bytes, is the same state.
        let record = try #require(try await bench.store.record(id))
        let spec = try #require(FlowSpec.validate(Self.forked()).spec)
        var state = FlowGraph(spec).state(record.creation)
        for row in record.rows {
            let body = try LogBody(decoding: row.body, of: id)
            state.apply(body.events, position: row.position, at: body.at)
            let copy = ExecutionState(
                record.creation, traits: FlowGraph(spec).traits,
                snapshot: try JSONValue(parsing: state.snapshot()))
            #expect(copy == state)
        }
        #expect(state.context == end.context && state.status == .completed)
    }

    @Test func `two thousand tasks and their fan-in run once each`() async throws {
        var tasks: [JSONValue] = [["id": "start", "handler": "count"]]
        for index in 0..<2_000 {
            tasks.append(["id": .string("t\(index)"), "handler": "count", "dependencies": ["start"]])
        }
        let all = (0..<2_000).map { JSONValue.string("t\($0)") }
        tasks.append(["id": "end", "handler": "count", "dependencies": .array(all)])
        let bench = try await Bench()
        bench.engine.handle("count") { _, step in
            bench.ledger.note(step.stepID.rawValue)
            return .success(nil)
        }
        try await bench.engine.register(["id": "wide", "tasks": .array(tasks)])
        let (_, end) = try await bench.start("wide")
        #expect(end.status == .completed && end.stepCount == 2_002)
        #expect(Set(bench.ledger.all).count == 2_002 && bench.ledger.all.count == 2_002)
    }
}

extension JSONValue {
    /// The same object with another member.
    func with(_ key: String, _ value: JSONValue) -> JSONValue {
        var object = object ?? [:]
        object[key] = value
        return .object(object)
    }
}

extension Bench {
    func start(_ flow: String, _ context: JSONObject = [:]) async throws -> (ExecutionID, Execution) {
        let id = try await engine.create(flow, context: context).execution.id
        return (id, try await engine.run(id))
    }
}

/// Lets nobody go on before all are there.
final class Meeting: Sendable {
    private let count: Int
    private let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])

    init(_ count: Int) { self.count = count }

    func meet() async {
        await withCheckedContinuation { guest in
            let guests = waiting.withLock { waiting in
                waiting.append(guest)
                return waiting.count == count ? waiting : []
            }
            for guest in guests { guest.resume() }
        }
    }
}

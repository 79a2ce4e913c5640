import Skein
import SkeinCore
import Testing

@Suite(.everyStore, .timeLimit(.minutes(3)))
struct FlowMonkeyTests {
    /// Steps in a map that begins at `a`.
    static func flow(_ steps: JSONObject, id: String = "monkey", _ more: JSONObject = [:]) -> JSONValue {
        var object: JSONObject = [
            "id": .string(id), "version": "1.0.0", "initialStepId": "a", "steps": .object(steps),
        ]
        object.merge(more)
        return .object(object)
    }

    /// A step that stores a fixed value.
    static func put(_ value: JSONValue, at key: String, next: JSONValue = nil) -> JSONValue {
        [
            "type": "echo", "input": ["type": "static", "value": value], "outputKey": .string(key),
            "transitions": ["onSuccess": next],
        ]
    }

    @Test func `M02 a failure may choose the step that it goes to`() async throws {
        let bench = try await Bench()
        bench.engine.handle("refuse") { _, _ in
            throw StepFailure(Failure("REFUSED", "no"), isRetryable: false, next: "rescue")
        }
        let end = try await bench.run(
            Self.flow([
                "a": ["type": "refuse", "config": ["may": "rescue"], "transitions": ["onFailure": "other"]],
                "other": Self.put(1, at: "other"), "rescue": Self.put(2, at: "rescued"),
            ]))
        #expect(end.status == .completed && end.context == ["rescued": 2] && end.error == nil)
    }

    @Test func `M04 a look before its time leaves a timer as it is, and nothing of it is left afterwards`() async throws
    {
        let bench = try await Bench()
        let began = bench.clock.now
        bench.engine.handle("pause") { _, step in
            .wait(WaitRequest(until: .time(step.now + .seconds(60)), reason: "a nap"))
        }
        try await bench.engine.register(WaitTests.waiting("nap"))
        let id = try await bench.engine.create("nap").execution.id
        _ = try await bench.engine.step(id)
        let before = try await bench.engine.events(of: id)
        bench.clock.advance(by: .milliseconds(59_999))
        let early = try await bench.engine.step(id)
        #expect(early.status == .waiting && early.wait?.wakeAt == began + .seconds(60))
        #expect(early.wait?.startedAt == began && early.wait?.reason == "a nap")
        #expect(try await bench.engine.events(of: id) == before)
        bench.clock.advance(by: .milliseconds(1))
        let end = try await bench.engine.run(id)
        #expect(end.status == .completed && end.wait == nil && end.json["wait"] == nil)
    }

    @Test func `M05 a step that is gone to after a failure may fail itself, and its error is the execution's`()
        async throws
    {
        let bench = try await Bench()
        bench.engine.handle("refuse") { _, step in .failure("REFUSED_\(step.stepID)", isRetryable: false) }
        let end = try await bench.run(
            Self.flow([
                "a": ["type": "refuse", "outputKey": "a", "transitions": ["onFailure": "b"]],
                "b": ["type": "refuse", "outputKey": "b"],
            ]))
        #expect(end.status == .failed && end.error?.code == "REFUSED_b" && end.error?.stepID == "b")
        #expect(end.context.isEmpty)
    }

    @Test func `M08 waits for retries double up to the longest, then onFailure is next`() async throws {
        let bench = try await Bench()
        let start = bench.clock.now
        bench.engine.handle("fails") { _, step in
            bench.ledger.note("\((step.now - start).wholeMilliseconds)")
            return .failure("DOWN")
        }
        let end = try await bench.run(
            Self.flow([
                "a": [
                    "type": "fails", "transitions": ["onFailure": "b"],
                    "retry": ["maxAttempts": 4, "backoffMs": 100, "maxBackoffMs": 300],
                ],
                "b": Self.put("saved", at: "b"),
            ]))
        #expect(bench.ledger.all == ["0", "100", "300", "600", "900"])
        #expect(end.status == .completed && end.context == ["b": "saved"] && end.error == nil)
    }

    @Test func `M08 each visit of a step has all of its retries`() async throws {
        let bench = try await Bench()
        bench.engine.handle("flaky") { _, step in
            bench.ledger.note("\(step.attempt)")
            guard step.attempt > 2 else { return .failure("FLAKY") }
            return .success(.int((step.context["n"]?.int64 ?? 0) + 1))
        }
        bench.engine.handle("turn") { _, step in
            let isDone = step.context["n"] == 3
            return .success(nil, next: isDone ? "end" : "a")
        }
        let end = try await bench.run(
            Self.flow([
                "a": [
                    "type": "flaky", "outputKey": "n", "retry": ["maxAttempts": 2],
                    "transitions": ["onSuccess": "b"],
                ],
                "b": ["type": "turn", "config": ["may": ["a", "end"]], "transitions": ["onSuccess": "end"]],
                "end": Self.put(true, at: "done"),
            ]))
        #expect(end.status == .completed && end.context == ["n": 3, "done": true])
        #expect(bench.ledger.all == ["1", "2", "3", "1", "2", "3", "1", "2", "3"])
    }

    @Test func `M10 an unknown version of a flow is not found, and nothing is stored`() async throws {
        let bench = try await Bench()
        try await bench.engine.register(TestFlows.single("echo"))
        let error = await #expect(throws: EngineError.self) {
            try await bench.engine.create("single", options: CreateOptions(flowVersion: "2.0.0"))
        }
        #expect(error?.code == .flowNotFound)
        #expect(try await bench.engine.executions().isEmpty)
    }

    @Test func `M11 a flow with mistakes is refused with all of them, and is not there afterwards`() async throws {
        let bench = try await Bench()
        let error = await #expect(throws: EngineError.self) {
            try await bench.engine.register(
                Self.flow([
                    "a": ["id": "b", "type": "echo", "transitions": ["onSuccess": "nowhere", "onResume": "lost"]]
                ]))
        }
        #expect(error?.code == .flowInvalid)
        #expect(
            Set(error?.problems.map { "\($0.code) \($0.pointer)" } ?? []) == [
                "STEP_ID_MISMATCH /steps/a/id", "TRANSITION_UNKNOWN /steps/a/transitions/onSuccess",
                "TRANSITION_UNKNOWN /steps/a/transitions/onResume",
            ])
        let missing = await #expect(throws: EngineError.self) { try await bench.engine.create("monkey") }
        #expect(missing?.code == .flowNotFound)
    }

    @Test func `M13 another key or another flow is another execution, and a key is free after its window`()
        async throws
    {
        let bench = try await Bench()
        try await bench.engine.register(TestFlows.single("echo", id: "one"))
        try await bench.engine.register(TestFlows.single("echo", id: "two"))
        func create(_ flow: String, _ key: String) async throws -> CreateResult {
            try await bench.engine.create(
                flow, options: CreateOptions(idempotencyKey: key, idempotencyTTL: .seconds(10)))
        }
        let first = try await create("one", "k")
        #expect(try await create("one", "l").created)
        #expect(try await create("two", "k").created)
        // An execution that ended keeps its key.
        #expect(try await bench.engine.run(first.execution.id).status == .completed)
        bench.clock.advance(by: .milliseconds(9_999))
        let replay = try await create("one", "k")
        #expect(!replay.created && replay.execution.id == first.execution.id && replay.execution.status == .completed)
        bench.clock.advance(by: .milliseconds(2))
        #expect(try await create("one", "k").created)
    }

    @Test func `M14 a cancelled execution that waited keeps the reason, and nothing moves it any more`() async throws {
        let bench = try await Bench()
        bench.engine.handle("pause") { _, _ in .wait(WaitRequest(until: .resume)) }
        let waiting = try await bench.run(WaitTests.waiting("wait"), simulateTime: false)
        let first = try await bench.engine.cancel(waiting.id, source: .system, reason: "a new law")
        #expect(first.cancelled && first.previousStatus == .waiting && first.execution.status == .cancelled)
        let events = try await bench.engine.events(of: waiting.id)
        let second = try await bench.engine.cancel(waiting.id, reason: "again")
        #expect(!second.cancelled && second.previousStatus == .cancelled)
        #expect(second.execution.cancellation == Cancellation(source: .system, reason: "a new law"))
        #expect(try await bench.engine.run(waiting.id).status == .cancelled)
        #expect(try await bench.engine.step(waiting.id).status == .cancelled)
        let resumed = await #expect(throws: EngineError.self) { try await bench.engine.resume(waiting.id, data: 1) }
        #expect(resumed?.code == .executionNotWaiting)
        let signalled = await #expect(throws: EngineError.self) { try await bench.engine.signal(waiting.id, "go") }
        #expect(signalled?.code == .executionEnded)
        #expect(try await bench.engine.events(of: waiting.id) == events)
    }

    @Test func `M14 a second cancel does not stop the rollback that the first began`() async throws {
        let bench = try await Bench()
        bench.engine.handle("pause") { _, _ in .wait(WaitRequest(until: .resume)) }
        bench.engine.handle("undo") { _, step in
            bench.ledger.note("undo \(step.stepID)")
            return .success(nil)
        }
        let waiting = try await bench.run(
            Self.flow(
                [
                    "a": [
                        "type": "echo", "transitions": ["onSuccess": "b"], "compensate": ["type": "undo"],
                    ],
                    "b": ["type": "pause"],
                ], ["onCancel": "rollback"]), simulateTime: false)
        #expect(try await bench.engine.cancel(waiting.id, reason: "first").cancelled)
        let second = try await bench.engine.cancel(waiting.id, reason: "second")
        let end = try await bench.engine.run(waiting.id)
        #expect(!second.cancelled && second.previousStatus == .rollingBack)
        #expect(end.status == .rolledBack && end.cancellation?.reason == "first")
        #expect(bench.ledger.all == ["undo a"])
    }

    @Test func `M14 a cancel that rolls back takes the children along`() async throws {
        let bench = try await Bench()
        bench.engine.handle("undo") { _, _ in .success(nil) }
        bench.engine.handle("spawn") { _, _ in .children(ChildrenRequest("child", contexts: [[:], [:]])) }
        try await bench.engine.register(TestFlows.single("echo", id: "child"))
        try await bench.engine.register(
            Self.flow(
                [
                    "a": ["type": "echo", "transitions": ["onSuccess": "b"], "compensate": ["type": "undo"]],
                    "b": ["type": "spawn"],
                ], ["onCancel": "rollback"]))
        let id = try await bench.engine.create("monkey").execution.id
        for _ in 0..<2 { _ = try await bench.engine.step(id) }
        #expect(try await bench.engine.execution(id).wait?.kind == .children)
        #expect(try await bench.engine.cancel(id).execution.status == .rollingBack)
        let children = try await bench.store.children(of: id, round: nil, from: 0, limit: 10)
        #expect(children.count == 2)
        for child in children { #expect(try await bench.engine.execution(child).status == .cancelled) }
        #expect(try await bench.engine.run(id).status == .rolledBack)
    }

    @Test func `M14 a look at an ended execution changes nothing`() async throws {
        let bench = try await Bench()
        bench.engine.handle("refuse") { _, _ in .failure("REFUSED", isRetryable: false) }
        for type in ["echo", "refuse"] {
            let end = try await bench.run(TestFlows.single(type, id: type))
            let events = try await bench.engine.events(of: end.id)
            #expect(try await bench.engine.step(end.id).status == end.status)
            #expect(try await bench.engine.run(end.id).status == end.status)
            #expect(try await bench.engine.events(of: end.id) == events)
        }
    }

    @Test func `M26 the events of a wait are in order, and the signal is consumed before the execution goes on`()
        async throws
    {
        let bench = try await Bench()
        bench.engine.handle("pause") { _, _ in .wait(WaitRequest(until: .signal("go"))) }
        let waiting = try await bench.run(WaitTests.waiting("wait"), simulateTime: false)
        try await bench.engine.signal(waiting.id, "go", payload: "yes")
        _ = try await bench.engine.run(waiting.id)
        #expect(
            try await bench.types(waiting.id) == [
                "execution.created", "execution.started", "step.suspended", "execution.waiting", "signal.consumed",
                "execution.resumed", "step.completed", "execution.completed",
            ])
    }

    @Test func `M26 running out of time is an event with the limit, followed by the cancellation and its source`()
        async throws
    {
        let bench = try await Bench()
        bench.engine.handle("pause") { _, _ in .wait(WaitRequest(until: .resume)) }
        let end = try await bench.run(
            WaitTests.waiting("late"), options: CreateOptions(executionTimeout: .seconds(30)))
        let events = try await bench.engine.events(of: end.id).suffix(2)
        #expect(events.map(\.type) == ["execution.timed_out", "execution.cancelled"])
        #expect(events.first?.metadata["timeoutMs"] == 30_000)
        #expect(events.last?.metadata["source"] == "timeout")
    }

    @Test func `M26 followers that stop listening, or never listen, hold nothing up`() async throws {
        let engine = Engine(store: try await TestStore.new())
        engine.handle("echo") { input, _ in .success(input) }
        try await engine.register(TestFlows.chain("echo", count: 10))
        try await ServiceTests.running([engine]) {
            let id = try await engine.create("chain", options: CreateOptions(delay: .milliseconds(1))).execution.id
            let idle = try await engine.follow(id)
            for try await _ in try await engine.follow(id) { break }
            #expect(try await engine.wait(for: id).status == .completed)
            var types: [String] = []
            for try await event in idle { types.append(event.type) }
            #expect(types.count == 13 && types.last == "execution.completed")
        }
    }
}

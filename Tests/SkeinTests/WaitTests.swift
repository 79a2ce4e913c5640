import Skein
import SkeinCore
import Testing

@Suite(.everyStore, .timeLimit(.minutes(3)))
struct WaitTests {
    /// A wait of a kind, then an echo of what came.
    static func waiting(_ id: String, onResume: JSONValue? = nil, onFailure: JSONValue = nil) -> JSONValue {
        var transitions: JSONObject = ["onSuccess": "after", "onFailure": onFailure]
        if let onResume { transitions["onResume"] = onResume }
        return [
            "id": .string(id), "version": "1.0.0", "initialStepId": "wait",
            "steps": [
                "wait": ["type": "pause", "outputKey": "answer", "transitions": .object(transitions)],
                "after": [
                    "type": "echo", "input": ["type": "key", "key": "answer"], "outputKey": "seen",
                    "transitions": ["onSuccess": nil],
                ],
            ],
        ]
    }

    private func bench(_ request: @escaping @Sendable (StepContext) -> WaitRequest) async throws -> Bench {
        let bench = try await Bench()
        bench.engine.handle("pause") { _, step in .wait(request(step)) }
        return bench
    }

    @Test func `a timer parks the execution and wakes it when it is due`() async throws {
        let bench = try await bench { WaitRequest(until: .time($0.now + .seconds(60)), output: "slept") }
        try await bench.engine.register(Self.waiting("timer"))
        let id = try await bench.engine.create("timer").execution.id
        let parked = try await bench.engine.step(id)
        #expect(parked.status == .waiting)
        #expect(parked.wait?.kind == .timer)
        #expect(parked.wait?.wakeAt == bench.clock.now + .seconds(60))
        bench.clock.advance(by: .seconds(60))
        let final = try await bench.engine.run(id)
        #expect(final.status == .completed)
        #expect(final.context["seen"] == "slept")
    }

    @Test func `a resume continues a manual wait with its data, once`() async throws {
        let bench = try await bench { _ in WaitRequest(until: .resume, reason: "a person") }
        let waiting = try await bench.run(Self.waiting("manual"), simulateTime: false)
        #expect(waiting.wait?.kind == .manual && waiting.wait?.reason == "a person")
        _ = try await bench.engine.resume(waiting.id, data: ["ok": true])
        let final = try await bench.engine.run(waiting.id)
        #expect(final.status == .completed)
        #expect(final.context["resumeData"] == ["ok": true])
        #expect(final.context["seen"] == ["ok": true])
        await #expect(throws: EngineError.self) { try await bench.engine.resume(waiting.id) }
    }

    @Test func `a second resume of one wait does not answer the next`() async throws {
        let bench = try await bench { _ in WaitRequest(until: .resume) }
        let flow: JSONValue = [
            "id": "twice", "version": "1.0.0", "initialStepId": "one",
            "steps": [
                "one": ["type": "pause", "outputKey": "a", "transitions": ["onSuccess": "two"]],
                "two": ["type": "pause", "outputKey": "b", "transitions": ["onSuccess": nil]],
            ],
        ]
        let first = try await bench.run(flow, simulateTime: false)
        _ = try await bench.engine.resume(first.id, data: 1)
        await #expect(throws: EngineError.self) { try await bench.engine.resume(first.id, data: 2) }
        let second = try await bench.engine.run(first.id, simulateTime: false)
        #expect(second.status == .waiting)
        #expect(second.currentSteps == ["two"])
        #expect(second.context["a"] == 1)
        _ = try await bench.engine.resume(first.id, data: 3)
        let final = try await bench.engine.run(first.id)
        #expect(final.context["b"] == 3)
    }

    @Test func `a signal that came before the wait is kept, and consumed in order`() async throws {
        let bench = try await bench { _ in WaitRequest(until: .signal("go")) }
        try await bench.engine.register(Self.waiting("signal"))
        let id = try await bench.engine.create("signal").execution.id
        try await bench.engine.signal(id, "other", payload: 0)
        try await bench.engine.signal(id, "go", payload: 1)
        try await bench.engine.signal(id, "go", payload: 2)
        let final = try await bench.engine.run(id)
        #expect(final.status == .completed)
        #expect(final.context["answer"] == 1)
        #expect(try await bench.types(id).contains("signal.consumed"))
    }

    @Test func `a wait that nobody ends fails with TIMEOUT, or goes to onFailure`() async throws {
        let bench = try await bench { _ in WaitRequest(until: .resume, timeout: .seconds(10)) }
        let failed = try await bench.run(Self.waiting("plain"))
        #expect(failed.error?.code == "TIMEOUT")
        let saved = try await bench.run(Self.waiting("saved", onFailure: "after"))
        #expect(saved.status == .completed)
    }

    @Test func `onResume is where a resumed execution goes on`() async throws {
        let bench = try await bench { WaitRequest(until: .time($0.now + .seconds(1))) }
        let flow: JSONValue = [
            "id": "onresume", "version": "1.0.0", "initialStepId": "wait",
            "steps": [
                "wait": ["type": "pause", "transitions": ["onSuccess": "no", "onResume": "yes"]],
                "no": ["type": "echo", "outputKey": "no", "transitions": ["onSuccess": nil]],
                "yes": [
                    "type": "echo", "input": ["type": "static", "value": 1], "outputKey": "yes",
                    "transitions": ["onSuccess": nil],
                ],
            ],
        ]
        let final = try await bench.run(flow)
        #expect(final.context["yes"] == 1 && final.context["no"] == nil)
    }

    @Test func `a wait step without a next step completes the execution when it is resumed`() async throws {
        let bench = try await bench { _ in WaitRequest(until: .resume) }
        let waiting = try await bench.run(TestFlows.single("pause"), simulateTime: false)
        _ = try await bench.engine.resume(waiting.id, data: "bye")
        let final = try await bench.engine.run(waiting.id)
        #expect(final.status == .completed)
        #expect(final.context["out"] == "bye")
        #expect(final.result == "bye")
    }

    @Test func `an execution out of time is cancelled by timeout, also while it waits`() async throws {
        let bench = try await bench { _ in WaitRequest(until: .resume) }
        let final = try await bench.run(Self.waiting("late"), options: CreateOptions(executionTimeout: .seconds(30)))
        #expect(final.status == .cancelled)
        #expect(final.cancellation?.source == .timeout)
    }
}

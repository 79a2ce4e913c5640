import Skein
import SkeinCore
import Testing

@Suite(.everyStore, .timeLimit(.minutes(3)))
struct EngineTests {
    static let twoSteps: JSONValue = [
        "id": "greet", "version": "1.0.0", "initialStepId": "hello",
        "steps": [
            "hello": [
                "type": "hello", "input": ["type": "key", "key": "name"], "outputKey": "greeting",
                "transitions": ["onSuccess": "shout"],
            ],
            "shout": [
                "type": "shout", "input": ["type": "key", "key": "greeting"], "outputKey": "loud",
                "transitions": ["onSuccess": nil],
            ],
        ],
    ]

    private func engine() async throws -> (Engine, VirtualClock) {
        let clock = VirtualClock()
        let engine = Engine(store: try await TestStore.new(clock: clock), clock: clock)
        engine.handle("hello") { input, _ in .success(.string("hello \(input.string ?? "?")")) }
        engine.handle("shout") { input, _ in .success(.string((input.string ?? "").uppercased())) }
        try await engine.register(Self.twoSteps)
        return (engine, clock)
    }

    @Test func `a two-step flow runs to its end and its context has both outputs`() async throws {
        let (engine, _) = try await engine()
        let created = try await engine.create("greet", context: ["name": "ann"])
        let final = try await engine.run(created.execution.id)
        #expect(final.status == .completed)
        #expect(final.context == ["name": "ann", "greeting": "hello ann", "loud": "HELLO ANN"])
        #expect(final.result == "HELLO ANN")
        let events = try await engine.events(of: final.id)
        #expect(
            events.map(\.type) == [
                "execution.created", "execution.started", "step.completed", "step.completed", "execution.completed",
            ])
        #expect(events.map(\.seq) == [1, 2, 3, 4, 5])
    }
}

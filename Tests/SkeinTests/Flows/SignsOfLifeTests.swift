import Skein
import SkeinCore
import Testing

/// Heartbeats and progress.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct SignsOfLifeTests {
    private static func bench(_ step: JSONObject = [:], _ code: @escaping AnyHandler.Body) async throws -> Bench {
        let bench = try await Bench()
        bench.engine.handle("code", code)
        try await bench.engine.register(TestFlows.single("code", id: "code", step: step))
        return bench
    }

    @Test func `progress is recorded, and the execution shows the last`() async throws {
        let bench = try await Self.bench { _, step in
            try await step.progress("reads", stage: " load ", percent: 10)
            try await step.progress(percent: 55.5)
            return .success("done")
        }
        let (id, end) = try await bench.start("code")
        #expect(end.progress == Progress(percent: 55.5))
        #expect(end.json["progress"] == ["percent": 55.5])
        let events = try await bench.engine.events(of: id).filter { $0.type == "progress" }
        #expect(events.map(\.stage) == ["load", nil] && events.map(\.message) == ["reads", nil])
        #expect(events.first?.metadata == ["stageName": "load", "text": "reads", "percent": 10])
    }

    @Test(
        arguments: [
            (" ", nil, nil), (nil, "", nil), (nil, nil, 100.5), (nil, nil, -1), (nil, nil, nil), ("a\0", nil, 1),
        ]
            as [(String?, String?, Double?)])
    func `progress that says nothing is refused`(text: String?, stage: String?, percent: Double?) async throws {
        let bench = try await Self.bench { _, step in
            try await step.progress(text, stage: stage, percent: percent)
            return .success("done")
        }
        let (_, end) = try await bench.start("code")
        #expect(end.error?.code == "INVALID_PROGRESS")
    }

    @Test func `a step that is silent for longer than its heartbeat is given up`() async throws {
        let bench = try await Self.bench(["heartbeatMs": 1_000]) { _, step in
            try await step.clock.sleep(for: .seconds(3_600))
            return .success("never")
        }
        let id = try await bench.engine.create("code").execution.id
        // Time goes on for as long as anybody waits for it.
        let passing = Task {
            while !Task.isCancelled {
                if bench.clock.nextDeadline != nil { bench.clock.advance(by: .seconds(1)) }
                await Task.yield()
            }
        }
        let end = try await bench.engine.run(id)
        passing.cancel()
        #expect(end.error?.code == "TIMEOUT")
        let events = try await bench.engine.events(of: id)
        let timedOut = events.first { $0.type == "step.timed_out" }
        #expect(timedOut?.message == "the step gave no sign of life for 1000 ms")
    }

    @Test func `a step that gives signs of life may take its time`() async throws {
        let bench = try await Self.bench(["heartbeatMs": 2_500]) { _, step in
            for _ in 0..<5 {
                (step.clock as? VirtualClock)?.advance(by: .seconds(2))
                try await step.heartbeat()
            }
            return .success("done")
        }
        let (_, end) = try await bench.start("code")
        #expect(end.result == "done")
    }
}

import Skein
import SkeinCore
import Testing

/// Branches that are stopped while their steps' code records.
@Suite(.timeLimit(.minutes(1)))
struct BranchStopTests {
    private static let fork: JSONValue = [
        "id": "fork", "version": "1.0.0", "initialStepId": "fork",
        "steps": [
            "fork": ["type": "echo", "transitions": ["onSuccess": ["talk", "sleep"]]], "talk": ["type": "talk"],
            "sleep": ["type": "sleep"],
        ],
    ]

    @Test func `a stop keeps nobody waiting for an answer`() async throws {
        for _ in 0..<300 {
            let bench = try await Bench()
            let talked = ServiceTests.Gate()
            bench.engine.handle("talk") { _, step in
                talked.open()
                while !Task.isCancelled { await Task.yield() }
                // Just as the other branch is cut off.
                try await step.progress("still here")
                return .success(nil)
            }
            bench.engine.handle("sleep") { _, step in
                try await step.clock.sleep(for: .seconds(3_600))
                return .success(nil)
            }
            try await bench.engine.register(Self.fork)
            let id = try await bench.engine.create("fork").execution.id
            let run = Task { try await bench.engine.run(id) }
            await talked.pass()
            run.cancel()
            await #expect(throws: CancellationError.self) { try await run.value }
        }
    }
}

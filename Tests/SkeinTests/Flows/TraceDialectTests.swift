import Skein
import SkeinCore
import Testing

/// The log in flux's names.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct TraceDialectTests {
    static let saga: JSONValue = [
        "id": "saga", "version": "1.0.0", "initialStepId": "reserve",
        "steps": [
            "reserve": ["type": "echo", "compensate": ["type": "echo"], "transitions": ["onSuccess": "ask"]],
            "ask": ["type": "ask", "transitions": ["onSuccess": "charge"]],
            "charge": ["type": "bad", "retry": ["maxAttempts": 1, "backoffMs": 0], "transitions": [:]],
        ],
    ]

    private func told(_ bench: Bench, _ id: ExecutionID, after seq: Int64 = 0, limit: Int = 1_000) async throws
        -> [JSONValue]
    {
        try await bench.engine.events(of: id, in: .trace, after: seq, limit: limit).items
    }

    @Test func `a saga that waits, retries and rolls back is told as flux tells it`() async throws {
        let bench = try await Bench()
        bench.engine.handle("ask") { _, _ in .wait(WaitRequest(until: .signal("go"))) }
        bench.engine.handle("bad") { _, _ in throw StepFailure("BAD", "declined") }
        let id = try await bench.run(Self.saga, simulateTime: false).id
        try await bench.engine.signal(id, "go", payload: 1)
        let end = try await bench.engine.run(id)
        #expect(end.status == .rolledBack)
        let events = try await told(bench, id)
        #expect(
            events.compactMap { $0["type"]?.string } == [
                "workflow:start", "step:start", "step:complete", "step:start", "step:suspend", "signal:received",
                "step:start", "step:error", "step:retry", "step:start", "step:error", "workflow:rollback_start",
                "step:compensate", "workflow:rollback_complete",
            ])
        let retry = try #require(events.first { $0["type"] == "step:retry" })
        #expect(retry["retries"] == 1 && retry["maxRetries"] == 1 && retry["error"]?["message"] == "declined")
        #expect(retry["stepName"] == "charge" && retry["stepIndex"] == 2 && retry["workflowName"] == "saga")
        #expect(events.first { $0["type"] == "signal:received" }?["signal"] == "go")
        #expect(events.filter { $0["type"] == "step:start" }.allSatisfy { $0["derived"] == true })
        #expect(events.filter { $0["type"] == "step:complete" }.allSatisfy { $0["duration"] != nil })
    }

    @Test func `pages add up to the whole`() async throws {
        let bench = try await Bench()
        let id = try await bench.run(TestFlows.chain("echo", count: 3)).id
        let whole = try await told(bench, id)
        var paged: [JSONValue] = []
        var seq: Int64 = 0
        while true {
            let page = try await bench.engine.events(of: id, in: .trace, after: seq, limit: 2)
            paged += page.items
            guard let next = page.next else { break }
            seq = next
        }
        #expect(paged == whole && whole.count == 8)
    }
}

import Foundation
import Skein
import SkeinCore
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TraceTests {
    private struct Broken: TraceSink {
        func record(_ event: AuditEvent) async throws { throw StepFailure("NO") }
    }

    @Test func `hooks see steps and ends, and a sink that fails harms nobody`() async throws {
        let bench = Bench()
        let seen = Ledger()
        let over = ServiceTests.Gate()
        bench.engine.trace(Broken())
        bench.engine.trace(
            Hooks(
                stepStart: { seen.note("start \($0.stepID?.rawValue ?? "")") },
                stepComplete: { seen.note("complete \($0.stepID?.rawValue ?? "")") },
                workflowComplete: { event in
                    seen.note("end \(event.seq)")
                    over.open()
                }))
        let end = try await bench.run(TestFlows.chain("echo", count: 2))
        #expect(end.status == .completed)
        await over.pass()
        #expect(seen.all == ["start s1", "complete s1", "start s2", "complete s2", "end 5"])
    }

    @Test func `a file gets one line for each event`() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "skein-trace-\(UUID()).ndjson").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let bench = Bench()
        let over = ServiceTests.Gate()
        let file = try NDJSONTraceSink(path: path)
        struct Both: TraceSink {
            var first: NDJSONTraceSink
            var then: @Sendable (AuditEvent) -> Void
            func record(_ event: AuditEvent) async throws {
                try await first.record(event)
                then(event)
            }
        }
        bench.engine.trace(Both(first: file) { if $0.isTerminal { over.open() } })
        _ = try await bench.run(TestFlows.single("echo"))
        await over.pass()
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let types = try lines.map { try JSONValue(parsing: String($0))["type"]?.string ?? "" }
        #expect(types == ["step.started", "execution.started", "step.completed", "execution.completed"])
    }
}

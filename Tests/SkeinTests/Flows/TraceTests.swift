import Foundation
import InMemoryTracing
import Skein
import SkeinCore
import Testing
import Tracing

@Suite(.everyStore, .timeLimit(.minutes(3)))
struct TraceTests {
    private struct Broken: TraceSink {
        func record(_ event: AuditEvent) async throws { throw StepFailure("NO") }
    }

    @Test func `hooks see steps and ends, and a sink that fails harms nobody`() async throws {
        let bench = try await Bench()
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
        let bench = try await Bench()
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

    @Test func `a tracing library gets a span for each stretch and, in it, one for each attempt`() async throws {
        let memory = InMemoryTracer()
        let bench = try await Bench()
        let over = ServiceTests.Gate()
        struct Last: TraceSink {
            var sink: SpanTraceSink
            var then: @Sendable () -> Void
            func record(_ event: AuditEvent) async throws {
                try await sink.record(event)
                if event.isTerminal { then() }
            }
        }
        bench.engine.trace(Last(sink: SpanTraceSink(memory)) { over.open() })
        bench.engine.handle("pause") { _, step in
            (step.clock as? VirtualClock)?.advance(by: .seconds(2))
            return .wait(WaitRequest(until: .time(step.now + .seconds(60))))
        }
        bench.engine.handle("fail") { _, _ in .failure("NO", "not today", isRetryable: false) }
        let end = try await bench.run([
            "id": "f", "version": "1.0.0", "initialStepId": "pause",
            "steps": ["pause": ["type": "pause", "transitions": ["onSuccess": "fail"]], "fail": ["type": "fail"]],
        ])
        await over.pass()
        let spans = memory.finishedSpans
        #expect(spans.map(\.operationName) == ["step pause", "execution", "step fail", "execution"])
        #expect(spans.map(\.isError) == [false, false, true, true])
        let (step, stretch) = (spans[0], spans[1])
        #expect(step.parentSpanID == stretch.spanID && spans[2].parentSpanID == spans[3].spanID)
        #expect(step.endInstant.nanosecondsSinceEpoch - step.startInstant.nanosecondsSinceEpoch == 2_000_000_000)
        #expect(stretch.attributes.get("skein.execution.id") == .string("\(end.id)"))
        #expect(spans[2].attributes.get("skein.error.code") == .string("NO"))
        #expect(memory.activeSpans.isEmpty)
    }
}

extension FinishedInMemorySpan {
    fileprivate var isError: Bool { status?.code == .error }
}

import SkeinCore
import Synchronization
public import Tracing

/// Makes spans of what an instance does, by swift-distributed-tracing: one for each stretch that it drives an execution
/// for, from its first event to a wait or the end, and in it one for each attempt of a step.
///
///     engine.trace(SpanTraceSink(InstrumentationSystem.tracer))
public final class SpanTraceSink: TraceSink {
    private static let capacity = 10_000

    private let tracer: any Tracing.Tracer
    private let stretches = Mutex<[ExecutionID: any Span]>([:])

    public init(_ tracer: any Tracing.Tracer) {
        self.tracer = tracer
    }

    public func record(_ event: AuditEvent) async throws {
        let stretch = stretch(of: event)
        switch event.type {
        case "step.completed", "step.failed", "step.timed_out", "step.suspended", "step.compensated",
            "step.compensation_failed":
            guard let startedAt = event.startedAt else { break }
            let span = start(tracer, "step \(event.stepID?.rawValue ?? "")", in: stretch.context, at: startedAt)
            span.attributes["skein.step.id"] = event.stepID?.rawValue
            span.attributes["skein.step.attempt"] = event.attempt
            note(event, on: span)
            span.end(at: Instant(event.at))
        case "execution.waiting", "execution.paused":
            end(stretch, event)
        default:
            if event.isTerminal { end(stretch, event) }
        }
    }

    private func stretch(of event: AuditEvent) -> any Span {
        stretches.withLock { stretches in
            if let span = stretches[event.executionID] { return span }
            if stretches.count >= Self.capacity {
                for span in stretches.values { span.end(at: Instant(event.at)) }
                stretches = [:]
            }
            let span = start(tracer, "execution", in: .topLevel, at: event.startedAt ?? event.at)
            span.attributes["skein.execution.id"] = event.executionID.description
            span.attributes["skein.execution.root_id"] = event.rootExecutionID.description
            span.attributes["skein.worker.id"] = event.workerID?.description
            stretches[event.executionID] = span
            return span
        }
    }

    private func end(_ span: any Span, _ event: AuditEvent) {
        _ = stretches.withLock { $0.removeValue(forKey: event.executionID) }
        span.attributes["skein.execution.outcome"] = event.type
        note(event, on: span)
        span.end(at: Instant(event.at))
    }

    private func note(_ event: AuditEvent, on span: any Span) {
        guard let error = event.metadata["error"] else { return }
        span.attributes["skein.error.code"] = error["code"]?.string
        span.setStatus(SpanStatus(code: .error, message: event.message))
    }

    private func start<Implementation: Tracing.Tracer>(
        _ tracer: Implementation, _ name: String, in context: ServiceContext, at time: Timestamp
    ) -> any Span {
        tracer.startSpan(
            name, context: context, ofKind: .internal, at: Instant(time), function: #function, file: #fileID,
            line: #line)
    }
}

private struct Instant: TracerInstant {
    let nanosecondsSinceEpoch: UInt64

    init(_ time: Timestamp) {
        nanosecondsSinceEpoch = UInt64(clamping: time.microseconds).multipliedReportingOverflow(by: 1_000).partialValue
    }

    static func < (lhs: Instant, rhs: Instant) -> Bool { lhs.nanosecondsSinceEpoch < rhs.nanosecondsSinceEpoch }
}

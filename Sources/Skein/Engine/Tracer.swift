// Who wants to see what an instance does, as it does it. Observers run beside the engine: none of them can stop an
// execution, slow it down or fail it.

import Logging
import SkeinCore
import Synchronization

/// Gets the events of the executions that an instance drives, in the order of each execution, after they are durable;
/// and `step.started` (with `derived: true`) as each attempt begins. What a sink cannot keep up with is dropped.
public protocol TraceSink: Sendable {
    /// - Throws: what went wrong; it is logged, and the execution goes on.
    func record(_ event: AuditEvent) async throws
}

/// Calls for the moments that most observers want.
public struct Hooks: TraceSink {
    public typealias Hook = @Sendable (AuditEvent) async throws -> Void

    public var stepStart: Hook?
    public var stepComplete: Hook?
    public var stepError: Hook?
    public var workflowComplete: Hook?
    public var workflowError: Hook?

    public init(
        stepStart: Hook? = nil, stepComplete: Hook? = nil, stepError: Hook? = nil, workflowComplete: Hook? = nil,
        workflowError: Hook? = nil
    ) {
        self.stepStart = stepStart
        self.stepComplete = stepComplete
        self.stepError = stepError
        self.workflowComplete = workflowComplete
        self.workflowError = workflowError
    }

    public func record(_ event: AuditEvent) async throws {
        switch event.type {
        case "step.started": try await stepStart?(event)
        case "step.completed", "step.skipped": try await stepComplete?(event)
        case "step.failed", "step.timed_out": try await stepError?(event)
        case "execution.completed": try await workflowComplete?(event)
        case "execution.failed", "execution.rolled_back", "execution.rollback_failed": try await workflowError?(event)
        default: break
        }
    }
}

/// The sinks of an engine, each with a queue of its own.
final class Tracer: Sendable {
    private static let capacity = 10_000

    private let sinks = Mutex<[AsyncStream<AuditEvent>.Continuation]>([])
    private let isOn = Flag()
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    var isActive: Bool { isOn.isRaised }

    func add(_ sink: any TraceSink) {
        let (stream, queue) = AsyncStream<AuditEvent>.makeStream(bufferingPolicy: .bufferingNewest(Self.capacity))
        sinks.withLock { $0.append(queue) }
        isOn.raise()
        // It lives as long as the engine: `deinit` ends its queue.
        Task { [logger] in
            for await event in stream {
                do {
                    try await sink.record(event)
                } catch {
                    logger.warning("a trace sink failed", metadata: ["error": "\(error)", "event": "\(event.type)"])
                }
            }
        }
    }

    func trace(_ events: [AuditEvent]) {
        for sink in sinks.withLock({ $0 }) { for event in events { sink.yield(event) } }
    }

    deinit {
        for sink in sinks.withLock({ $0 }) { sink.finish() }
    }
}

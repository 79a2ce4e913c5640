// The log in the names that flux's users know.

package import SkeinCore

/// Tells the events of a log as flux traces them: `workflow:start`, `step:complete`, `signal:received`, …
package struct TraceDialect {
    private let creation: ExecutionCreation
    private let flow: FlowSpec
    private var told: [JSONValue] = []
    /// The attempts whose start has been told, and which have not ended.
    private var running: [StepID: Int] = [:]
    private var retries: [StepID: Int] = [:]
    private var lastError: JSONValue?

    package init(_ creation: ExecutionCreation, _ flow: FlowSpec) {
        self.creation = creation
        self.flow = flow
    }

    /// All that the events add up to, each with the number of the recorded event that says so. They must begin with the
    /// first of the log.
    package mutating func tell(_ events: [AuditEvent]) -> [(seq: Int64, event: JSONValue)] {
        var all: [(Int64, JSONValue)] = []
        for event in events {
            tell(event)
            all += told.map { (event.seq, $0) }
            told = []
        }
        return all
    }

    private mutating func tell(_ event: AuditEvent) {
        switch event.type {
        case "execution.started": add("workflow:start", event)
        case "execution.completed": add("workflow:complete", event)
        case "execution.failed", "execution.cancelled", "execution.rollback_failed":
            add("workflow:error", event, error: event.metadata["error"] ?? event.message.map { .string($0) })
        case "execution.rollback_started": add("workflow:rollback_start", event, error: event.metadata["error"])
        case "execution.rolled_back": add("workflow:rollback_complete", event)
        case "step.started": start(event, isDerived: false)
        case "step.completed": end("step:complete", event)
        case "step.failed", "step.timed_out":
            lastError = event.metadata["error"]
            end("step:error", event)
        case "step.skipped": add("step:skipped", event)
        case "step.suspended": end("step:suspend", event)
        case "step.retry_scheduled":
            if let step = event.stepID { retries[step] = event.metadata["retry"]?.int }
            add("step:retry", event, error: lastError) { object in
                object["maxRetries"] = event.metadata["maxAttempts"]
            }
        case "step.compensated": add("step:compensate", event)
        case "signal.consumed":
            add("signal:received", event) { $0["signal"] = event.metadata["name"] }
        case "execution.recovered", "execution.paused": running = [:]
        default: break
        }
    }

    private mutating func start(_ event: AuditEvent, isDerived: Bool) {
        guard let step = event.stepID, running[step] != event.attempt ?? 1 else { return }
        if event.attempt == 1 { retries[step] = nil }
        running[step] = event.attempt ?? 1
        var begun = event
        begun.at = event.startedAt ?? event.at
        begun.metadata = [:]
        add("step:start", begun) { if isDerived { $0["derived"] = true } }
    }

    private mutating func end(_ type: String, _ event: AuditEvent) {
        start(event, isDerived: true)
        if let step = event.stepID { running[step] = nil }
        add(type, event, error: event.metadata["error"]) { $0["duration"] = event.metadata["durationMs"] }
    }

    private mutating func add(
        _ type: String, _ event: AuditEvent, error: JSONValue? = nil, _ more: (inout JSONObject) -> Void = { _ in }
    ) {
        var object: JSONObject = [
            "type": .string(type), "timestamp": .string(event.at.description),
            "workflowId": .string(creation.id.description), "workflowName": .string(creation.flowID),
            "seq": .int(event.seq),
        ]
        if let step = event.stepID {
            object["stepName"] = .string(step.rawValue)
            object["stepIndex"] = flow.steps.firstIndex { $0.id == step }.map { .int(Int64($0)) }
            object["retries"] = .int(Int64(retries[step] ?? 0))
        }
        object["error"] = error
        more(&object)
        told.append(.object(object))
    }
}

/// Whose names events are told in.
package enum EventDialect: String, CaseIterable, Sendable {
    /// fib-flow's; of tasks only.
    case tasks
    /// flux's.
    case trace
}

extension Engine {
    /// What `limit` recorded events behind `seq` say in other names, and whether there are more.
    ///
    /// - Throws: `executionNotFound`; for `tasks` also for an execution that is no task.
    package func events(of id: ExecutionID, in dialect: EventDialect, after seq: Int64, limit: Int) async throws -> (
        items: [JSONValue], next: Int64?
    ) {
        let execution = try await execution(id)
        let seq = min(seq, .max / 2)
        let last = seq + Int64(min(limit, 1_000_000))
        let next = try await events(of: id, from: last + 1, limit: 1).isEmpty ? nil : last
        switch dialect {
        case .tasks: return (try await taskEvents(of: id, after: seq, limit: limit).map(\.json), next)
        case .trace:
            let creation = execution.creation
            let flow = try await flows.flow(creation.flowID, version: creation.flowVersion).spec
            var trace = TraceDialect(creation, flow)
            var told: [JSONValue] = []
            // What an event means depends on those before it.
            var first: Int64 = 1
            while first <= last {
                let page = try await events(of: id, from: first, limit: min(1_000, Int(last - first + 1)))
                told += trace.tell(page).filter { $0.seq > seq }.map(\.event)
                guard let end = page.last else { break }
                first = end.seq + 1
            }
            return (told, next)
        }
    }
}

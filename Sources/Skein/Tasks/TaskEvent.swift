public import SkeinCore

/// An event of a task in the names that fib-flow's users know: `task_created`, `task_started`, …
public struct TaskEvent: Sendable, Hashable {
    /// The recorded event that says so. Several may have one, in this order.
    public var seq: Int64
    /// Told by a later event: the start of an attempt that took less than a second is recorded with its end.
    public var isDerived: Bool
    public var taskID: ExecutionID
    public var rootID: ExecutionID
    public var parentID: ExecutionID?
    public var type: String
    public var fromStatus: TaskStatus?
    public var toStatus: TaskStatus?
    public var stage: Int
    public var attempt: Int?
    public var workerID: WorkerID?
    public var at: Timestamp
    public var message: String?
    public var metadata: JSONObject

    public var json: JSONValue {
        var object: JSONObject = [
            "seq": .int(seq), "taskId": .string(taskID.description), "rootId": .string(rootID.description),
            "eventType": .string(type), "stage": .int(Int64(stage)), "eventTime": .string(at.description),
        ]
        object["parentId"] = parentID.map { .string($0.description) }
        object["fromStatus"] = fromStatus.map { .string($0.rawValue) }
        object["toStatus"] = toStatus.map { .string($0.rawValue) }
        object["attempt"] = attempt.map { .int(Int64($0)) }
        object["workerId"] = workerID.map { .string($0.description) }
        object["message"] = message.map { .string($0) }
        if !metadata.isEmpty { object["metadata"] = .object(metadata) }
        if isDerived { object["derived"] = true }
        return .object(object)
    }
}

/// Tells the events of a task's log in fib-flow's names.
package struct TaskDialect {
    private let creation: ExecutionCreation
    private var told: [TaskEvent] = []
    private var stage = 0
    private var retries = 0
    private var status = TaskStatus.pending
    /// The attempt whose start has been told, and which has not ended.
    private var running: Int?
    /// What comes of an end is said by the events behind it.
    private var failed: TaskStatus?

    package init(_ creation: ExecutionCreation) {
        self.creation = creation
    }

    /// All that the events add up to. They must begin with the first of the log.
    package mutating func tell(_ events: [AuditEvent]) -> [TaskEvent] {
        for event in events { tell(event) }
        defer { told = [] }
        return told
    }

    private var name: String { TaskDefinition.name(of: creation.flowID) ?? creation.flowID }

    private mutating func tell(_ event: AuditEvent) {
        switch event.type {
        case "execution.created":
            var metadata: JSONObject = ["name": .string(name), "type": "async"]
            metadata["tag"] = creation.tag.map { .string($0) }
            add(event, "task_created", to: .pending, metadata)
        case "step.started": start(event, isDerived: false)
        case "step.completed":
            start(event, isDerived: true)
            end(event, "task_completed", .completed)
        case "step.failed":
            start(event, isDerived: true)
            end(event, "task_failed", .failed)
            failed = .failed
        case "step.timed_out":
            start(event, isDerived: true)
            let isSilent = event.message?.contains("no sign of life") ?? false
            end(event, "task_timed_out", .timeout, ["timeout_type": isSilent ? "heartbeat" : "total"])
            failed = .timeout
        case "step.suspended": start(event, isDerived: true)
        case "step.retry_scheduled": retry(event)
        case "execution.children_created":
            add(event, "task_subtasks_created", to: .suspended, children(event))
        case "execution.waiting": wait(event)
        case "execution.resumed": resume(event)
        case "execution.failed": end(for: event, error: event.message)
        case "execution.cancelled": end(for: event, error: event.message ?? "Task cancelled")
        case "execution.paused", "execution.quarantined":
            running = nil
            add(event, "task_paused", to: .paused)
        case "execution.recovered":
            running = nil
            var metadata: JSONObject = ["recovery_reason": "worker_unavailable"]
            metadata["recovered_from_worker_id"] = event.metadata["recoveredFrom"]
            metadata["recovered_by_worker_id"] = event.workerID.map { .string($0.description) }
            add(event, "task_recovered", to: .pending, metadata)
        case "checkpoint":
            if event.attempt != nil { start(event, isDerived: true) }
            add(event, "task_checkpoint", to: status, event.metadata)
        case "progress":
            var metadata = event.metadata["metadata"]?.object ?? [:]
            metadata["stage_name"] = event.metadata["stageName"]
            metadata["progress_text"] = event.metadata["text"]
            metadata["progress_percent"] = event.metadata["percent"]
            add(event, "task_progress", to: status, metadata)
        default: break
        }
    }

    // MARK: - Attempts

    private mutating func start(_ event: AuditEvent, isDerived: Bool) {
        guard running != event.attempt else { return }
        running = event.attempt
        var begun = event
        begun.at = event.startedAt ?? event.at
        begun.message = nil
        let metadata: JSONObject = ["name": .string(name), "retry_count": .int(Int64(retries))]
        add(begun, "task_claimed", to: .running, ["name": .string(name)], isDerived: isDerived)
        status = .pending
        add(begun, "task_started", to: .running, metadata, isDerived: isDerived)
        guard retries > 0 else { return }
        status = .pending
        add(begun, "task_retry_started", to: .running, metadata, isDerived: isDerived)
    }

    private mutating func end(_ event: AuditEvent, _ type: String, _ to: TaskStatus, _ metadata: JSONObject = [:]) {
        var metadata = metadata
        metadata["error"] = event.metadata["error"]
        metadata["retry_count"] = .int(Int64(retries))
        add(event, type, to: to, metadata)
        running = nil
    }

    private mutating func retry(_ event: AuditEvent) {
        retries += 1
        stage = 0
        var metadata: JSONObject = [
            "retry_count": .int(Int64(retries)), "previous_status": .string((failed ?? .failed).rawValue),
        ]
        metadata["next_run_time"] = event.metadata["retryAt"]
        add(event, "task_retry_scheduled", to: .pending, metadata)
        failed = nil
    }

    private mutating func end(for event: AuditEvent, error: String?) {
        var metadata: JSONObject = ["retry_exhausted": .bool(failed != nil)]
        metadata["error"] = error.map { .string($0) }
        add(event, "task_permanently_failed", to: .permanentlyFailed, metadata)
    }

    // MARK: - Waits

    private mutating func wait(_ event: AuditEvent) {
        running = nil
        let wait = event.metadata["wait"]
        guard wait?["kind"] == "children" else {
            var metadata = JSONObject()
            metadata["suspend_reason"] = wait?["reason"]
            return add(event, "task_suspended", to: .suspended, metadata)
        }
        // The event before it has said so; this one is about the status.
        status = .running
        add(event, "task_status_changed", to: .suspended, ["suspend_reason": "awaiting_subtasks"])
    }

    private mutating func resume(_ event: AuditEvent) {
        let isPaused = status == .paused
        switch event.metadata["cause"]?.string {
        case "children":
            stage += 1
            add(event, "task_status_changed", to: .pending, ["resume_reason": "children_completed"])
        case "resume" where !isPaused:
            stage += 1
            let reason = event.metadata["data"]?["resumeReason"] ?? "manual"
            add(event, "task_resumed", to: .pending, ["resume_reason": reason])
        default: add(event, "task_status_changed", to: .pending)
        }
    }

    private func children(_ event: AuditEvent) -> JSONObject {
        var metadata = JSONObject()
        metadata["child_count"] = event.metadata["count"]
        metadata["child_task_ids"] = event.metadata["childIds"]
        metadata["child_task_names"] = event.metadata["childNames"]
        return metadata
    }

    private mutating func add(
        _ event: AuditEvent, _ type: String, to next: TaskStatus, _ metadata: JSONObject = [:], isDerived: Bool = false
    ) {
        told.append(
            TaskEvent(
                seq: event.seq, isDerived: isDerived, taskID: event.executionID, rootID: event.rootExecutionID,
                parentID: creation.parentID, type: type, fromStatus: type == "task_created" ? nil : status,
                toStatus: next, stage: stage, attempt: event.attempt ?? running, workerID: event.workerID, at: event.at,
                message: event.message, metadata: metadata))
        status = next
    }
}

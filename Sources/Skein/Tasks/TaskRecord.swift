public import SkeinCore

/// Where a task stands.
public enum TaskStatus: String, Sendable, Hashable, CaseIterable {
    case pending, running, completed
    /// The last attempt failed, and another comes.
    case failed
    /// The last attempt was out of time, and another comes.
    case timeout
    case permanentlyFailed = "permanently_failed"
    case paused
    /// It waits for its children, or to be resumed.
    case suspended
}

/// A task as people and programs see it: a view of its execution.
public struct TaskRecord: Sendable {
    public let execution: Execution
    public let name: String

    /// Nil: the execution is no task.
    public init?(_ execution: Execution) {
        guard let name = TaskDefinition.name(of: execution.creation.flowID) else { return nil }
        self.name = name
        self.execution = execution
    }

    public var id: ExecutionID { execution.id }
    public var payload: JSONValue { execution.creation.context["payload"] ?? .null }
    /// What it returned; nil unless it completed.
    public var result: JSONValue? {
        guard execution.status == .completed else { return JSONValue?.none }
        return execution.result ?? .null
    }
    public var error: Failure? { execution.error }
    public var stage: Int { execution.stage }
    /// Retries so far.
    public var retryCount: Int { max(0, execution.failures - (execution.status == .failed ? 1 : 0)) }

    public var status: TaskStatus {
        switch execution.status {
        case .pending: return .pending
        case .running, .rollingBack: return .running
        case .paused: return .paused
        case .completed: return .completed
        case .failed, .cancelled, .rolledBack, .rollbackFailed: return .permanentlyFailed
        case .waiting:
            switch execution.wait?.kind {
            case .retry: return execution.wait?.reason?.hasPrefix("TIMEOUT:") == true ? .timeout : .failed
            case .children, .manual, .signal, .token, .job: return .suspended
            case .timer, .handler, .limit, nil: return .pending
            }
        }
    }

    /// Why it is suspended.
    public var suspendReason: String? { status == .suspended ? execution.wait?.reason : nil }

    public var json: JSONValue {
        let creation = execution.creation
        var object: JSONObject = [
            "id": .string(id.description), "name": .string(name), "type": "async", "status": .string(status.rawValue),
            "payload": payload, "stage": .int(Int64(stage)), "retryCount": .int(Int64(retryCount)),
            "priority": .int(Int64(creation.priority)), "rootId": .string(creation.rootID.description),
            "createdAt": .string(creation.createdAt.description), "updatedAt": .string(execution.updatedAt.description),
        ]
        object["result"] = result
        object["error"] = error?.json
        object["tag"] = creation.tag.map { .string($0) }
        object["parentId"] = creation.parentID.map { .string($0.description) }
        object["workerId"] = execution.workerID.map { .string($0.description) }
        object["progress"] = execution.progress?.json
        object["suspendReason"] = suspendReason.map { .string($0) }
        object["startedAt"] = execution.startedAt.map { .string($0.description) }
        object["endedAt"] = execution.endedAt.map { .string($0.description) }
        return .object(object)
    }
}

extension Engine {
    /// A task by its id.
    ///
    /// - Throws: `executionNotFound`, also for an execution that is no task.
    public func taskRecord(_ id: ExecutionID) async throws -> TaskRecord {
        guard let task = TaskRecord(try await execution(id)) else {
            throw EngineError(.executionNotFound, "there is no task \(id)")
        }
        return task
    }

    /// Holds a task back: nothing of it runs until it is resumed. What its handler still returns is dropped.
    @discardableResult
    public func pauseTask(_ id: ExecutionID, reason: String? = nil) async throws -> TaskRecord {
        let task = try await taskRecord(id)
        guard task.status != .suspended else {
            throw EngineError(.invalidTransition, "the task \(id) is suspended: it can be resumed or cancelled")
        }
        _ = try await pause(id, by: Intervention(reason: reason))
        return try await taskRecord(id)
    }

    /// Lets a paused task go on, or a suspended one that no children keep: with its next stage.
    ///
    /// - Parameter reason: for the log. Default: `manual`.
    /// - Throws: `executionNotWaiting` for any other: a task that waits for its children goes on when they have ended.
    @discardableResult
    public func resumeTask(_ id: ExecutionID, reason: String? = nil) async throws -> TaskRecord {
        _ = try await taskRecord(id)
        _ = try await resume(
            id, data: ["resumeReason": .string(reason ?? "manual")], by: Intervention(reason: reason ?? "manual"))
        return try await taskRecord(id)
    }

    /// Ends a task before its time, with its children.
    ///
    /// - Returns: whether it had not ended before.
    @discardableResult
    public func cancelTask(_ id: ExecutionID, reason: String? = nil) async throws -> Bool {
        _ = try await taskRecord(id)
        return try await cancel(id, reason: reason ?? "Task cancelled").cancelled
    }
}

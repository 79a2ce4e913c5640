public import SkeinCore

/// Which tasks to list.
public struct TaskQuery: Sendable {
    public var name: String?
    public var statuses: [TaskStatus] = []
    public var tag: String?
    public var tenantID: String?
    public var workerID: WorkerID?
    public var parentID: ExecutionID?
    /// The whole family of a task, itself included.
    public var rootID: ExecutionID?
    public var suspendReason: String?
    /// Only tasks older than this one: the cursor of deep pages.
    public var before: ExecutionID?
    public var limit = 50

    public init() {}
}

extension TaskStatus {
    /// What the execution of a task of this status may be.
    fileprivate var executionStatuses: [ExecutionStatus] {
        switch self {
        case .pending: [.pending, .waiting, .running]
        case .running: [.running, .pending, .rollingBack]
        case .completed: [.completed]
        case .failed, .timeout, .suspended: [.waiting]
        case .permanentlyFailed: [.failed, .cancelled, .rolledBack, .rollbackFailed]
        case .paused: [.paused]
        }
    }
}

extension Engine {
    /// Newest first.
    ///
    /// - Returns: at most as many as asked for, and behind which one to go on; nil: these are the last.
    public func tasks(_ query: TaskQuery = TaskQuery()) async throws -> (tasks: [TaskRecord], next: ExecutionID?) {
        var list = ExecutionQuery()
        list.flowID = query.name.map(TaskDefinition.flowID)
        if query.name == nil { list.flowPrefix = TaskDefinition.prefix }
        list.statuses = ExecutionStatus.allCases.filter { status in
            query.statuses.contains { $0.executionStatuses.contains(status) }
        }
        list.tag = query.tag
        list.tenantID = query.tenantID
        list.workerID = query.workerID
        list.parentID = query.parentID
        list.rootID = query.rootID
        list.before = query.before
        list.limit = max(100, query.limit + 1)
        var found: [TaskRecord] = []
        while true {
            let page = try await executions(list)
            for execution in page {
                guard let task = TaskRecord(execution), query.takes(task) else { continue }
                if found.count == query.limit { return (found, found.last?.id) }
                found.append(task)
            }
            guard page.count == list.limit, let last = page.last else { return (found, nil) }
            list.before = last.id
        }
    }
}

extension TaskQuery {
    /// What the store cannot tell apart.
    fileprivate func takes(_ task: TaskRecord) -> Bool {
        (statuses.isEmpty || statuses.contains(task.status))
            && (suspendReason == nil || task.suspendReason == suspendReason)
    }
}

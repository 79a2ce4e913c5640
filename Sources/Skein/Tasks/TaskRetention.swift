public import SkeinCore

/// How long tasks are kept that have ended.
public struct TaskRetention: Sendable, Hashable {
    /// Since they ended. Default: a day.
    public var expireTime: Duration
    /// `completed`, `permanentlyFailed` and, for those held back so long, `paused`. Default: the first two.
    public var statuses: Set<TaskStatus>

    public init(
        expireTime: Duration = .seconds(86_400), statuses: Set<TaskStatus> = [.completed, .permanentlyFailed]
    ) {
        self.expireTime = expireTime
        self.statuses = statuses
    }

    /// What is wrong with it.
    public var problems: [Problem] {
        var problems: [Problem] = []
        func add(_ field: String, _ message: String) {
            problems.append(Problem(code: "INVALID_VALUE", pointer: JSONPointer(tokens: [field]), message: message))
        }
        if expireTime <= .zero { add("expireTime", "retention expire_time must be a positive number") }
        if statuses.isEmpty { add("statuses", "retention statuses must be a non-empty array") }
        for status in statuses.sorted(by: { $0.rawValue < $1.rawValue })
        where ![.completed, .permanentlyFailed, .paused].contains(status) {
            add("statuses", "Unsupported retention status: \(status.rawValue)")
        }
        return problems
    }

    var policy: RetentionPolicy {
        var policy = RetentionPolicy()
        if statuses.contains(.completed) { policy.ages[.completed] = expireTime }
        if statuses.contains(.permanentlyFailed) {
            for status in [.failed, .cancelled, .rolledBack, .rollbackFailed] as [ExecutionStatus] {
                policy.ages[status] = expireTime
            }
        }
        if statuses.contains(.paused) { policy.ages[.paused] = expireTime }
        return policy
    }
}

extension Engine {
    /// Takes away the tasks that have expired, all of them, with everything that they started.
    ///
    /// - Parameter retention: Default: the configuration's, else a day for what completed or failed for good.
    /// - Throws: `invalidRequest` with all that is wrong.
    @discardableResult
    public func runRetention(_ retention: TaskRetention? = nil) async throws -> PruneResult {
        let retention = retention ?? configuration.tasks.retention ?? TaskRetention()
        guard retention.problems.isEmpty else {
            throw EngineError(.invalidRequest, "the request is not valid", problems: retention.problems)
        }
        return try await prune(retention.policy, flowPrefix: TaskDefinition.prefix, for: nil)
    }

    /// Takes away tasks that have ended, with everything that they started: nobody sees them any more, and their rows leave
    /// when they have been over for an hour. Children go with their roots, and what lives stays.
    ///
    /// - Parameter query: which; all of its conditions count.
    /// - Returns: how many.
    @discardableResult
    public func deleteTasks(_ query: TaskQuery = TaskQuery(), reason: String? = nil) async throws -> Int {
        var query = query
        query.limit = 500
        var deleted = 0
        while true {
            let (found, next) = try await tasks(query)
            for task in found where task.execution.status.isEnded && task.execution.creation.parentID == nil {
                if try await store.delete(task.id, by: Intervention(reason: reason).told) { deleted += 1 }
            }
            guard let next else { return deleted }
            query.before = next
        }
    }
}

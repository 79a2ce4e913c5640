// What has been over for long leaves: by itself where the configuration says so, or because somebody asks.

import Logging
public import SkeinCore

extension Engine {
    /// Takes away all that has expired, a batch at a time.
    ///
    /// - Parameters:
    ///   - policy: Default: the configuration's.
    ///   - dryRun: only count.
    ///   - reason: kept with the record of it.
    /// - Throws: `invalidRequest` with all that is wrong with the policy, or when there is none.
    @discardableResult
    public func prune(_ policy: RetentionPolicy? = nil, dryRun: Bool = false, reason: String? = nil) async throws
        -> PruneResult
    {
        guard let policy = policy ?? configuration.retention else {
            throw EngineError(
                .invalidRequest, "the request is not valid",
                problems: [
                    Problem(
                        code: "REQUIRED", pointer: JSONPointer(tokens: ["policy"]),
                        message: "this engine has no retention policy of its own: give one")
                ])
        }
        return try await prune(policy, flowPrefix: nil, dryRun: dryRun, reason: reason, for: nil)
    }

    /// - Parameter time: go on for about so long, and leave for later what reports have not counted; nil: until nothing is
    ///   left.
    func prune(
        _ policy: RetentionPolicy, flowPrefix: String?, dryRun: Bool = false, reason: String? = nil, for time: Duration?
    ) async throws -> PruneResult {
        guard policy.problems.isEmpty else {
            throw EngineError(.invalidRequest, "the request is not valid", problems: policy.problems)
        }
        let by = Intervention(reason: reason).told
        if time == nil {
            // What reports have yet to count has to stay until they have.
            while try await store.foldReports(limit: 500) == 500 { try Task.checkCancellation() }
        }
        let end = time.map { clock.monotonic + $0 }
        var sum = PruneResult()
        if !dryRun, flowPrefix == nil {
            while end.map({ clock.monotonic < $0 }) ?? true, let dropped = try await store.dropMonth(policy, by: by) {
                sum.months.append(dropped.month)
                sum.executions += dropped.executions
            }
        }
        var request = PruneRequest(policy, dryRun: dryRun, flowPrefix: flowPrefix, by: by)
        while true {
            try Task.checkCancellation()
            let began = clock.monotonic
            let step = try await store.prune(request)
            sum.workflows += step.workflows
            sum.executions += step.executions
            sum.rows += step.rows
            guard let last = step.last else { return sum }
            request.after = last
            let now = clock.monotonic
            if let end, now >= end { return sum }
            // Whoever works beside it has the database for itself for twice as long.
            if !dryRun, step.workflows > 0, clock is SystemClock { try await clock.sleep(for: (now - began) * 2) }
        }
    }

    /// What the chores do with the configuration's policies, for a few seconds at a time; nil: there are none.
    var pruneByItself: (@Sendable () async throws -> Void)? {
        let policies = [
            (configuration.retention, String?.none), (configuration.tasks.retention?.policy, TaskDefinition.prefix),
        ]
        .compactMap { policy, prefix in policy.map { ($0, prefix) } }
        guard !policies.isEmpty else { return nil }
        return { [weak self] in
            for (policy, prefix) in policies {
                _ = try await self?.prune(policy, flowPrefix: prefix, reason: "retention", for: .seconds(3))
            }
        }
    }

    /// Takes a workflow away that is over: nobody sees it any more, and its rows leave when it has been over for an hour.
    ///
    /// - Throws: `executionNotFound`; `invalidTransition` when it is not over, or is the child of another.
    public func delete(_ id: ExecutionID, reason: String? = nil) async throws {
        let execution = try await execution(id)
        guard execution.creation.parentID == nil else {
            throw EngineError(
                .invalidTransition,
                "the execution \(id) was started by \(execution.creation.rootID): it goes with that one")
        }
        guard execution.status.isEnded, try await store.delete(id, by: Intervention(reason: reason).told) else {
            throw EngineError(
                .invalidTransition,
                "the execution \(id) has not ended, or one that it started has not: cancel it first")
        }
    }

    /// Keeps a workflow whatever the policy says.
    public func hold(_ id: ExecutionID, reason: String? = nil) async throws {
        let root = try await execution(id).creation.rootID
        try await store.hold(root, true, by: Intervention(reason: reason).told)
    }

    /// Leaves a workflow to the policy again.
    public func release(_ id: ExecutionID, reason: String? = nil) async throws {
        let root = try await execution(id).creation.rootID
        try await store.hold(root, false, by: Intervention(reason: reason).told)
    }
}

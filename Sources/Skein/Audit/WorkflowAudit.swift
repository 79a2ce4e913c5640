// The audit of a workflow where the store computes none: its executions are read one after the other.

import SkeinCore

struct WorkflowAudit {
    struct Member {
        var execution: Execution
        var events: [AuditEvent]
        var attempts: [AttemptRecord]
        var parentID: ExecutionID?

        var id: ExecutionID { execution.id }
        var task: TaskRecord? { TaskRecord(execution) }
        var name: String { task?.name ?? execution.creation.flowID }
        var status: String { task?.status.rawValue ?? execution.status.rawValue }

        /// Of each step the attempt that took longest, and how long all of these took together.
        var own: (attempt: Int?, duration: Duration) {
            var longest: [StepID: AttemptRecord] = [:]
            for attempt in attempts {
                guard let known = longest[attempt.stepID], !attempt.isLonger(than: known) else {
                    longest[attempt.stepID] = attempt
                    continue
                }
            }
            let sum = longest.values.reduce(Duration.zero) { $0 + ($1.endedAt == nil ? .zero : $1.duration ?? .zero) }
            return (longest.count == 1 ? longest.values.first?.attempt : nil, sum)
        }
    }

    /// In the order of their ids, which is that of their beginnings.
    private(set) var executions: [Member] = []
    private let root: ExecutionID

    var parents: [ExecutionID: ExecutionID?] {
        Dictionary(uniqueKeysWithValues: executions.map { ($0.id, $0.parentID) })
    }

    init(of scope: AuditQuery.Scope, in engine: Engine) async throws {
        switch scope {
        case .execution(let id):
            let execution = try await engine.execution(id)
            root = execution.creation.rootID
            executions = [try await Self.member(execution, engine)]
        case .workflow(let id):
            root = try await engine.execution(id).creation.rootID
            var query = ExecutionQuery()
            query.rootID = root
            query.limit = 500
            while true {
                let page = try await engine.executions(query)
                for execution in page { executions.append(try await Self.member(execution, engine)) }
                guard page.count == query.limit else { break }
                query.before = page.last?.id
            }
            executions.sort { $0.id < $1.id }
        }
    }

    private static func member(_ execution: Execution, _ engine: Engine) async throws -> Member {
        var events: [AuditEvent] = []
        var fold = AttemptFold(executionID: execution.id)
        while true {
            let page = try await engine.events(
                of: execution.id, from: (events.last?.seq ?? 0) + 1, limit: 1_000)
            for event in page { fold.add(event) }
            events += page
            guard page.count == 1_000 else { break }
        }
        return Member(
            execution: execution, events: events, attempts: fold.attempts, parentID: execution.creation.parentID)
    }

    // MARK: - The whole

    var summary: JSONValue {
        let attempts = executions.flatMap(\.attempts)
        let events = executions.flatMap(\.events)
        let top = executions.first { $0.id == root }
        let created = top?.execution.creation.createdAt
        let lastEnded = attempts.compactMap(\.endedAt).max()
        let workers = Set(attempts.compactMap(\.workerID) + events.compactMap(\.workerID)).map(\.description).sorted()
        var duration: JSONValue = .null
        if let created, let lastEnded { duration = .int(max(0, (lastEnded - created).microseconds)) }
        return [
            "rootExecutionId": .string(root.description), "name": top.map { .string($0.name) } ?? .null,
            "totals": [
                "tasks": .int(Int64(executions.count)), "attempts": .int(Int64(attempts.count)),
                "events": .int(Int64(events.count)),
                "checkpoints": .int(Int64(events.count { $0.type == "checkpoint" && $0.metadata["code"] != nil })),
                "maxAttempt": .int(Int64(attempts.map(\.attempt).max() ?? 0)),
            ],
            "statuses": counted(executions.map(\.status)),
            "attemptOutcomes": counted(attempts.compactMap { $0.outcome?.rawValue }),
            "taskNames": counted(executions.map(\.name)),
            "stages": counted(executions.map { "\($0.execution.stage)" }),
            "workers": .array(workers.map { .string($0) }),
            "timing": [
                "createdAt": text(created), "firstStartedAt": text(attempts.compactMap(\.startedAt).min()),
                "lastEndedAt": text(lastEnded), "lastEventAt": text(events.map(\.at).max()),
                "workflowDurationUs": duration,
            ],
            "stageTimings": .array(top.map(stageTimings) ?? []), "failedTasks": .array(failedTasks),
            "criticalPath": criticalPath, "slowestAttempts": .array(slowest(attempts)),
        ]
    }

    private func counted(_ keys: [String]) -> JSONValue {
        let counts = Dictionary(grouping: keys) { $0 }.map { ($0.key, JSONValue.int(Int64($0.value.count))) }
        return .object(JSONObject(counts.sorted { $0.0 < $1.0 }))
    }

    private func text(_ time: Timestamp?) -> JSONValue { time.map { .string($0.description) } ?? .null }

    private func stageTimings(_ top: Member) -> [JSONValue] {
        // The stage of an attempt: how many waits that a stage began were over before it, since the last retry.
        var stage: Int64 = 0
        var waits = false
        var stages: [Int64: Int64] = [:]
        for event in top.events {
            switch event.type {
            case "execution.waiting": waits = event.metadata["wait"]?["staged"] == true
            case "execution.resumed" where waits && event.metadata["cause"] != "unpause":
                stage += 1
                waits = false
            case "step.retry_scheduled", "execution.reopened", "execution.forked": stage = 0
            default: break
            }
            stages[event.seq] = stage
        }
        return top.attempts.sorted { ($0.attempt, $0.seq) < ($1.attempt, $1.seq) }.map { attempt in
            [
                "stage": .int(stages[attempt.seq] ?? 0), "attempt": .int(Int64(attempt.attempt)),
                "startedAt": text(attempt.startedAt), "endedAt": text(attempt.endedAt),
                "durationUs": attempt.duration.map { .int($0.microseconds) } ?? .null,
            ]
        }
    }

    private static let failures: Set<String> = [
        "failed", "timeout", "permanently_failed", "paused", "cancelled", "rolled_back", "rollback_failed",
    ]

    private var failedTasks: [JSONValue] {
        executions.filter { Self.failures.contains($0.status) }.map { member in
            [
                "executionId": .string(member.id.description), "name": .string(member.name),
                "status": .string(member.status),
                "error": member.execution.error?.json ?? member.attempts.last { $0.error != nil }?.error ?? .null,
            ]
        }
    }

    private var criticalPath: JSONValue {
        var own: [ExecutionID: (attempt: Int?, duration: Duration)] = [:]
        var children: [ExecutionID: [ExecutionID]] = [:]
        for member in executions {
            own[member.id] = member.own
            if let parent = member.parentID, member.id != root { children[parent, default: []].append(member.id) }
        }
        var best: [ExecutionID: (total: Duration, next: ExecutionID?)] = [:]
        // Children before their parents.
        for member in executions.sorted(by: { $0.execution.creation.depth > $1.execution.creation.depth }) {
            var next: (total: Duration, id: ExecutionID)?
            for child in (children[member.id] ?? []).sorted() {
                let total = best[child]?.total ?? .zero
                if next.map({ total > $0.total }) ?? true { next = (total, child) }
            }
            best[member.id] = ((own[member.id]?.duration ?? .zero) + (next?.total ?? .zero), next?.id)
        }
        var nodes: [JSONValue] = []
        var place: ExecutionID? = root
        while let id = place, let member = executions.first(where: { $0.id == id }) {
            nodes.append([
                "executionId": .string(id.description), "name": .string(member.name),
                "attempt": own[id]?.attempt.map { .int(Int64($0)) } ?? .null,
                "durationUs": .int(own[id]?.duration.microseconds ?? 0),
            ])
            place = best[id]?.next
        }
        return ["totalUs": .int(best[root]?.total.microseconds ?? 0), "nodes": .array(nodes)]
    }

    private func slowest(_ attempts: [AttemptRecord]) -> [JSONValue] {
        let names = Dictionary(uniqueKeysWithValues: executions.map { ($0.id, $0.name) })
        let sorted = attempts.sorted { one, other in
            if (one.endedAt == nil) != (other.endedAt == nil) { return other.endedAt == nil }
            let (mine, theirs) = (one.duration ?? .zero, other.duration ?? .zero)
            if mine != theirs { return mine > theirs }
            let none = Timestamp(microseconds: .max)
            return (one.startedAt ?? none, one.executionID, one.seq) < (
                other.startedAt ?? none, other.executionID, other.seq
            )
        }
        return sorted.prefix(5).map { attempt in
            [
                "executionId": .string(attempt.executionID.description), "stepId": .string(attempt.stepID.rawValue),
                "attempt": .int(Int64(attempt.attempt)),
                "name": names[attempt.executionID].map { .string($0) } ?? .null,
                "durationUs": attempt.duration.map { .int($0.microseconds) } ?? .null,
                "outcome": attempt.outcome.map { .string($0.rawValue) } ?? .null, "startedAt": text(attempt.startedAt),
                "endedAt": text(attempt.endedAt),
            ]
        }
    }
}

extension AttemptRecord {
    /// Ties: the one that ended earlier, then the lower number.
    fileprivate func isLonger(than other: AttemptRecord) -> Bool {
        let mine = endedAt == nil ? Duration.microseconds(-1) : duration ?? .zero
        let theirs = other.endedAt == nil ? Duration.microseconds(-1) : other.duration ?? .zero
        if mine != theirs { return mine > theirs }
        let none = Timestamp(microseconds: .max)
        return (endedAt ?? none, attempt) < (other.endedAt ?? none, other.attempt)
    }
}

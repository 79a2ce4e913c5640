public import SkeinCore

/// Which events or attempts to show, of one execution or of the whole workflow that it belongs to.
public struct AuditQuery: Sendable {
    public enum Scope: Sendable, Hashable {
        case execution(ExecutionID)
        /// Given any of its executions.
        case workflow(ExecutionID)
    }

    public enum Order: String, Sendable, Hashable, CaseIterable { case ascending = "asc", descending = "desc" }

    public var scope: Scope
    /// Events only: of these types, in the engine's names.
    public var types: [String] = []
    public var workerID: WorkerID?
    /// Events only: of executions that this one started.
    public var parentID: ExecutionID?
    /// Events only.
    public var attempt: Int?
    /// Attempts only.
    public var outcomes: [AttemptOutcome] = []
    /// Attempts only: those that have not ended.
    public var openOnly = false
    /// Ends included; of events by the time of the event.
    public var startedAfter: Timestamp?
    public var startedBefore: Timestamp?
    /// Attempts only, ends included.
    public var endedAfter: Timestamp?
    public var endedBefore: Timestamp?
    public var order = Order.ascending
    /// 1 to 1,000. Default: 50.
    public var limit = 50
    public var offset = 0

    public init(_ scope: Scope) { self.scope = scope }

    /// What is wrong with it.
    public var problems: [Problem] {
        var problems: [Problem] = []
        func add(_ field: String, _ message: String) {
            problems.append(Problem(code: "OUT_OF_RANGE", pointer: JSONPointer(tokens: [field]), message: message))
        }
        if limit < 1 { add("limit", "limit must be a positive integer") }
        if limit > 1_000 { add("limit", "limit must be at most 1000") }
        if offset < 0 { add("offset", "offset must be a non-negative integer") }
        return problems
    }
}

/// A part of a list, and how long all of it is.
public struct AuditPage<Item: Sendable>: Sendable {
    public var items: [Item]
    public var total: Int
    public var limit: Int
    public var offset: Int

    public init(items: [Item], total: Int, limit: Int, offset: Int) {
        self.items = items
        self.total = total
        self.limit = limit
        self.offset = offset
    }

    public var hasMore: Bool { offset + items.count < total }

    /// `{items, total, limit, offset, hasMore}`
    package func json(_ item: (Item) -> JSONValue) -> JSONObject {
        [
            "items": .array(items.map(item)), "total": .int(Int64(total)), "limit": .int(Int64(limit)),
            "offset": .int(Int64(offset)), "hasMore": .bool(hasMore),
        ]
    }
}

extension AuditPage: Equatable where Item: Equatable {}

/// How many tasks of a tag and name are in a status.
public struct TaskCount: Sendable, Hashable {
    public var tag: String?
    public var name: String
    public var status: TaskStatus
    public var count: Int

    public init(tag: String?, name: String, status: TaskStatus, count: Int) {
        self.tag = tag
        self.name = name
        self.status = status
        self.count = count
    }

    /// `{tag?, name, status, count}`
    public var json: JSONValue {
        var object: JSONObject = [
            "name": .string(name), "status": .string(status.rawValue), "count": .int(Int64(count)),
        ]
        object["tag"] = tag.map { .string($0) }
        return .object(object)
    }
}

/// What a store can tell of many executions at once. Nil: it cannot, and the engine reads them one by one.
public protocol AuditStore: Sendable {
    func workflowSummary(of id: ExecutionID) async throws -> JSONValue?
    func auditEvents(_ query: AuditQuery) async throws -> AuditPage<AuditEvent>?
    func auditAttempts(_ query: AuditQuery) async throws -> AuditPage<AttemptRecord>?
    func taskCounts(tag: String?, status: TaskStatus?) async throws -> [TaskCount]?
}

extension AuditStore {
    public func workflowSummary(of id: ExecutionID) async throws -> JSONValue? { nil }
    public func auditEvents(_ query: AuditQuery) async throws -> AuditPage<AuditEvent>? { nil }
    public func auditAttempts(_ query: AuditQuery) async throws -> AuditPage<AttemptRecord>? { nil }
    public func taskCounts(tag: String?, status: TaskStatus?) async throws -> [TaskCount]? { nil }
}

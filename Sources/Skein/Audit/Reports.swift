public import SkeinCore

/// A view of the reporting schema, without its version.
public enum ReportView: String, Sendable, Hashable, CaseIterable {
    case executions, attempts, events
    case flowHourly = "flow_hourly"
    case flowDaily = "flow_daily"
    case stepLatency = "step_latency"
    case queueDepth = "queue_depth"
    case waiting, failures, workers
    case scheduleHistory = "schedule_history"
    case sla

    /// The column that times are about; nil: it shows the present.
    package var time: String? {
        switch self {
        case .executions: "created_at"
        case .attempts: "ended_at"
        case .events: "at"
        case .flowHourly, .stepLatency, .sla: "hour"
        case .flowDaily: "day"
        case .waiting: "since"
        case .failures: "last_seen"
        case .scheduleHistory: "tick_at"
        case .queueDepth, .workers: nil
        }
    }

    /// Whether its rows are about a flow of a tenant.
    package var hasFlow: Bool { self != .workers }
}

/// Which rows of a view to show, the latest first.
public struct ReportQuery: Sendable {
    public var view: ReportView
    /// From then on.
    public var since: Timestamp?
    /// Before then.
    public var until: Timestamp?
    public var flowID: String?
    public var tenantID: String?
    /// 1 to 10,000. Default: 1,000.
    public var limit = 1_000

    public init(_ view: ReportView) { self.view = view }
}

/// Counts what has ended, and reports.
public protocol ReportStore: Sendable {
    /// Adds at most so many ends to the roll-ups. Returns how many; stores without reports have none.
    func foldReports(limit: Int) async throws -> Int
    /// Rows of a view, by their columns' names in camelCase. Nil: the store has no reports.
    func report(_ query: ReportQuery) async throws -> [JSONObject]?
    /// What people did that is in no execution's log, the latest first.
    func auditTrail(_ query: AuditTrailQuery) async throws -> [AuditTrailEntry]
}

extension ReportStore {
    public func foldReports(limit: Int) async throws -> Int { 0 }
    public func report(_ query: ReportQuery) async throws -> [JSONObject]? { nil }
}

/// Which entries of the trail to show.
public struct AuditTrailQuery: Sendable {
    /// What it was done to: a flow's id and version, a schedule's id, a limit's name, a workflow's root.
    public var target: String?
    public var action: String?
    public var actor: String?
    /// Only entries before this one: the cursor of deep pages.
    public var before: Int64?
    public var limit = 50

    public init() {}
}

/// Something that somebody did.
public struct AuditTrailEntry: Sendable, Hashable {
    public var id: Int64
    public var at: Timestamp
    /// Such as `flow.register`, `schedule.update`, `limit.close`, `retention.prune`.
    public var action: String
    public var target: String
    public var by: Intervention
    public var details: JSONObject

    public init(
        id: Int64, at: Timestamp, action: String, target: String, by: Intervention, details: JSONObject = [:]
    ) {
        self.id = id
        self.at = at
        self.action = action
        self.target = target
        self.by = by
        self.details = details
    }

    /// `{id, at, action, target, actor?, reason?, requestId?, details?}`
    public var json: JSONValue {
        var object: JSONObject = [
            "id": .int(id), "at": .string(at.description), "action": .string(action), "target": .string(target),
        ]
        object["actor"] = by.actor.map { .string($0) }
        object["reason"] = by.reason.map { .string($0) }
        object["requestId"] = by.requestID.map { .string($0) }
        if !details.isEmpty { object["details"] = .object(details) }
        return .object(object)
    }
}

extension Engine {
    /// Rows of a view of the reporting schema.
    ///
    /// - Throws: `invalidRequest` on a store without reports.
    public func report(_ query: ReportQuery) async throws -> [JSONObject] {
        guard let rows = try await store.report(query) else {
            throw EngineError(.invalidRequest, "there are no reports on this store: they need PostgreSQL")
        }
        return rows
    }
}

public import SkeinCore

/// How long what has ended is kept.
///
///     RetentionPolicy([.completed: .seconds(30 * 86_400), .failed: .seconds(90 * 86_400)])
///
/// Whole workflows leave: an execution without a parent when it has been over for its status' age, and all that it started
/// with it, once that is over, too. Nothing leaves before it has been over for an hour.
public struct RetentionPolicy: Sendable, Hashable {
    /// The shortest age: a worker that was lost with an execution must not find room to append.
    public static let shortest = Duration.seconds(3_600)

    /// By status; what is not named is kept. `paused`: executions that have been paused for so long. No other status of a
    /// living execution counts.
    public var ages: [ExecutionStatus: Duration]

    public init(_ ages: [ExecutionStatus: Duration] = [:]) { self.ages = ages }

    /// The same age for whatever has ended.
    public static func ended(_ age: Duration) -> RetentionPolicy {
        RetentionPolicy(
            Dictionary(uniqueKeysWithValues: ExecutionStatus.allCases.filter(\.isEnded).map { ($0, age) }))
    }

    /// What is wrong with it.
    public var problems: [Problem] {
        ages.sorted { $0.key.rawValue < $1.key.rawValue }.compactMap { status, age in
            let message: String
            if !status.isEnded, status != .paused {
                message = "only what has ended or is paused can expire"
            } else if age <= .zero {
                message = "retention expire_time must be a positive number"
            } else {
                return nil
            }
            return Problem(
                code: "INVALID_VALUE", pointer: JSONPointer(tokens: ["policy", status.rawValue]), message: message)
        }
    }

    /// As stores read it: ages in microseconds by the statuses' codes.
    package var codes: JSONObject {
        JSONObject(
            ages.map { ("\($0.key.code)", JSONValue.int($0.value.microseconds)) }.sorted { $0.0 < $1.0 })
    }

    /// How long ago something of a status has to have ended; nil: it is kept.
    func age(of status: ExecutionStatus) -> Duration? { ages[status].map { max($0, Self.shortest) } }
}

/// One batch of a prune.
public struct PruneRequest: Sendable {
    public var policy: RetentionPolicy
    /// The last execution that the batch before looked at.
    public var after: ExecutionID?
    /// Executions to look at.
    public var limit: Int
    /// Only count.
    public var dryRun: Bool
    /// Only workflows of flows whose id begins so. ASCII.
    public var flowPrefix: String?
    public var by: Intervention

    public init(
        _ policy: RetentionPolicy, after: ExecutionID? = nil, limit: Int = 500, dryRun: Bool = false,
        flowPrefix: String? = nil, by: Intervention = Intervention()
    ) {
        self.policy = policy
        self.after = after
        self.limit = limit
        self.dryRun = dryRun
        self.flowPrefix = flowPrefix
        self.by = by
    }
}

/// What a prune took away, or would.
public struct PruneResult: Sendable, Hashable {
    public var workflows = 0
    public var executions = 0
    public var rows = 0
    /// Months whose partitions were dropped.
    public var months: [String] = []
    /// The last execution that was looked at; nil: there are no more.
    public var last: ExecutionID?

    public init(workflows: Int = 0, executions: Int = 0, rows: Int = 0, last: ExecutionID? = nil) {
        self.workflows = workflows
        self.executions = executions
        self.rows = rows
        self.last = last
    }
}

/// Takes away what has been over for long.
public protocol RetentionStore: Sendable {
    /// One batch, in one transaction.
    func prune(_ request: PruneRequest) async throws -> PruneResult
    /// Drops the oldest month when all of it has expired, but for a few executions. Nil: none can be. Stores without
    /// months drop none.
    func dropMonth(_ policy: RetentionPolicy, by: Intervention) async throws -> (month: String, executions: Int)?
    /// Hides a workflow that is over; it leaves with one of the next batches. False: it is not over, or never was.
    func delete(_ root: ExecutionID, by: Intervention) async throws -> Bool
    /// Keeps a workflow whatever the policy says, or no more.
    func hold(_ root: ExecutionID, _ isHeld: Bool, by: Intervention) async throws
}

extension RetentionStore {
    public func dropMonth(_ policy: RetentionPolicy, by: Intervention) async throws -> (month: String, executions: Int)?
    { nil }
}

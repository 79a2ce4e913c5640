public import SkeinCore

/// An execution to create under an idempotency key of (tenant, flow, key).
public struct KeyedCreation: Sendable {
    public var append: Append
    public var key: String
    /// SHA-256 of what the caller asked for: the same key with another one is a mismatch.
    public var fingerprint: [UInt8]
    public var ttl: Duration

    public init(append: Append, key: String, fingerprint: [UInt8], ttl: Duration) {
        self.append = append
        self.key = key
        self.fingerprint = fingerprint
        self.ttl = ttl
    }
}

public enum KeyedOutcome: Sendable, Hashable {
    case created
    /// The key belongs to this execution, made for that fingerprint, until then.
    case exists(ExecutionID, fingerprint: [UInt8], expiresAt: Timestamp)
}

/// Something for an execution's inbox.
public struct InboxMessage: Sendable {
    public var executionID: ExecutionID
    /// The same operation twice is accepted once.
    public var operationID: OperationID
    public var kind: InboxItem.Kind
    public var name: String
    public var payload: JSONValue?
    /// Who sends it; the reason is not kept.
    public var by: Intervention

    public init(
        executionID: ExecutionID, operationID: OperationID, kind: InboxItem.Kind, name: String, payload: JSONValue?,
        by: Intervention = Intervention()
    ) {
        self.by = by
        self.executionID = executionID
        self.operationID = operationID
        self.kind = kind
        self.name = name
        self.payload = payload
    }
}

public enum SendOutcome: Sendable, Hashable {
    case accepted(generation: Int64)
    /// Somebody else has resumed that wait.
    case taken
    /// It has ended, or never was.
    case notAlive
}

public enum CancelOutcome: Sendable, Hashable {
    /// `tokens`: how many active tokens it made useless.
    case cancelled(position: Int64, tokens: Int = 0)
    case notAlive
}

/// Which executions to list.
public struct ExecutionQuery: Sendable {
    public var statuses: [ExecutionStatus] = []
    public var flowID: String?
    /// Flows whose id begins so. ASCII.
    public var flowPrefix: String?
    public var workerID: WorkerID?
    public var tag: String?
    public var tenantID: String?
    public var parentID: ExecutionID?
    public var rootID: ExecutionID?
    public var createdAfter: Timestamp?
    public var createdBefore: Timestamp?
    /// Only executions older than this one: the cursor of deep pages.
    public var before: ExecutionID?
    public var offset = 0
    public var limit = 50

    public init() {}
}

/// An execution in a list.
public struct ExecutionSummary: Sendable {
    /// The status it was found by. That of a running one says only that somebody holds it.
    public var status: ExecutionStatus
    public var record: ExecutionRecord

    public var creation: ExecutionCreation { record.creation }
    public var owner: WorkerID? { record.owner }

    public init(status: ExecutionStatus, record: ExecutionRecord) {
        self.status = status
        self.record = record
    }
}

public enum FlowRegistration: Sendable, Hashable {
    case new, identical
    /// The version exists with another content.
    case conflict
}

/// An instance, as others see it.
public struct WorkerRecord: Sendable, Hashable {
    public var id: WorkerID
    /// Names the place, not the life: a worker that starts with the pod id of another supersedes it.
    public var podID: String?
    public var handlers: [String]
    public var startedAt: Timestamp?
    public var heartbeatAt: Timestamp?
    public var isLive: Bool

    public init(
        id: WorkerID, podID: String?, handlers: [String], startedAt: Timestamp? = nil, heartbeatAt: Timestamp? = nil,
        isLive: Bool = true
    ) {
        self.id = id
        self.podID = podID
        self.handlers = handlers
        self.startedAt = startedAt
        self.heartbeatAt = heartbeatAt
        self.isLive = isLive
    }
}

/// What `verify` found.
public struct StoreHealth: Sendable, Hashable {
    public struct Finding: Sendable, Hashable {
        public var name: String
        public var isFine: Bool
        public var message: String

        public init(_ name: String, isFine: Bool, _ message: String) {
            self.name = name
            self.isFine = isFine
            self.message = message
        }
    }

    public var findings: [Finding]
    /// How far the store's clock is ahead of this machine's.
    public var clockOffset: Duration

    public init(findings: [Finding], clockOffset: Duration) {
        self.findings = findings
        self.clockOffset = clockOffset
    }

    public var isFine: Bool { findings.allSatisfy(\.isFine) }
}

/// Something that was asked for in the store's own language, and that an engine has to do.
public struct StoredRequest: Sendable {
    public enum Action: Sendable {
        case cancel(reason: String?)
        case signal(name: String, payload: JSONValue?)
    }

    public var id: Int64
    public var executionID: ExecutionID
    /// The same operation twice is done once.
    public var operationID: OperationID
    public var action: Action
    public var by: Intervention

    public init(
        id: Int64, executionID: ExecutionID, operationID: OperationID, action: Action, by: Intervention = Intervention()
    ) {
        self.id = id
        self.executionID = executionID
        self.operationID = operationID
        self.action = action
        self.by = by
    }
}

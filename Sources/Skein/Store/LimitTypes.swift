public import SkeinCore

/// What an execution asks a limit for.
public struct PermitRequest: Sendable, Hashable {
    /// For how long a permit is held.
    public enum Scope: Sendable, Hashable {
        /// Until the execution ends.
        case execution
        /// Until the attempt of this step ends, or its owner is another.
        case attempt(StepID)
    }

    public var held: HeldClaim
    public var name: LimitName
    public var limit: Limit
    public var scope: Scope
    /// Who waits longest is let in first, of each tenant in turn, and of one tenant the highest priority before that.
    public var tenantID: String?
    public var priority: Int16
    public var since: Timestamp

    public init(
        held: HeldClaim, name: LimitName, limit: Limit, scope: Scope, tenantID: String?, priority: Int16,
        since: Timestamp
    ) {
        self.held = held
        self.name = name
        self.limit = limit
        self.scope = scope
        self.tenantID = tenantID
        self.priority = priority
        self.since = since
    }

    /// Tells permits of one execution under one name apart.
    package var place: String {
        switch scope {
        case .execution: ""
        case .attempt(let stepID): stepID.rawValue
        }
    }
}

/// What a request for a permit came to.
public enum PermitAnswer: Sendable, Hashable {
    case granted
    /// It is in the queue; the execution is woken when it is let in.
    case queued
    /// The caller does not hold the execution any more.
    case lost
}

/// Who was let in, and when somebody may be next.
public struct Admission: Sendable, Hashable {
    /// Executions that were woken: they are due, or their owners are to look.
    public var woken: [ExecutionID]
    /// When to admit again, as far as time alone decides.
    public var next: Timestamp?

    public init(woken: [ExecutionID] = [], next: Timestamp? = nil) {
        self.woken = woken
        self.next = next
    }
}

/// A limit, as people see it.
public struct LimitRecord: Sendable, Hashable {
    public struct Closure: Sendable, Hashable {
        /// `distantFuture`: until somebody opens it.
        public var until: Timestamp
        public var reason: String?
        public var actor: String?

        public init(until: Timestamp, reason: String? = nil, actor: String? = nil) {
            self.until = until
            self.reason = reason
            self.actor = actor
        }
    }

    public var name: LimitName
    public var limit: Limit
    public var closure: Closure?
    /// Executions that have a permit, the oldest first; the first hundred.
    public var holders: [ExecutionID]
    public var held: Int
    public var queued: Int
    /// Beginnings in the span of its rate that ends now.
    public var begun: Int
    /// When the next one may begin, if its rate is used up.
    public var opensAt: Timestamp?

    public init(
        name: LimitName, limit: Limit, closure: Closure?, holders: [ExecutionID], held: Int, queued: Int, begun: Int,
        opensAt: Timestamp?
    ) {
        self.name = name
        self.limit = limit
        self.closure = closure
        self.holders = holders
        self.held = held
        self.queued = queued
        self.begun = begun
        self.opensAt = opensAt
    }
}

/// An execution's place in a queue.
public struct QueuedPermit: Sendable, Hashable {
    public var name: LimitName
    public var stepID: StepID?
    public var since: Timestamp
    /// How many of its tenant are before it.
    public var ahead: Int

    public init(name: LimitName, stepID: StepID?, since: Timestamp, ahead: Int) {
        self.name = name
        self.stepID = stepID
        self.since = since
        self.ahead = ahead
    }
}

// How identical instances find each other. None of this decides anything: with all of it gone, flushed or lying, only
// latency changes.

public import SkeinCore

/// Efficiency locks: they keep two instances from doing the same work for nothing. Permission to write comes from the
/// log alone.
public protocol LockManager: Sendable {
    /// Nil: it is held by another; `holder(of:)` says by whom. Throws when the service cannot be asked.
    func acquire(_ name: String, holder: String, ttl: Duration) async throws -> LockGrant?
    /// Compare-and-extend: false when the grant is no longer the holder's.
    func extend(_ grant: LockGrant, ttl: Duration) async throws -> Bool
    /// Compare-and-delete.
    func release(_ grant: LockGrant) async throws
    func holder(of name: String) async throws -> LockInfo?
    /// At most `limit`, in no order.
    func list(limit: Int) async throws -> [LockInfo]
}

public struct LockGrant: Sendable, Hashable {
    public var name: String
    /// What the lock's value is: the holder and a random part, so that two grants of one holder differ.
    public var value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

public struct LockInfo: Sendable, Hashable {
    public var name: String
    public var holder: String
    public var since: Timestamp?
    public var ttl: Duration?

    public init(name: String, holder: String, since: Timestamp?, ttl: Duration?) {
        self.name = name
        self.holder = holder
        self.since = since
        self.ttl = ttl
    }
}

/// A hint to look.
public struct WakeHint: Sendable, Hashable {
    public var executionID: ExecutionID?
    /// When to look; nil: now.
    public var at: Timestamp?
    /// For people and metrics: `new`, `signal`, `resume`, `timer`, `release`, …
    public var reason: String
    /// Whether `takeDue` gives what this is about to one instance. False, as for a hint that a person published:
    /// everybody who hears it looks by themselves, at this execution or, without one, at anything. Senders leave it
    /// false; the signaler sets it.
    public var isQueued: Bool
    /// Of a hint without an execution: whoever lacks this handler finds nothing. Nil: anybody may.
    public var needs: String?
    /// What is due is taken from all lanes alike, so that one tenant's many timers do not hold up another's few.
    public var lane: UInt8

    /// The reason of a hint by which the tenants of its lane ask to be let through: their new executions are slow.
    package static let yield = "yield"

    /// How many lanes there are; the first is for executions without a tenant.
    public static let lanes: UInt8 = 16

    /// The lane of a tenant's executions.
    public static func lane(of tenantID: String?) -> UInt8 {
        guard let tenantID, !tenantID.isEmpty else { return 0 }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in tenantID.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return 1 + UInt8((hash ^ (hash >> 32)) % UInt64(lanes - 1))
    }

    public init(
        executionID: ExecutionID?, at: Timestamp? = nil, reason: String, isQueued: Bool = false, needs: String? = nil,
        lane: UInt8 = 0
    ) {
        self.needs = needs
        self.lane = lane
        self.executionID = executionID
        self.at = at
        self.reason = reason
        self.isQueued = isQueued
    }
}

/// Tells instances that there is something to look at, and gives each due execution to one of them.
public protocol WakeSignaler: Sendable {
    /// Tells every instance, after the commit; coalesced within a few milliseconds, never waits for the network, never
    /// fails.
    func signal(_ hints: [WakeHint])
    /// What others (and this instance) signalled, until cancelled. A hint without an execution means: look for
    /// anything.
    func hints() -> AsyncStream<WakeHint>
    /// Takes up to `limit` executions that are due at `now`; each is given to one caller. `next`: when the next one is
    /// due.
    func takeDue(at now: Timestamp, limit: Int) async throws -> (ids: [ExecutionID], next: Timestamp?)
}

/// Remembers which execution an idempotency key belongs to. Only committed answers enter it.
public protocol IdempotencyCache: Sendable {
    func lookUp(_ scope: IdempotencyScope) async throws -> IdempotencyAnswer?
    func remember(_ answer: IdempotencyAnswer, for scope: IdempotencyScope, ttl: Duration) async throws
}

public struct IdempotencyScope: Sendable, Hashable {
    public var tenantID: String?
    public var flowID: String
    public var key: String

    public init(tenantID: String?, flowID: String, key: String) {
        self.tenantID = tenantID
        self.flowID = flowID
        self.key = key
    }
}

public struct IdempotencyAnswer: Sendable, Hashable {
    public var executionID: ExecutionID
    public var fingerprint: [UInt8]

    public init(executionID: ExecutionID, fingerprint: [UInt8]) {
        self.executionID = executionID
        self.fingerprint = fingerprint
    }
}

/// Elects one instance per duty. Duties are correct with none or several holders; a leader only saves the others the
/// work.
public protocol LeaderElection: Sendable {
    /// Becomes or stays the leader. Returns whether the candidate leads for `ttl` from the call's start.
    func campaign(_ duty: String, candidate: String, ttl: Duration) async throws -> Bool
    func resign(_ duty: String, candidate: String) async throws
    func leader(of duty: String) async throws -> String?
}

/// New events of an execution, for live streams. Carries positions, never payloads: readers read the log.
public struct EventNotice: Sendable, Hashable {
    public var executionID: ExecutionID
    public var rootID: ExecutionID
    /// The position of the last event that is known to be committed.
    public var position: Int64
    /// The execution has ended: what those who wait for its result look at.
    public var isEnd: Bool

    public init(executionID: ExecutionID, rootID: ExecutionID, position: Int64, isEnd: Bool = false) {
        self.isEnd = isEnd
        self.executionID = executionID
        self.rootID = rootID
        self.position = position
    }
}

public protocol EventBroadcaster: Sendable {
    /// Coalesced; never waits, never fails.
    func publish(_ notice: EventNotice)
    /// Notices of one tree of executions, until the consumer stops. `nil` elements mean: something may have been
    /// missed, read the log.
    func notices(root: ExecutionID) -> AsyncStream<EventNotice?>
}

/// Whether the coordination service answers, as the breaker sees it.
public protocol CoordinationHealth: Sendable {
    /// False while the service is down, slow or refusing: the engine then looks by itself more often.
    var isUp: Bool { get }
    /// Whether instances beyond this process take part.
    var isShared: Bool { get }
    /// For `doctor` and `/readyz`: asks the service now.
    func check() async -> (isFine: Bool, message: String)
}

/// The five protocols of one implementation, and what keeps them going.
public struct Coordination: Sendable {
    public var locks: any LockManager
    public var wakes: any WakeSignaler
    public var idempotency: any IdempotencyCache
    public var leaders: any LeaderElection
    public var events: any EventBroadcaster
    public var health: any CoordinationHealth
    /// Flushers, subscriptions, probes: runs until cancelled.
    public var run: @Sendable () async -> Void

    public init(
        locks: any LockManager, wakes: any WakeSignaler, idempotency: any IdempotencyCache, leaders: any LeaderElection,
        events: any EventBroadcaster, health: any CoordinationHealth, run: @escaping @Sendable () async -> Void = {}
    ) {
        self.locks = locks
        self.wakes = wakes
        self.idempotency = idempotency
        self.leaders = leaders
        self.events = events
        self.health = health
        self.run = run
    }
}

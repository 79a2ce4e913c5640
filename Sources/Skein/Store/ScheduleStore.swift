// Schedules and what was decided about their ticks. A tick is decided once: its row, the execution it starts, and the step to
// the next tick are one transaction, whoever and however many try.

public import SkeinCore

/// Keeps schedules.
public protocol ScheduleStore: Sendable {
    /// Keeps a schedule, unless one of its tenant has its name. Returns the one of that name.
    func createSchedule(_ record: ScheduleRecord) async throws -> ScheduleRecord
    /// Replaces a schedule that is still as it was when the record was read.
    ///
    /// - Returns: false when it has changed since, or is gone.
    func updateSchedule(_ record: ScheduleRecord) async throws -> Bool
    /// Forgets a schedule and its ticks; its executions stay. False: there was none.
    func deleteSchedule(_ id: ScheduleID) async throws -> Bool
    func schedule(_ id: ScheduleID) async throws -> ScheduleState?
    func schedule(named name: String, tenantID: String?) async throws -> ScheduleState?
    /// By name.
    func schedules(_ query: ScheduleQuery) async throws -> [ScheduleRecord]
    /// Decided ticks of a span of time, ends included, latest first.
    func ticks(of id: ScheduleID, from start: Timestamp, through end: Timestamp, limit: Int) async throws
        -> [TickRecord]
    /// What has to be decided now by the store's clock: ticks that are due, and ticks that waited for an execution that has
    /// ended. Paused schedules have nothing.
    func dueSchedules(limit: Int) async throws -> DueSchedules
    /// Makes decisions durable, each schedule's in one transaction with the executions that they start. Returns for each which
    /// executions were started; nil: the schedule has changed since it was read, nothing was written.
    ///
    /// A tick that has a row keeps it, except that one that waited may start or fail, and one that started nothing may be
    /// started by a backfill.
    func decide(_ decisions: [ScheduleDecision], by worker: WorkerID) async throws -> [Set<ExecutionID>?]
}

/// Which schedules a list is about.
public struct ScheduleQuery: Sendable, Hashable {
    public var tenantID: String?
    public var flowID: String?
    public var isPaused: Bool?
    public var limit: Int

    public init(tenantID: String? = nil, flowID: String? = nil, isPaused: Bool? = nil, limit: Int = 10_000) {
        self.tenantID = tenantID
        self.flowID = flowID
        self.isPaused = isPaused
        self.limit = limit
    }
}

/// A schedule as the store keeps it.
public struct ScheduleRecord: Sendable, Hashable {
    public var id: ScheduleID
    public var schedule: Schedule
    /// The first tick that is not decided; `distantFuture`: there is none.
    public var nextTick: Timestamp
    public var isPaused: Bool
    /// Counts the edits.
    public var revision: Int64
    /// Counts every change, those by ticks too: who has read one decides for no other.
    public var generation: Int64
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        id: ScheduleID, schedule: Schedule, nextTick: Timestamp, isPaused: Bool = false, revision: Int64 = 1,
        generation: Int64 = 1, createdAt: Timestamp, updatedAt: Timestamp? = nil
    ) {
        self.id = id
        self.schedule = schedule
        self.nextTick = nextTick
        self.isPaused = isPaused
        self.revision = revision
        self.generation = generation
        self.createdAt = createdAt
        self.updatedAt = updatedAt ?? createdAt
    }
}

/// A schedule and what its executions do now.
public struct ScheduleState: Sendable, Hashable {
    public var record: ScheduleRecord
    /// Executions that it started and that have not ended, the last 1,000 of them at most.
    public var unfinished: [ExecutionID]
    /// The oldest of the ticks that wait.
    public var waiting: Timestamp?
    public var waitingCount: Int

    public init(
        record: ScheduleRecord, unfinished: [ExecutionID] = [], waiting: Timestamp? = nil, waitingCount: Int = 0
    ) {
        self.record = record
        self.unfinished = unfinished
        self.waiting = waiting
        self.waitingCount = waitingCount
    }
}

/// What has to be decided.
public struct DueSchedules: Sendable, Hashable {
    /// The store's clock.
    public var now: Timestamp
    /// Those whose turn it is, the latest due last.
    public var schedules: [ScheduleState]
    /// The first tick that is not decided, which may be due by now; nil: there is none.
    public var next: Timestamp?
    /// Executions whose end ticks wait for, 100 of them at most.
    public var awaited: [ExecutionID]

    public init(now: Timestamp, schedules: [ScheduleState], next: Timestamp?, awaited: [ExecutionID]) {
        self.now = now
        self.schedules = schedules
        self.next = next
        self.awaited = awaited
    }
}

/// A decided tick.
public struct TickRecord: Sendable, Hashable {
    public var at: Timestamp
    public var decision: TickDecision
    public var source: TickSource
    /// What it started.
    public var executionID: ExecutionID?
    /// Why it failed.
    public var error: String?
    public var decidedAt: Timestamp

    public init(
        at: Timestamp, decision: TickDecision, source: TickSource, executionID: ExecutionID? = nil,
        error: String? = nil,
        decidedAt: Timestamp
    ) {
        self.at = at
        self.decision = decision
        self.source = source
        self.executionID = executionID
        self.error = error
        self.decidedAt = decidedAt
    }
}

/// Decisions about ticks of one schedule, as it was when it was read.
public struct ScheduleDecision: Sendable {
    /// One tick.
    public struct Tick: Sendable {
        public var at: Timestamp
        public var decision: TickDecision
        public var source: TickSource
        /// The first row of the execution that it starts.
        public var append: Append?
        public var error: String?

        public init(
            at: Timestamp, decision: TickDecision, source: TickSource = .schedule, append: Append? = nil,
            error: String? = nil
        ) {
            self.at = at
            self.decision = decision
            self.source = source
            self.append = append
            self.error = error
        }
    }

    public var scheduleID: ScheduleID
    /// Of the record.
    public var generation: Int64
    public var nextTick: Timestamp
    public var ticks: [Tick]
    /// Somebody wants it although the schedule is paused.
    public var whilePaused: Bool

    public init(
        _ record: ScheduleRecord, nextTick: Timestamp, ticks: [Tick], whilePaused: Bool = false
    ) {
        scheduleID = record.id
        generation = record.generation
        self.nextTick = nextTick
        self.ticks = ticks
        self.whilePaused = whilePaused
    }
}

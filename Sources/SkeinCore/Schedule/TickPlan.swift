// What is decided about the ticks of a schedule that are due: a pure function of the schedule, the time, and what runs.

/// Decisions about ticks, in their order.
public struct TickPlan: Sendable, Hashable {
    /// One tick and what becomes of it.
    public struct Item: Sendable, Hashable {
        public var at: Timestamp
        public var decision: TickDecision
        /// It has waited for its turn and starts now.
        public var hasWaited: Bool

        /// Makes an item.
        public init(at: Timestamp, decision: TickDecision, hasWaited: Bool = false) {
            self.at = at
            self.decision = decision
            self.hasWaited = hasWaited
        }
    }

    /// Those that have waited first.
    public var items: [Item]
    /// The first tick that is not decided; `distantFuture`: there is none.
    public var next: Timestamp

    /// How many ticks are decided at once.
    public static let most = 1_000

    /// Decides all that are due, up to a number.
    ///
    /// - Parameters:
    ///   - due: the first tick that was not decided.
    ///   - now: the store's time.
    ///   - isBusy: an execution of an earlier tick is unfinished.
    ///   - waiting: the oldest tick that waits for that.
    ///   - waitingCount: how many wait.
    public init(
        _ schedule: Schedule, zone: ZoneRules, due: Timestamp, now: Timestamp, isBusy: Bool, waiting: Timestamp?,
        waitingCount: Int
    ) {
        var desk = Desk(policy: schedule.overlap, isBusy: isBusy, waiting: waitingCount)
        items = []
        if !desk.isBusy, let first = waiting {
            items.append(Item(at: first, decision: .buffered, hasWaited: true))
            desk.isBusy = true
            desk.waiting -= 1
        }
        let allowed = schedule.allowance
        var ticks: [Timestamp] = []
        var tick: Timestamp? = due
        // A few more than are decided, to know which are the last.
        while let one = tick, one <= now, ticks.count < Self.most + allowed.count {
            ticks.append(one)
            tick = schedule.next(after: one, in: zone)
        }
        let isCut = tick.map { $0 <= now } ?? false
        let decided = isCut ? ticks.prefix(Self.most) : ticks[...]
        for (index, one) in decided.enumerated() {
            let isLate = now - one > allowed.window || ticks.count - index > allowed.count
            let isLast = !isCut && index == decided.count - 1
            items.append(Item(at: one, decision: isLate ? .skippedLate : desk.decide(isLast: isLast)))
        }
        next = (isCut ? ticks[Self.most] : tick) ?? .distantFuture
    }

    /// What becomes of one tick that is on time.
    public static func decide(_ policy: OverlapPolicy, isBusy: Bool, waiting: Int) -> TickDecision {
        var desk = Desk(policy: policy, isBusy: isBusy, waiting: waiting)
        return desk.decide(isLast: true)
    }

    /// What is known about the executions of the schedule while its ticks are decided one after the other.
    private struct Desk {
        var policy: OverlapPolicy
        var isBusy: Bool
        var waiting: Int

        mutating func decide(isLast: Bool) -> TickDecision {
            if policy == .allow { return .fired }
            // Of several at once only the last would outlive its successor.
            if policy == .cancelOther, !isLast { return .skippedOverlap }
            guard isBusy || waiting > 0 else {
                isBusy = true
                return .fired
            }
            guard waiting < policy.capacity else { return .skippedOverlap }
            waiting += 1
            return .buffered
        }
    }
}

extension Schedule {
    /// How many of the ticks that are due may still be acted on, and how late they may be.
    var allowance: (count: Int, window: Duration) {
        switch missed {
        case .runOnce: (1, missedWindow)
        case .runAll: (missedMax, missedWindow)
        case .skip: (1, Self.tolerance)
        }
    }
}

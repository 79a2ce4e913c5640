// What a schedule does when the last execution still runs, and with ticks whose time has passed.

/// What becomes of a tick while an execution of an earlier one is unfinished.
public enum OverlapPolicy: String, Sendable, Hashable, CaseIterable {
    /// The tick starts nothing.
    case skip
    /// One tick waits for the end, further ones start nothing.
    case bufferOne
    /// Ticks wait for each other, 1,000 at most.
    case bufferAll
    /// The unfinished ones are cancelled; the tick starts when they have ended.
    case cancelOther
    /// The tick starts whatever runs.
    case allow

    /// How many ticks may wait.
    var capacity: Int {
        switch self {
        case .skip, .allow: 0
        case .bufferOne, .cancelOther: 1
        case .bufferAll: 1_000
        }
    }
}

/// Which of the ticks that are due at once are still acted on. The others are recorded as late.
public enum MissedTicks: String, Sendable, Hashable, CaseIterable {
    /// The last one, within the window.
    case runOnce = "latest"
    /// All within the window, oldest first, at most as many as the schedule says.
    case runAll = "all"
    /// The last one, and only if it is less than 10 s late.
    case skip = "none"
}

/// What was decided about a tick.
public enum TickDecision: Int16, Sendable, Hashable, CaseIterable {
    /// It started an execution.
    case fired = 0
    /// An earlier execution still ran.
    case skippedOverlap = 1
    /// It was too late.
    case skippedLate = 2
    /// It waits, or has waited, for the end of an earlier execution.
    case buffered = 3
    /// No execution could be started: the flow does not exist, or refuses the context.
    case failed = 4

    /// The name in JSON.
    public var name: String {
        switch self {
        case .fired: "fired"
        case .skippedOverlap: "skipped_overlap"
        case .skippedLate: "skipped_late"
        case .buffered: "buffered"
        case .failed: "failed"
        }
    }
}

/// Where a tick comes from.
public enum TickSource: Int16, Sendable, Hashable, CaseIterable {
    /// The schedule's own time.
    case schedule = 0
    /// Somebody wanted it now.
    case trigger = 1
    /// Somebody had a past time run.
    case backfill = 2

    /// The name in JSON.
    public var name: String {
        switch self {
        case .schedule: "schedule"
        case .trigger: "trigger"
        case .backfill: "backfill"
        }
    }
}

// When a schedule has ticks: the three kinds, and what all have in common.

/// The times of a schedule.
public enum ScheduleTimes: Sendable, Hashable {
    /// By a cron expression in a zone of the IANA database.
    case cron(CronExpression, timeZone: String)
    /// Every so often, counted from an instant in both directions.
    case interval(Duration, anchor: Timestamp)
    /// Once.
    case once(Timestamp)

    /// The zone it needs the rules of.
    public var timeZone: String {
        if case .cron(_, let zone) = self { zone } else { ZoneRules.utc.name }
    }

    /// The first tick after an instant; nil: there is none.
    public func next(after time: Timestamp, in zone: ZoneRules) -> Timestamp? {
        switch self {
        case .cron(let expression, _): expression.next(after: time, in: zone)
        case .once(let instant): instant > time ? instant : nil
        case .interval(let span, let anchor): Self.next(after: time, every: span, from: anchor)
        }
    }

    private static func next(after time: Timestamp, every span: Duration, from anchor: Timestamp) -> Timestamp? {
        let step = max(1, span.microseconds)
        let (past, overflow) = time.microseconds.subtractingReportingOverflow(anchor.microseconds)
        guard !overflow, time != .distantFuture else { return nil }
        let (distance, tooFar) = (past.floored(by: step) + 1).multipliedReportingOverflow(by: step)
        let (sum, tooLate) = anchor.microseconds.addingReportingOverflow(distance)
        return tooFar || tooLate ? nil : Timestamp(microseconds: sum)
    }
}

// From local times to instants. What follows elapsed time fires at every instant whose local time matches: in an overlap
// twice, in a gap not at all. What stands for a time of day fires once for each: in an overlap at the first, in a gap right
// after it.

extension CronExpression {
    /// The first instant after another at which it fires; nil: never again.
    public func next(after time: Timestamp, in zone: ZoneRules) -> Timestamp? {
        guard time != .distantFuture else { return nil }
        let second = time.microseconds.floored(by: 1_000_000)
        guard let next = followsElapsedTime ? nextElapsed(after: second, zone) : nextFixed(after: second, zone),
            next <= Self.latest
        else { return nil }
        return Timestamp(microseconds: next * 1_000_000)
    }

    /// 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
    private static let latest: Int64 = 253_402_300_799

    private func nextElapsed(after second: Int64, _ zone: ZoneRules) -> Int64? {
        var from = second + 1
        while from <= Self.latest {
            let span = zone.span(at: from)
            guard let local = nextLocal(from: from + span.offset) else { return nil }
            let instant = local - span.offset
            if instant < span.end { return instant }
            from = span.end
        }
        return nil
    }

    private func nextFixed(after second: Int64, _ zone: ZoneRules) -> Int64? {
        var from = second + zone.span(at: second).offset
        while let local = nextLocal(from: from) {
            let instant = zone.instant(ofLocal: local)
            if instant > second { return instant }
            from = local + 1
        }
        return nil
    }
}

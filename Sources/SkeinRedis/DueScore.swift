import SkeinCore

/// Times as scores of the sorted set: whole milliseconds, so rounded that nothing is ever due too early.
enum DueScore {
    /// The score of an execution that is due at that time.
    static func score(of time: Timestamp) -> Int64 {
        let floor = reached(at: time)
        return time.microseconds == floor.multipliedReportingOverflow(by: 1_000).partialValue ? floor : floor + 1
    }

    /// The highest score that is due at that time.
    static func reached(at time: Timestamp) -> Int64 {
        let (quotient, remainder) = time.microseconds.quotientAndRemainder(dividingBy: 1_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The time that a score stands for; nil for what no time can be.
    static func time(_ score: Double) -> Timestamp? {
        guard score.isFinite, abs(score) < 9e15 else { return nil }
        return Timestamp(microseconds: Int64(score) * 1_000)
    }
}

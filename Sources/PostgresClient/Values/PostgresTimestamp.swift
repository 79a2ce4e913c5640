/// Microseconds since 1970 to and from PostgreSQL's microseconds since 2000; both infinities map to the ends of
/// `Int64`.
enum PostgresTimestamp {
    /// 1970-01-01 to 2000-01-01 in microseconds.
    private static let shift: Int64 = 946_684_800_000_000

    /// The wire value. An instant before anything PostgreSQL can store becomes one that the server refuses (22008).
    static func encode(_ microseconds: Int64) -> Int64 {
        if microseconds == .max || microseconds == .min { return microseconds }
        let (value, overflow) = microseconds.subtractingReportingOverflow(shift)
        return overflow || value == .min ? .min + 1 : value
    }

    /// Microseconds since 1970, or nil when the instant does not fit (later than the year 294246).
    static func decode(_ wire: Int64) -> Int64? {
        if wire == .max || wire == .min { return wire }
        let (value, overflow) = wire.addingReportingOverflow(shift)
        return overflow || value == .max ? nil : value
    }
}

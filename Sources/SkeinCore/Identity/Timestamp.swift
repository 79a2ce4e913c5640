// Instants as PostgreSQL keeps them: microseconds. Formatting and parsing follow RFC 3339; leap seconds are read as the
// next second.

/// An instant in microseconds since 1970-01-01T00:00:00Z, with `distantFuture` for "no time set".
public struct Timestamp: Hashable, Sendable, Comparable {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// PostgreSQL's `infinity`: later than every instant.
    public static let distantFuture = Timestamp(microseconds: .max)

    public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool { lhs.microseconds < rhs.microseconds }

    /// Saturates instead of overflowing; `distantFuture` stays where it is.
    public static func + (lhs: Timestamp, rhs: Duration) -> Timestamp {
        if lhs == .distantFuture { return lhs }
        let (sum, overflow) = lhs.microseconds.addingReportingOverflow(rhs.microseconds)
        return overflow ? (rhs < .zero ? Timestamp(microseconds: .min) : .distantFuture) : Timestamp(microseconds: sum)
    }

    public static func - (lhs: Timestamp, rhs: Timestamp) -> Duration {
        let (difference, overflow) = lhs.microseconds.subtractingReportingOverflow(rhs.microseconds)
        return .microseconds(overflow ? (lhs < rhs ? Int64.min : Int64.max) : difference)
    }
}

extension Duration {
    /// Whole microseconds, saturating.
    public var microseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        return carried ? (seconds < 0 ? .min : .max) : sum
    }

    /// Whole milliseconds, saturating.
    public var wholeMilliseconds: Int64 { microseconds / 1_000 }
}

extension Timestamp: LosslessStringConvertible {
    /// Parses RFC 3339 with any offset and up to nine fraction digits (those beyond microseconds are cut).
    public init?(_ text: String) {
        var reader = TimestampReader(text)
        guard let value = reader.read() else { return nil }
        self.init(microseconds: value)
    }

    /// RFC 3339 in UTC with six fraction digits, e.g. `2026-01-02T03:04:05.000006Z`; `infinity` for `distantFuture`.
    public var description: String {
        guard self != .distantFuture else { return "infinity" }
        let (days, second, fraction) = split
        let date = CivilDate(daysSinceEpoch: days)
        let hour = second / 3_600
        let minute = second / 60 % 60
        return String(unsafeUninitializedCapacity: 32) { buffer in
            var at = 0
            func put(_ value: Int64, width: Int) {
                var rest = value
                for place in stride(from: width - 1, through: 0, by: -1) {
                    buffer[at + place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                    rest /= 10
                }
                at += width
            }
            func put(_ character: Unicode.Scalar) {
                buffer[at] = UInt8(ascii: character)
                at += 1
            }
            put(min(max(date.year, 0), 9_999), width: 4)
            put("-")
            put(date.month, width: 2)
            put("-")
            put(date.day, width: 2)
            put("T")
            put(hour, width: 2)
            put(":")
            put(minute, width: 2)
            put(":")
            put(second % 60, width: 2)
            put(".")
            put(fraction, width: 6)
            put("Z")
            return at
        }
    }

    private var split: (days: Int64, second: Int64, fraction: Int64) {
        let day: Int64 = 86_400_000_000
        var days = microseconds / day
        var rest = microseconds % day
        if rest < 0 {
            rest += day
            days -= 1
        }
        return (days, rest / 1_000_000, rest % 1_000_000)
    }
}

extension Timestamp: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let time = Timestamp(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is not an RFC 3339 time"))
        }
        self = time
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

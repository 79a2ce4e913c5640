// RFC 3339 section 5.6, read byte by byte: no locale, no calendar library.

struct TimestampReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    /// Microseconds since the epoch, or nil when the text is not an RFC 3339 date-time.
    mutating func read() -> Int64? {
        guard let year = digits(4), accept("-"), let month = digits(2), accept("-"), let day = digits(2),
            accept("T") || accept("t") || accept(" "),
            let hour = digits(2), accept(":"), let minute = digits(2), accept(":"), let second = digits(2),
            let date = CivilDate(year: year, month: month, day: day), hour < 24, minute < 60, second <= 60,
            let fraction = fraction(), let offset = offset(), position == bytes.count
        else { return nil }
        let seconds = date.daysSinceEpoch * 86_400 + hour * 3_600 + minute * 60 + second - offset
        return seconds * 1_000_000 + fraction
    }

    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func digits(_ count: Int) -> Int64? {
        guard position + count <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[position..<position + count] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        position += count
        return value
    }

    private mutating func fraction() -> Int64? {
        guard accept(".") else { return 0 }
        var value: Int64 = 0
        var count = 0
        while let digit = digits(1) {
            if count < 6 { value = value * 10 + digit }
            count += 1
        }
        guard (1...9).contains(count) else { return nil }
        for _ in min(count, 6)..<6 { value *= 10 }
        return value
    }

    /// Seconds east of UTC.
    private mutating func offset() -> Int64? {
        if accept("Z") || accept("z") { return 0 }
        let sign: Int64
        if accept("+") { sign = 1 } else if accept("-") { sign = -1 } else { return nil }
        guard let hour = digits(2), accept(":"), let minute = digits(2), hour < 24, minute < 60 else { return nil }
        return sign * (hour * 3_600 + minute * 60)
    }
}

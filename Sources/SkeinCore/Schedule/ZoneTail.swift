// The POSIX TZ string that ends a TZif file: the rule for all years after its table, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
// RFC 9636 section 3.3.1: hours may be from -167 to 167.

/// Standard time and, where there is one, daylight saving time by a yearly rule.
struct ZoneTail: Sendable, Hashable {
    /// A day of any year.
    private enum Day: Hashable {
        /// 1 to 365; February 29 is never counted.
        case julian(Int64)
        /// 0 to 365; February 29 is counted.
        case ordinal(Int64)
        /// The week 5 is the last.
        case weekday(month: Int64, week: Int64, day: Int64)
    }

    private struct Change: Hashable {
        var day: Day
        /// Seconds of local time from midnight; may be negative or beyond the day.
        var time: Int64
    }

    private struct Daylight: Hashable {
        var offset: Int64
        var start: Change
        var end: Change
    }

    private let standard: Int64
    private let daylight: Daylight?

    /// Nil: the text is no POSIX TZ string with both rules.
    init?(_ text: String) {
        var reader = Reader(bytes: Array(text.utf8)[...])
        guard reader.name(), let offset = reader.time(limit: 24) else { return nil }
        standard = -offset
        guard !reader.bytes.isEmpty else {
            daylight = nil
            return
        }
        guard reader.name() else { return nil }
        var summer = standard + 3_600
        if reader.bytes.first != UInt8(ascii: ",") {
            guard let offset = reader.time(limit: 24) else { return nil }
            summer = -offset
        }
        guard let start = reader.change(), let end = reader.change(), reader.bytes.isEmpty else { return nil }
        daylight = Daylight(offset: summer, start: start, end: end)
    }

    /// The span that holds a second; `before`: what holds until the first change by this rule.
    func span(at second: Int64, after before: ZoneRules.Span) -> ZoneRules.Span {
        guard let daylight else {
            return ZoneRules.Span(start: before.start, end: .max, offset: standard)
        }
        let year = CivilDate(daysSinceEpoch: second.floored(by: 86_400)).year
        var span = before
        for year in (year - 1)...(year + 1) {
            let start = seconds(of: daylight.start, in: year) - standard
            let end = seconds(of: daylight.end, in: year) - daylight.offset
            // One that begins when another ends: summer goes on.
            let changes =
                start < end
                ? [(start, daylight.offset), (end, standard)] : [(end, standard), (start, daylight.offset)]
            for (time, offset) in changes where time > before.start || before.start == .min {
                guard time <= second else { return ZoneRules.Span(start: span.start, end: time, offset: span.offset) }
                span = ZoneRules.Span(start: time, end: .max, offset: offset)
            }
        }
        return span
    }

    private func seconds(of change: Change, in year: Int64) -> Int64 {
        let first = CivilDate.days(year: year, month: 1, day: 1)
        let day: Int64
        switch change.day {
        case .ordinal(let number): day = first + number
        case .julian(let number):
            let isLeap = CivilDate.days(year: year, month: 3, day: 1) - first == 60
            day = first + number - 1 + (isLeap && number >= 60 ? 1 : 0)
        case .weekday(let month, let week, let weekday):
            let start = CivilDate.days(year: year, month: month, day: 1)
            let end =
                month == 12
                ? CivilDate.days(year: year + 1, month: 1, day: 1)
                : CivilDate.days(year: year, month: month + 1, day: 1)
            let shift = (weekday - CivilDate.weekday(ofDay: start) + 7) % 7
            let wanted = start + shift + (week - 1) * 7
            day = wanted < end ? wanted : wanted - 7
        }
        return day * 86_400 + change.time
    }

    /// What is left of the text.
    private struct Reader {
        var bytes: ArraySlice<UInt8>

        mutating func accept(_ character: Unicode.Scalar) -> Bool {
            guard bytes.first == UInt8(ascii: character) else { return false }
            bytes.removeFirst()
            return true
        }

        /// At least three letters, or anything in angle brackets.
        mutating func name() -> Bool {
            if accept("<") {
                guard let end = bytes.firstIndex(of: UInt8(ascii: ">")) else { return false }
                bytes = bytes[(end + 1)...]
                return true
            }
            let letters = bytes.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) }
            bytes = bytes[letters.endIndex...]
            return letters.count >= 3
        }

        mutating func number(in range: ClosedRange<Int64>) -> Int64? {
            let digits = bytes.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard (1...3).contains(digits.count) else { return nil }
            bytes = bytes[digits.endIndex...]
            let value = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
            return range.contains(value) ? value : nil
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func time(limit: Int64) -> Int64? {
            let isNegative = accept("-")
            if !isNegative { _ = accept("+") }
            guard var seconds = number(in: 0...limit).map({ $0 * 3_600 }) else { return nil }
            for unit in [60, 1] as [Int64] where accept(":") {
                guard let part = number(in: 0...59) else { return nil }
                seconds += part * unit
            }
            return isNegative ? -seconds : seconds
        }

        mutating func change() -> Change? {
            guard accept(","), let day = day() else { return nil }
            guard accept("/") else { return Change(day: day, time: 7_200) }
            return time(limit: 167).map { Change(day: day, time: $0) }
        }

        private mutating func day() -> Day? {
            if accept("J") { return number(in: 1...365).map { .julian($0) } }
            guard accept("M") else { return number(in: 0...365).map { .ordinal($0) } }
            guard let month = number(in: 1...12), accept("."), let week = number(in: 1...5), accept("."),
                let day = number(in: 0...6)
            else { return nil }
            return .weekday(month: month, week: week, day: day)
        }
    }
}

extension CivilDate {
    /// Days since 1970-01-01 of a date that exists.
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        CivilDate(year: year, month: month, day: day)?.daysSinceEpoch ?? 0
    }

    /// 0 is Sunday; 1970-01-01 was a Thursday.
    static func weekday(ofDay days: Int64) -> Int64 { (days + 4) - (days + 4).floored(by: 7) * 7 }
}

extension Int64 {
    /// The quotient rounded towards negative infinity.
    func floored(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

// When a schedule fires, as cron says it. The semantics are those of Debian's cron; a star is a field that begins with one.

/// A cron expression of five fields, or of six with seconds first.
///
/// Lists, ranges, steps, names, `L` (last day of the month; `5L`: last Friday), `#` (`MON#2`: second Monday) and the
/// nicknames `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`, `@hourly`. Days match when both day
/// fields do, where one of them begins with a star; else when either does.
public struct CronExpression: Sendable, Hashable {
    /// The text it was read from.
    public let text: String
    let seconds: UInt64
    let minutes: UInt64
    let hours: UInt64
    private let days: UInt64
    private let endsMonth: Bool
    private let months: UInt64
    private let weekdays: UInt64
    private let lastWeekdays: UInt8
    private let nthWeekdays: [UInt8]
    private let needsBoth: Bool
    /// The minute or the hour begins with a star: it counts real time, whatever clocks are set to. Others stand for times
    /// of the clock on the wall.
    public let followsElapsedTime: Bool

    /// Reads an expression.
    ///
    /// - Throws: every mistake, with its place.
    public init(_ text: String) throws(CronExpressionError) {
        let parser = CronParser(text)
        guard parser.mistakes.isEmpty else { throw CronExpressionError(mistakes: parser.mistakes) }
        func values(_ field: CronField) -> CronParser.Values { parser.values[field] ?? .init() }
        self.text = text
        seconds = values(.second).bits
        minutes = values(.minute).bits
        hours = values(.hour).bits
        days = values(.dayOfMonth).bits
        endsMonth = values(.dayOfMonth).last != 0
        months = values(.month).bits
        weekdays = values(.dayOfWeek).bits
        lastWeekdays = values(.dayOfWeek).last
        nthWeekdays = values(.dayOfWeek).nth
        needsBoth = values(.dayOfMonth).isStar || values(.dayOfWeek).isStar
        followsElapsedTime = values(.minute).isStar || values(.hour).isStar
        guard nextLocal(from: 0) != nil else {
            throw CronExpressionError(mistakes: [
                .init(field: nil, offset: 0, message: "No day ever matches this expression.")
            ])
        }
    }

    /// The first matching local time from a second on, both in seconds since 1970-01-01T00:00:00 of the wall clock. Nil:
    /// none in the 400 years after which the calendar repeats.
    func nextLocal(from second: Int64) -> Int64? {
        var day = second.floored(by: 86_400)
        var rest = Int(second - day * 86_400)
        let limit = day + 146_097 + 366
        while day < limit {
            let date = CivilDate(daysSinceEpoch: day)
            guard months & (1 << UInt64(date.month)) != 0 else {
                day += Self.length(of: date) - date.day + 1
                rest = 0
                continue
            }
            if matches(date, day: day), let time = timeOfDay(from: rest) { return day * 86_400 + Int64(time) }
            day += 1
            rest = 0
        }
        return nil
    }

    private func matches(_ date: CivilDate, day: Int64) -> Bool {
        let byMonth = days & (1 << UInt64(date.day)) != 0 || (endsMonth && date.day == Self.length(of: date))
        if needsBoth, !byMonth { return false }
        if !needsBoth, byMonth { return true }
        let weekday = Int(CivilDate.weekday(ofDay: day))
        return weekdays & (1 << UInt64(weekday)) != 0
            || nthWeekdays[weekday] & (1 << UInt8((date.day + 6) / 7)) != 0
            || (lastWeekdays & (1 << UInt8(weekday)) != 0 && date.day + 7 > Self.length(of: date))
    }

    private func timeOfDay(from rest: Int) -> Int? {
        guard var hour = hours.bit(from: rest / 3_600) else { return nil }
        var minute: Int?
        var second: Int?
        if hour == rest / 3_600 {
            minute = minutes.bit(from: rest / 60 % 60)
            if minute == rest / 60 % 60 {
                second = seconds.bit(from: rest % 60)
                if second == nil { minute = minutes.bit(from: rest / 60 % 60 + 1) }
            }
            if minute == nil {
                guard let later = hours.bit(from: hour + 1) else { return nil }
                hour = later
            }
        }
        guard let firstMinute = minutes.bit(from: 0), let firstSecond = seconds.bit(from: 0) else { return nil }
        return hour * 3_600 + (minute ?? firstMinute) * 60 + (second ?? firstSecond)
    }

    private static func length(of date: CivilDate) -> Int64 {
        switch date.month {
        case 4, 6, 9, 11: 30
        case 2: CivilDate(year: date.year, month: 2, day: 29) == nil ? 28 : 29
        case _: 31
        }
    }
}

extension UInt64 {
    /// The first bit that is set, from one on.
    fileprivate func bit(from index: Int) -> Int? {
        guard index < 64 else { return nil }
        let rest = self >> UInt64(index)
        return rest == 0 ? nil : index + rest.trailingZeroBitCount
    }
}

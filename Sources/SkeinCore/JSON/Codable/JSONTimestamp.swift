// RFC 3339 to microseconds and back. Proleptic Gregorian calendar, years 0000 to 9999; no time zones but offsets.

/// An instant in microseconds since 1970-01-01T00:00:00Z.
struct JSONTimestamp: Sendable, Hashable {
    let microseconds: Int64

    private static let microsecondsPerDay: Int64 = 86_400_000_000

    init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The form `2026-01-02T03:04:05.123456Z`; `nil` outside the years 0000 to 9999.
    var text: String? {
        var day = microseconds / Self.microsecondsPerDay
        var rest = microseconds % Self.microsecondsPerDay
        if rest < 0 {
            rest += Self.microsecondsPerDay
            day -= 1
        }
        let (year, month, dayOfMonth) = Self.civil(fromDay: day)
        guard (0...9999).contains(year) else { return nil }
        var text = ""
        text.reserveCapacity(27)
        Self.append(year, width: 4, to: &text)
        text += "-"
        Self.append(month, width: 2, to: &text)
        text += "-"
        Self.append(dayOfMonth, width: 2, to: &text)
        text += "T"
        Self.append(rest / 3_600_000_000, width: 2, to: &text)
        text += ":"
        Self.append(rest / 60_000_000 % 60, width: 2, to: &text)
        text += ":"
        Self.append(rest / 1_000_000 % 60, width: 2, to: &text)
        text += "."
        Self.append(rest % 1_000_000, width: 6, to: &text)
        return text + "Z"
    }

    /// Reads any RFC 3339 date-time. Digits of the fraction after the sixth are dropped; a leap second is the next one.
    init?(_ text: String) {
        var reader = Reader(rest: text.utf8[...])
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2, 1...12), reader.skip("-"),
            let day = reader.number(2, 1...Self.days(in: month, of: year)), reader.skip("T") || reader.skip("t"),
            let hour = reader.number(2, 0...23), reader.skip(":"), let minute = reader.number(2, 0...59),
            reader.skip(":"),
            let second = reader.number(2, 0...60), let fraction = reader.fraction(), let offset = reader.offset(),
            reader.rest.isEmpty
        else { return nil }
        let seconds = Self.day(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset * 60
        microseconds = seconds * 1_000_000 + fraction
    }

    private static func append(_ value: Int64, width: Int, to text: inout String) {
        let digits = String(value)
        text += String(repeating: "0", count: width - digits.utf8.count)
        text += digits
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        case _: 31
        }
    }

    /// The number of a day, 0 for 1970-01-01. Years start in March here, so that the leap day comes last.
    private static func day(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(fromDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// Takes the parts of the text from the left.
    private struct Reader {
        var rest: Substring.UTF8View

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest.removeFirst()
            return true
        }

        mutating func number(_ width: Int, _ range: ClosedRange<Int64> = 0...9999) -> Int64? {
            let digits = rest.prefix(width)
            guard digits.count == width, digits.allSatisfy(JSONNumberGrammar.isDigit) else { return nil }
            rest.removeFirst(width)
            let value = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
            return range.contains(value) ? value : nil
        }

        mutating func fraction() -> Int64? {
            guard skip(".") else { return 0 }
            let digits = rest.prefix(while: JSONNumberGrammar.isDigit)
            guard !digits.isEmpty else { return nil }
            rest.removeFirst(digits.count)
            var value: Int64 = 0
            var left = 6
            for digit in digits.prefix(6) {
                value = value * 10 + Int64(digit - UInt8(ascii: "0"))
                left -= 1
            }
            for _ in 0..<left { value *= 10 }
            return value
        }

        /// Minutes east of UTC.
        mutating func offset() -> Int64? {
            if skip("Z") || skip("z") { return 0 }
            let isWest = skip("-")
            guard isWest || skip("+"), let hours = number(2, 0...23), skip(":"), let minutes = number(2, 0...59)
            else { return nil }
            return (isWest ? -1 : 1) * (hours * 60 + minutes)
        }
    }
}

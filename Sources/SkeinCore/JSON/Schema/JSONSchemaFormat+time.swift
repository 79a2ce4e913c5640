// Dates, times and durations of RFC 3339.

extension JSONSchemaFormat {
    static func isDateTime(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count > 11, scalars[10] == "T" || scalars[10] == "t" else { return false }
        return isDate(scalars[..<10]) && isTime(scalars[11...])
    }

    static func isDate(_ text: String) -> Bool {
        isDate(Array(text.unicodeScalars)[...])
    }

    static func isTime(_ text: String) -> Bool {
        isTime(Array(text.unicodeScalars)[...])
    }

    private static func isDate(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
        var rest = text
        guard let year = number(&rest, digits: 4), rest.popFirst() == "-", let month = number(&rest, digits: 2),
            rest.popFirst() == "-", let day = number(&rest, digits: 2), rest.isEmpty, (1...12).contains(month)
        else { return false }
        let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...days[month - 1]).contains(day)
    }

    private static func isTime(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
        var rest = text
        guard let hour = number(&rest, digits: 2), rest.popFirst() == ":", let minute = number(&rest, digits: 2),
            rest.popFirst() == ":", let second = number(&rest, digits: 2), hour < 24, minute < 60, second <= 60
        else { return false }
        if rest.first == "." {
            rest.removeFirst()
            let fraction = rest.prefix(while: \.isASCIIDigit)
            guard !fraction.isEmpty else { return false }
            rest = rest.dropFirst(fraction.count)
        }
        guard let offset = offset(rest) else { return false }
        guard second == 60 else { return true }
        // A leap second is inserted before midnight UTC, whatever the local time is.
        return (hour * 60 + minute - offset + 2880) % 1440 == 23 * 60 + 59
    }

    /// Minutes east of UTC.
    private static func offset(_ text: ArraySlice<Unicode.Scalar>) -> Int? {
        var rest = text
        guard let sign = rest.popFirst() else { return nil }
        if sign == "Z" || sign == "z" { return rest.isEmpty ? 0 : nil }
        guard sign == "+" || sign == "-", let hours = number(&rest, digits: 2), rest.popFirst() == ":",
            let minutes = number(&rest, digits: 2), rest.isEmpty, hours < 24, minutes < 60
        else { return nil }
        return (sign == "-" ? -1 : 1) * (hours * 60 + minutes)
    }

    private static func number(_ rest: inout ArraySlice<Unicode.Scalar>, digits: Int) -> Int? {
        let text = rest.prefix(digits)
        guard text.count == digits, text.allSatisfy(\.isASCIIDigit) else { return nil }
        rest = rest.dropFirst(digits)
        return text.reduce(0) { $0 * 10 + Int($1.value - 0x30) }
    }

    /// Units come in order and without gaps: the grammar has no years with days but without months.
    static func isDuration(_ text: String) -> Bool {
        var rest = text.unicodeScalars[...]
        guard rest.popFirst() == "P" else { return false }
        let parts = rest.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        guard let date = units(parts[0]) else { return false }
        guard parts.count == 2 else { return !date.isEmpty && (date == "W" || "YMD".contains(date)) }
        guard let time = units(parts[1]) else { return false }
        return !time.isEmpty && "HMS".contains(time) && (date.isEmpty || "YMD".contains(date))
    }

    private static func units(_ text: Substring.UnicodeScalarView) -> String? {
        var rest = text
        var units = ""
        while !rest.isEmpty {
            let digits = rest.prefix(while: \.isASCIIDigit)
            rest = rest.dropFirst(digits.count)
            guard !digits.isEmpty, let unit = rest.popFirst() else { return nil }
            units.unicodeScalars.append(unit)
        }
        return units
    }
}

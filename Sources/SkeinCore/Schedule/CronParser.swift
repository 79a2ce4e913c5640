// Reads cron expressions: five or six fields, lists, ranges, steps, names, L, #, nicknames. Goes on after a mistake, so that
// all of them are told at once.

/// Reads one expression.
struct CronParser {
    /// What a field allows.
    struct Values: Hashable {
        var bits: UInt64 = 0
        /// The text began with a star: as Debian's cron sees it, the field restricts nothing by itself.
        var isStar = false
        /// The last day of the month, or per weekday.
        var last: UInt8 = 0
        /// Bit n of a weekday: its n-th of the month.
        var nth = [UInt8](repeating: 0, count: 7)
    }

    private(set) var mistakes: [CronExpressionError.Mistake] = []
    private(set) var values: [CronField: Values] = [:]

    static let longest = 1_000

    private static let nicknames = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]

    init(_ text: String) {
        guard text.utf8.count <= Self.longest else {
            fail(nil, 0, "An expression has at most \(Self.longest) bytes.")
            return
        }
        let plain = text.split(whereSeparator: \.isCronSpace).joined(separator: " ").lowercased()
        guard plain.hasPrefix("@") else {
            read(Array(text))
            return
        }
        if let meant = Self.nicknames[plain] { read(Array(meant)) } else { refuse(nickname: plain) }
    }

    private mutating func refuse(nickname: String) {
        let known = Self.nicknames.keys.sorted()
        let ending =
            nickname == "@reboot"
            ? ": instances come and go, there is no reboot." : Suggestion.phrase(for: nickname, among: known)
        fail(nil, 0, "\(nickname.quoted) is not one of \(known.joined(separator: ", "))\(ending)")
    }

    private mutating func read(_ text: [Character]) {
        var parts: [(start: Int, text: ArraySlice<Character>)] = []
        var at = 0
        while at < text.count {
            let start = at
            while at < text.count, !text[at].isCronSpace { at += 1 }
            if at > start { parts.append((start, text[start..<at])) }
            at += 1
        }
        guard let fields = parts.count == 5 ? CronField.five : parts.count == 6 ? CronField.six : nil else {
            return fail(
                nil, 0,
                "An expression has 5 fields (minute, hour, day of month, month, day of week), or 6 with seconds first; "
                    + "this has \(parts.count).")
        }
        values[.second] = Values(bits: 1)
        for (field, part) in zip(fields, parts) {
            var read = Values()
            read.isStar = part.text.first == "*"
            var start = part.start
            for item in part.text.split(separator: ",", omittingEmptySubsequences: false) {
                readItem(item, of: field, at: start, into: &read)
                start += item.count + 1
            }
            values[field] = read
        }
    }

    private mutating func readItem(
        _ item: ArraySlice<Character>, of field: CronField, at start: Int, into values: inout Values
    ) {
        guard !item.isEmpty else { return fail(field, start, "Nothing stands before or after this comma.") }
        let parts = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var step: Int?
        if parts.count == 2 {
            let place = start + parts[0].count + 1
            guard let number = Self.digits(parts[1]), number > 0 else {
                return fail(field, place, "A step must be a whole number from 1, not \(String(parts[1]).quoted).")
            }
            step = number
        }
        guard let base = parts.first else { return }
        if base.count == 1, base.first == "*" {
            return Self.add(field.range, every: step ?? 1, of: field, to: &values)
        }
        if readSpecial(base, of: field, step: step, at: start, into: &values) { return }
        let ends = base.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let low = number(ends[0], of: field, at: start) else { return }
        guard ends.count == 2 else {
            return Self.add(
                low...(step == nil ? low : field.range.upperBound), every: step ?? 1, of: field, to: &values)
        }
        let place = start + ends[0].count + 1
        guard var high = number(ends[1], of: field, at: place) else { return }
        // Sunday ends the week, too, when it is written as a name.
        if field == .dayOfWeek, high == 0, low > 0, Self.digits(ends[1]) == nil { high = 7 }
        guard low <= high else {
            return fail(
                field, start, "The range \(String(base).quoted) ends before it begins; write two ranges with a comma.")
        }
        Self.add(low...high, every: step ?? 1, of: field, to: &values)
    }

    /// `L`, `5L`, `MON#2`. True: it was one of these, right or wrong.
    private mutating func readSpecial(
        _ text: ArraySlice<Character>, of field: CronField, step: Int?, at start: Int, into values: inout Values
    ) -> Bool {
        let isLast = text.last.map { $0 == "L" || $0 == "l" } ?? false
        let hash = text.firstIndex(of: "#")
        guard hash != nil || (isLast && (field == .dayOfMonth || field == .dayOfWeek)) else { return false }
        guard step == nil else {
            fail(field, start, "A step cannot follow \(String(text).quoted).")
            return true
        }
        if let hash {
            guard field == .dayOfWeek else {
                fail(field, hash - text.startIndex + start, "# belongs to the day of week only.")
                return true
            }
            guard let nth = Self.digits(text[(hash + 1)...]), (1...5).contains(nth) else {
                fail(field, start + hash - text.startIndex + 1, "After # stands which one of the month, 1 to 5.")
                return true
            }
            if let day = number(text[..<hash], of: field, at: start) { values.nth[day % 7] |= 1 << UInt8(nth) }
            return true
        }
        if field == .dayOfMonth {
            guard text.count == 1 else {
                fail(field, start, "\(String(text).quoted) is not one of \(field.allowed).")
                return true
            }
            values.last = 1
            return true
        }
        if let day = number(text.dropLast(), of: field, at: start) { values.last |= 1 << UInt8(day % 7) }
        return true
    }

    private mutating func number(_ text: ArraySlice<Character>, of field: CronField, at place: Int) -> Int? {
        if let number = Self.digits(text), field.range.contains(number) { return number }
        if let number = field.number(named: String(text).uppercased()) { return number }
        fail(field, place, "\(String(text).quoted) is not one of \(field.allowed).")
        return nil
    }

    private static func digits(_ text: ArraySlice<Character>) -> Int? {
        guard (1...6).contains(text.count), text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return Int(String(text))
    }

    private static func add(_ range: ClosedRange<Int>, every step: Int, of field: CronField, to values: inout Values) {
        for number in stride(from: range.lowerBound, through: range.upperBound, by: step) {
            values.bits |= 1 << UInt64(field == .dayOfWeek ? number % 7 : number)
        }
    }

    private mutating func fail(_ field: CronField?, _ offset: Int, _ message: String) {
        mistakes.append(CronExpressionError.Mistake(field: field, offset: offset, message: message))
    }
}

extension Character {
    /// What separates fields.
    fileprivate var isCronSpace: Bool { self == " " || self == "\t" }
}

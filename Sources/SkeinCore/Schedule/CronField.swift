// The fields of a cron expression: what each may hold and how it is called in messages.

/// One field of a cron expression.
public enum CronField: String, Sendable, Hashable, CaseIterable {
    case second, minute, hour
    case dayOfMonth = "day of month"
    case month
    case dayOfWeek = "day of week"

    /// The numbers it may hold. Sunday is 0 and 7.
    var range: ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...7
        }
    }

    /// Three-letter names, of which the first stands for `nameBase`.
    private var names: [String] {
        switch self {
        case .month: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
        case .dayOfWeek: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
        case .second, .minute, .hour, .dayOfMonth: []
        }
    }

    /// The number behind a name in upper case; nil: no name of this field.
    func number(named name: String) -> Int? {
        names.firstIndex(of: name).map { $0 + (self == .month ? 1 : 0) }
    }

    /// What an item may be, for messages.
    var allowed: String {
        let numbers = "\(range.lowerBound) to \(range.upperBound)"
        switch self {
        case .second, .minute, .hour: return numbers
        case .dayOfMonth: return "\(numbers), L"
        case .month: return "\(numbers), JAN to DEC"
        case .dayOfWeek: return "\(numbers), SUN to SAT, MON#2, FRIL"
        }
    }

    /// The fields of an expression without seconds.
    static let five: [CronField] = [.minute, .hour, .dayOfMonth, .month, .dayOfWeek]
    /// The fields of an expression that begins with seconds.
    static let six: [CronField] = [.second] + five
}

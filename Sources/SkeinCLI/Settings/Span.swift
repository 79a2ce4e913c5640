import Skein
import SkeinCore

/// Spans of time as people write them.
enum Span {
    /// `90s`, `15m`, `12h`, `30d`, `2w`.
    static func milliseconds(_ text: String) -> Int64? {
        let units: [Character: Int64] = [
            "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
        ]
        guard let last = text.last, let unit = units[last], let number = Int64(text.dropLast()), number > 0,
            number < 100_000
        else { return nil }
        return number * unit
    }

    static func milliseconds(_ text: String, of option: String) throws(CommandFailure) -> Int64 {
        if let span = milliseconds(text) { return span }
        throw CommandFailure(
            .usage, "\(option) \(text) is not a span of time", fix: "give it as 90s, 15m, 12h, 30d or 2w")
    }
}

extension RetentionPolicy {
    /// `30d` for whatever has ended, or `completed=30d,failed=90d`; nil: it is neither.
    init?(written text: String) {
        if let span = Span.milliseconds(text) {
            self = .ended(.milliseconds(span))
            return
        }
        self.init()
        for part in text.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1).map { $0.filter { !$0.isWhitespace } }
            guard pair.count == 2, let status = ExecutionStatus(rawValue: pair[0]),
                let span = Span.milliseconds(pair[1])
            else { return nil }
            ages[status] = .milliseconds(span)
        }
        guard !ages.isEmpty, problems.isEmpty else { return nil }
    }
}

import SkeinCore

/// Instants and spans for people.
enum RelativeTime {
    /// `3 s ago`, `in 2 h`.
    static func text(_ time: Timestamp, relativeTo now: Timestamp) -> String {
        let milliseconds = (now - time).wholeMilliseconds
        guard milliseconds.magnitude >= 1_000 else { return "now" }
        let text = span(milliseconds: Int64(clamping: milliseconds.magnitude))
        return milliseconds > 0 ? "\(text) ago" : "in \(text)"
    }

    /// `12 ms`, `1.5 s`, `3 min`, `2 h`, `5 d`.
    static func span(milliseconds: Int64) -> String {
        switch milliseconds {
        case ..<1_000: return "\(milliseconds) ms"
        case ..<10_000:
            let tenths = milliseconds / 100
            return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
        case ..<120_000: return "\(milliseconds / 1_000) s"
        case ..<7_200_000: return "\(milliseconds / 60_000) min"
        case ..<172_800_000: return "\(milliseconds / 3_600_000) h"
        default: return "\(milliseconds / 86_400_000) d"
        }
    }
}

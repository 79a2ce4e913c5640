import SkeinCore

/// When a server wants to be asked again (RFC 9110, 10.2.3).
enum RetryAfter {
    /// The longest a server is waited for.
    static let longest: Duration = .seconds(86_400)

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Seconds, or a date such as `Sun, 06 Nov 1994 08:49:37 GMT`; `nil` for anything else.
    static func read(_ value: String, now: Timestamp) -> Duration? {
        let text = value.trimming(while: { $0 == " " || $0 == "\t" })
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return min(longest, .seconds(Int64(text) ?? 86_400))
        }
        guard let date = date(text) else { return nil }
        return min(longest, max(.zero, date - now))
    }

    private static func date(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT",
            let month = months.firstIndex(where: { $0 == parts[2] })
        else { return nil }
        return Timestamp("\(parts[3])-\(month < 9 ? "0" : "")\(month + 1)-\(parts[1])T\(parts[4])Z")
    }
}

extension String {
    fileprivate func trimming(while isTrimmed: (Character) -> Bool) -> String {
        guard let first = firstIndex(where: { !isTrimmed($0) }), let last = lastIndex(where: { !isTrimmed($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}

import SkeinCore

/// Shows recorded events as they come: one line each.
struct EventLines {
    var printer: Printer
    private var isFirst = true

    init(printer: Printer) {
        self.printer = printer
    }

    mutating func show(_ event: JSONValue) throws {
        try printer.streamed(event, columns: Self.columns, line: Self.line(event), isFirst: isFirst)
        isFirst = false
    }

    /// `12:03:01.123  charge        step.completed        12 ms  {"approved":true}`
    static func line(_ event: JSONValue) -> String {
        let object = event.object ?? [:]
        let time = object["at"]?.string.map { String($0.dropFirst(11).prefix(12)) } ?? ""
        let metadata = object["metadata"]?.object ?? [:]
        let step = object["stepId"]?.string ?? "·"
        let duration = metadata["durationMs"]?.int64.map { RelativeTime.span(milliseconds: $0) } ?? ""
        let type = object["type"]?.string ?? "?"
        let columns = [
            time, step.padded(to: 16), type.padded(to: 22), duration.padded(to: 8), detail(object, metadata),
        ]
        var line = columns.joined(separator: "  ")
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }

    private static func detail(_ event: JSONObject, _ metadata: JSONObject) -> String {
        var parts: [String] = []
        if let attempt = event["attempt"]?.int64, attempt > 1 { parts.append("attempt \(attempt)") }
        if let message = event["message"]?.string { parts.append(message) }
        for key in ["retryAt", "name", "cause", "timeoutMs"] {
            if let value = metadata[key] { parts.append("\(key) \(value.string ?? value.text())") }
        }
        if let wait = metadata["wait"]?.object {
            parts.append("for \(wait["kind"]?.string ?? "?")\(wait["signal"]?.string.map { " '\($0)'" } ?? "")")
        }
        if let output = metadata["output"], !output.isNull { parts.append(output.text().cut(to: 120)) }
        return parts.joined(separator: ", ")
    }

    static let columns = [
        Column("seq"), Column("at", "AT", .time), Column("type"), Column("stepId", "STEP"), Column("attempt"),
        Column("metadata.durationMs", "DURATION", .milliseconds), Column("message"),
    ]
}

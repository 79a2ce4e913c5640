// Log lines on stderr: one line each, whatever is in them.

import Logging
import Skein
import SkeinCore

/// Writes log events as text for people or as JSON for machines.
struct ConsoleLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let format: ServeSettings.LogFormat
    private let label: String
    private let clock: any EngineClock
    private let write: @Sendable (String) -> Void

    init(
        label: String, level: Logger.Level, format: ServeSettings.LogFormat, clock: any EngineClock = SystemClock(),
        write: @escaping @Sendable (String) -> Void
    ) {
        self.label = label
        self.logLevel = level
        self.format = format
        self.clock = clock
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        all.merge(metadataProvider?.get() ?? [:]) { _, new in new }
        all.merge(event.metadata ?? [:]) { _, new in new }
        if let error = event.error, all["error"] == nil { all["error"] = "\(error)" }
        switch format {
        case .text: write(text(event, all))
        case .json: write(json(event, all))
        }
    }

    /// `2026-01-02T03:04:05.000006Z info    claimed  execution.id=… worker.id=…`
    private func text(_ event: LogEvent, _ metadata: Logger.Metadata) -> String {
        let pairs = metadata.sorted { $0.key < $1.key }.map { key, value in
            let text = Self.plain(value)
            let needsQuotes =
                text.isEmpty || text.unicodeScalars.contains { $0 == " " || $0 == "\"" || $0 == "=" || $0.isControl }
            return "\(key)=\(needsQuotes ? JSONValue.string(text).text() : text)"
        }
        let head = "\(clock.now) \(event.level.rawValue.padded(to: 8)) \(event.message.description)"
        return (pairs.isEmpty ? head : head + "  " + pairs.joined(separator: " ")).withoutControls
    }

    private func json(_ event: LogEvent, _ metadata: Logger.Metadata) -> String {
        var object: JSONObject = [
            "time": .string(clock.now.description), "level": .string(event.level.rawValue), "label": .string(label),
            "message": .string(event.message.description),
        ]
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            object[object.contains(key: key) ? "metadata.\(key)" : key] = Self.json(value)
        }
        return JSONValue.object(object).text()
    }

    private static func plain(_ value: Logger.Metadata.Value) -> String {
        switch value {
        case .string(let text): text
        case .stringConvertible(let convertible): convertible.description
        case .dictionary, .array: json(value).text()
        }
    }

    private static func json(_ value: Logger.Metadata.Value) -> JSONValue {
        switch value {
        case .string(let text): .string(text)
        case .stringConvertible(let convertible): .string(convertible.description)
        case .array(let values): .array(values.map { json($0) })
        case .dictionary(let members):
            .object(JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key, json($0.value)) }))
        }
    }
}

extension Logger {
    /// A logger that writes to stderr.
    init(_ label: String, level: Logger.Level, format: ServeSettings.LogFormat, console: Console) {
        self.init(label: label) { label in
            ConsoleLogHandler(label: label, level: level, format: format) { console.log($0) }
        }
    }
}

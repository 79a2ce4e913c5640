import Logging
import Skein
import SkeinCore

/// What an instance is told from outside, checked.
struct ServeSettings: Sendable, Hashable {
    /// Text for people, or one JSON object per line.
    enum LogFormat: String, Sendable, Hashable, CaseIterable {
        case text, json
    }

    /// Nil: none was given.
    var databaseURL: String?
    /// Nil: coordination within this process only.
    var redisURL: String?
    var host = "127.0.0.1"
    var port = 7_580
    /// Nil: generated.
    var workerID: WorkerID?
    var podID: String?
    /// Executions in progress at once.
    var concurrency = 256
    var lease: Duration = .seconds(10)
    var sweep: Duration = .seconds(5)
    var grace: Duration = .seconds(30)
    var handlerWait: Duration = .seconds(600)
    var logLevel: Logger.Level = .info
    var logFormat: LogFormat = .text
    var redisPrefix = "skein"
    var schema = "skein"
    /// Of schedules that name none.
    var timeZone = "UTC"
    /// Networks that steps may reach besides public addresses.
    var egressAllow: [String] = []
    /// Nil: everything is kept.
    var retention: RetentionPolicy?

    /// Whether only this machine can reach the listener.
    var isLoopback: Bool { Self.isLoopback(host) }

    static func isLoopback(_ host: String) -> Bool {
        let name = host.lowercased()
        if name == "localhost" || name == "::1" || name == "[::1]" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

extension ServeSettings: CustomStringConvertible {
    /// One line; secrets as `***`.
    var description: String {
        let values: [(String, String)] = [
            ("database", databaseURL == nil ? "none" : "***"), ("redis", redisURL == nil ? "none" : "***"),
            ("host", host),
            ("port", "\(port)"), ("concurrency", "\(concurrency)"), ("lease", "\(lease)"), ("sweep", "\(sweep)"),
            ("grace", "\(grace)"),
            ("handlerWait", "\(handlerWait)"), ("logLevel", "\(logLevel)"), ("logFormat", logFormat.rawValue),
            ("redisPrefix", redisPrefix), ("schema", schema), ("timeZone", timeZone),
            ("egressAllow", egressAllow.joined(separator: ",")),
            (
                "retention",
                retention.map { $0.ages.map { "\($0.key.rawValue)=\($0.value)" }.sorted().joined(separator: ",") }
                    ?? "none"
            ),
        ]
        return values.map { "\($0)=\($1)" }.joined(separator: " ")
    }
}

import Configuration

/// What can be set, by the name of its environment variable. Flags, files and messages use the same names.
enum Setting: String, Sendable, CaseIterable {
    case databaseURL = "DATABASE_URL"
    case redisURL = "REDIS_URL"
    case host = "SKEIN_HOST"
    case port = "SKEIN_HTTP_PORT"
    case workerID = "SKEIN_WORKER_ID"
    case podID = "SKEIN_POD_ID"
    case concurrency = "SKEIN_CONCURRENCY"
    case lease = "SKEIN_LEASE_MS"
    case sweep = "SKEIN_SWEEP_MS"
    case grace = "SKEIN_GRACE_MS"
    case handlerWait = "SKEIN_HANDLER_WAIT_MS"
    case logLevel = "SKEIN_LOG_LEVEL"
    case logFormat = "SKEIN_LOG_FORMAT"
    case auth = "SKEIN_AUTH"
    case payloadKey = "SKEIN_PAYLOAD_KEY"
    case redisPrefix = "SKEIN_REDIS_PREFIX"
    case schema = "SKEIN_SCHEMA"
    case timezone = "SKEIN_TIMEZONE"
    case webhookBase = "SKEIN_WEBHOOK_BASE"
    case egressAllow = "SKEIN_EGRESS_ALLOW"
    case retention = "SKEIN_RETENTION"

    /// The name of the variable.
    var name: String { rawValue }

    /// Whether the value must never be shown.
    var isSecret: Bool { [.databaseURL, .redisURL, .payloadKey].contains(self) }

    /// The words of the name: a key of swift-configuration, whose environment provider writes it as the variable again.
    var key: ConfigKey { ConfigKey(words) }

    var absoluteKey: AbsoluteConfigKey { AbsoluteConfigKey(words) }

    private var words: [String] { name.lowercased().split(separator: "_").map { String($0) } }

    /// The setting behind a name in a file: `SKEIN_HTTP_PORT`, `httpPort`, or `http: {port: …}`.
    init?(fileKey path: [String]) {
        let name = path.map { Self.screaming($0) }.joined(separator: "_")
        guard let setting = Setting(rawValue: name) ?? Setting(rawValue: "SKEIN_" + name) else { return nil }
        self = setting
    }

    /// `httpPort` and `http-port` as `HTTP_PORT`.
    static func screaming(_ word: String) -> String {
        var result = ""
        var previous: Character = "_"
        for character in word {
            if character.isUppercase, previous.isLowercase || previous.isNumber { result.append("_") }
            result.append(character == "-" || character == "." ? "_" : character)
            previous = character
        }
        return result.uppercased()
    }
}

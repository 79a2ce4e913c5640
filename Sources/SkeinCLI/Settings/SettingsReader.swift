// The one place that reads flags, environment and file, in this precedence, and says everything that is wrong with them
// at once.

import Configuration
import Logging
import Skein
import SkeinCore

/// Reads the settings of an instance.
struct SettingsReader {
    /// Which command asks.
    enum Purpose: Sendable, Hashable {
        case serve
        /// Nothing listens: `migrate`, `doctor`.
        case tool
        /// Needs no servers.
        case dev
    }

    struct Result: Sendable {
        var settings: ServeSettings
        var problems: [String]
        var warnings: [String]
    }

    private let layers: [(values: Set<Setting>, reader: ConfigReader, place: (Setting) -> String)]
    private let reader: ConfigReader
    private let environment: [String: String]
    private let file: SettingsFile?
    private let purpose: Purpose
    private var problems: [String] = []

    /// - Parameters:
    ///   - flags: what the command line says.
    ///   - environment: the variables of the process; empty ones count as unset.
    init(purpose: Purpose, flags: [Setting: String] = [:], environment: [String: String], file: SettingsFile? = nil) {
        let meant = EnvironmentNames.meant(environment)
        let flagLayer = ConfigReader(provider: Self.provider("flags", flags))
        let environmentProvider = EnvironmentVariablesProvider(
            environmentVariables: meant,
            secretsSpecifier: .dynamic { name, _ in Setting(rawValue: name)?.isSecret ?? false })
        let filled = (file?.values ?? [:]).filter { !$0.value.isEmpty }
        let fileProvider = Self.provider("file", filled)
        layers = [
            (Set(flags.keys), flagLayer, { $0.flag }),
            (
                Set(Setting.allCases.filter { meant[$0.name] != nil }), ConfigReader(provider: environmentProvider),
                { $0.name }
            ),
            (
                Set(filled.keys), ConfigReader(provider: fileProvider),
                { setting in "\(setting.name) in \(file?.place(of: setting) ?? "the file")" }
            ),
        ]
        reader = ConfigReader(providers: [Self.provider("flags", flags), environmentProvider, fileProvider])
        self.environment = environment
        self.file = file
        self.purpose = purpose
    }

    private static func provider(_ name: String, _ values: [Setting: String]) -> InMemoryProvider {
        let pairs = values.map { setting, text in
            (setting.absoluteKey, ConfigValue(.string(text), isSecret: setting.isSecret))
        }
        return InMemoryProvider(name: name, values: Dictionary(pairs) { first, _ in first })
    }

    /// Everything at once.
    mutating func read() -> Result {
        problems = file?.problems ?? []
        var settings = ServeSettings()
        settings.databaseURL = databaseURL()
        settings.redisURL = text(.redisURL)
        settings.host = text(.host) ?? settings.host
        settings.port = integer(.port, 0...65_535) ?? settings.port
        settings.workerID = value(.workerID, "a UUID") { WorkerID($0) }
        settings.podID = text(.podID)
        settings.concurrency = integer(.concurrency, 1...100_000) ?? settings.concurrency
        settings.lease = milliseconds(.lease, 500...3_600_000) ?? settings.lease
        settings.sweep = milliseconds(.sweep, 10...3_600_000) ?? settings.sweep
        settings.grace = milliseconds(.grace, 0...3_600_000) ?? settings.grace
        settings.handlerWait = milliseconds(.handlerWait, 0...2_592_000_000) ?? settings.handlerWait
        settings.logLevel =
            value(.logLevel, Logger.Level.allCases.map(\.rawValue).joined(separator: "|")) {
                Logger.Level(rawValue: $0.lowercased())
            } ?? (purpose == .dev ? .notice : .info)
        settings.logFormat =
            value(.logFormat, "text|json") { ServeSettings.LogFormat(rawValue: $0.lowercased()) } ?? .text
        settings.redisPrefix =
            value(.redisPrefix, "1 to 50 of a-z, 0-9, - and _") { $0.isPrefix ? $0 : nil } ?? settings.redisPrefix
        settings.schema =
            value(.schema, "1 to 63 of a-z, 0-9 and _, not beginning with a digit or pg_") { $0.isSchema ? $0 : nil }
            ?? settings.schema
        settings.timeZone = timeZone() ?? settings.timeZone
        settings.egressAllow = networks()
        settings.retention = value(.retention, "ages by status, as completed=30d,failed=90d, or one for all, as 30d") {
            RetentionPolicy(written: $0)
        }
        checkAuth(settings)
        return Result(settings: settings, problems: problems, warnings: warnings())
    }

    /// Throws when there are problems, with all of them.
    static func refuse(_ problems: [String]) throws(CommandFailure) {
        guard !problems.isEmpty else { return }
        throw CommandFailure(
            .usage, "\(problems.count) setting\(problems.count == 1 ? " is" : "s are") wrong", details: problems,
            fix: "flags win over the environment, which wins over the file; see --help")
    }

    // MARK: - Values

    private func text(_ setting: Setting) -> String? { reader.string(forKey: setting.key, isSecret: setting.isSecret) }

    private mutating func value<T>(_ setting: Setting, _ allowed: String, _ convert: (String) -> T?) -> T? {
        guard let text = text(setting) else { return nil }
        if let value = convert(text) { return value }
        refuse(setting, "must be \(allowed), not '\(setting.isSecret ? "***" : text)'")
        return nil
    }

    private mutating func integer(_ setting: Setting, _ range: ClosedRange<Int>) -> Int? {
        value(setting, "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    private mutating func milliseconds(_ setting: Setting, _ range: ClosedRange<Int>) -> Duration? {
        integer(setting, range).map { .milliseconds($0) }
    }

    /// The URL, or, where libpq's own variables name a server, an empty one that leaves it to them.
    private mutating func databaseURL() -> String? {
        guard purpose != .dev else { return nil }
        if let url = text(.databaseURL) {
            // libpq takes keywords and values too.
            guard
                url.hasPrefix("postgres://") || url.hasPrefix("postgresql://")
                    || (url.contains("=") && !url.contains("://"))
            else {
                refuse(.databaseURL, "must begin with postgres:// or postgresql://")
                return nil
            }
            return url
        }
        let names = ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"]
        if names.contains(where: { environment[$0].map { !$0.isEmpty } ?? false }) { return "" }
        if purpose == .serve { refuse(.databaseURL, "is not set, nor is PGHOST; `skein dev` needs no database") }
        return nil
    }

    private mutating func networks() -> [String] {
        let parts = (text(.egressAllow) ?? "").split(whereSeparator: { $0 == "," || $0.isWhitespace }).map {
            String($0)
        }
        if let reason = Composition.egressProblem(parts) { refuse(.egressAllow, reason) }
        return parts
    }

    private mutating func timeZone() -> String? {
        guard let name = text(.timezone) else { return nil }
        if let reason = Composition.timeZoneProblem(name) {
            refuse(.timezone, reason)
            return nil
        }
        return name
    }

    // MARK: - Rules

    private mutating func checkAuth(_ settings: ServeSettings) {
        if let auth = text(.auth), auth != "none" {
            refuse(
                .auth,
                ["keys", "jwt"].contains(auth)
                    ? "'\(auth)' is not in this version: only 'none' is, on loopback" : "must be none, not '\(auth)'")
        }
        if text(.payloadKey) != nil {
            refuse(.payloadKey, "encryption at rest is not in this version; unset it to store payloads as they are")
        }
        if purpose != .tool, !settings.isLoopback {
            refuse(
                .host,
                "'\(settings.host)' is not a loopback address, and this version has no authentication; use 127.0.0.1 behind a proxy that has"
            )
        }
        if purpose != .dev, let url = settings.redisURL, let reason = Composition.redisProblem(url) {
            refuse(.redisURL, reason)
        }
    }

    private func warnings() -> [String] {
        let idle = [Setting.webhookBase].filter { text($0) != nil }
        return EnvironmentNames.warnings(environment)
            + idle.map { "\($0.name) has no effect: this version has no triggers" }
    }

    private mutating func refuse(_ setting: Setting, _ why: String) {
        let place = layers.first { $0.values.contains(setting) }?.place(setting) ?? setting.name
        problems.append("\(place): \(why)")
    }
}

import ArgumentParser
import FoundationEssentials

/// Every setting as a flag. Values stay text: the settings reader checks them together with all others.
struct SettingFlags: ParsableArguments {
    @Option(help: "A YAML or JSON file with the same names as the environment.")
    var config: String?

    @Option(help: "DATABASE_URL: postgres://USER:PASSWORD@HOST/NAME. Prefer the variable: others can read flags.")
    var databaseUrl: String?

    @Option(help: "REDIS_URL: redis:// or rediss://.")
    var redisUrl: String?

    @Option(help: "SKEIN_HOST: the address to listen on (127.0.0.1).")
    var host: String?

    @Option(
        name: [.customLong("port"), .customLong("http-port")], help: "SKEIN_HTTP_PORT: the port to listen on (7580).")
    var port: String?

    @Option(help: "SKEIN_WORKER_ID: a UUID (generated).")
    var workerId: String?

    @Option(help: "SKEIN_POD_ID: the place; a new instance supersedes the old one of its place.")
    var podId: String?

    @Option(help: "SKEIN_CONCURRENCY: executions in progress at once (256).")
    var concurrency: String?

    @Option(help: "SKEIN_LEASE_MS: how long a silent owner keeps an execution (10000).")
    var leaseMs: String?

    @Option(help: "SKEIN_SWEEP_MS: how often to look for work unasked (5000).")
    var sweepMs: String?

    @Option(help: "SKEIN_GRACE_MS: how long running steps may go on at shutdown (30000).")
    var graceMs: String?

    @Option(help: "SKEIN_HANDLER_WAIT_MS: how long an execution waits for a worker with its handler (600000).")
    var handlerWaitMs: String?

    @Option(help: "SKEIN_LOG_LEVEL: trace, debug, info, notice, warning, error, critical (info).")
    var logLevel: String?

    @Option(help: "SKEIN_LOG_FORMAT: text or json (text).")
    var logFormat: String?

    @Option(help: "SKEIN_AUTH: none, on loopback only.")
    var auth: String?

    @Option(help: "SKEIN_REDIS_PREFIX (skein).")
    var redisPrefix: String?

    @Option(help: "SKEIN_SCHEMA (skein).")
    var schema: String?

    @Option(help: "SKEIN_TIMEZONE (UTC).")
    var timezone: String?

    @Option(help: "SKEIN_WEBHOOK_BASE (/webhooks).")
    var webhookBase: String?

    @Option(
        help:
            "SKEIN_EGRESS_ALLOW: networks that steps may reach besides public addresses, as 10.0.0.0/8,127.0.0.0/8 (none)."
    )
    var egressAllow: String?

    @Option(
        help: "SKEIN_RETENTION: how long what has ended is kept, as 30d or completed=30d,failed=90d (for ever)."
    )
    var retention: String?

    @Argument(parsing: .allUnrecognized, help: .hidden)
    var unknown: [String] = []

    /// What was given.
    var values: [Setting: String] {
        let all: [Setting: String?] = [
            .databaseURL: databaseUrl, .redisURL: redisUrl, .host: host, .port: port, .workerID: workerId,
            .podID: podId,
            .concurrency: concurrency, .lease: leaseMs, .sweep: sweepMs, .grace: graceMs, .handlerWait: handlerWaitMs,
            .logLevel: logLevel, .logFormat: logFormat, .auth: auth, .redisPrefix: redisPrefix, .schema: schema,
            .timezone: timezone, .webhookBase: webhookBase, .egressAllow: egressAllow,
            .retention: retention,
        ]
        return all.compactMapValues { $0 }
    }

    /// Flags, environment and file together, and everything that is wrong with them.
    ///
    /// - Parameter others: flags of the command itself, for "did you mean".
    func check(_ purpose: SettingsReader.Purpose, others: [String] = []) -> SettingsReader.Result {
        var problems = UnknownFlags.problems(
            unknown, known: Setting.allCases.map(\.flag) + ["--config", "--help"] + others)
        var file: SettingsFile?
        if let config {
            do throws(CommandFailure) { file = try SettingsFile(path: config) } catch { problems.append(error.what) }
        }
        var reader = SettingsReader(
            purpose: purpose, flags: values, environment: ProcessInfo.processInfo.environment, file: file)
        var result = reader.read()
        result.problems = problems + result.problems
        return result
    }

    /// The settings, with warnings on stderr.
    ///
    /// - Parameter problems: what the command found wrong with its own flags.
    /// - Throws: a usage failure with every problem there is.
    func read(
        _ purpose: SettingsReader.Purpose, others: [String] = [], problems: [String] = [], console: Console
    ) throws(CommandFailure) -> ServeSettings {
        let result = check(purpose, others: others)
        for warning in result.warnings { console.note("warning: \(warning)") }
        try SettingsReader.refuse(problems + result.problems)
        return result.settings
    }
}

extension Setting {
    /// The flag of the same meaning.
    var flag: String {
        if self == .port { return "--port" }
        let words = name.hasPrefix("SKEIN_") ? name.dropFirst("SKEIN_".count) : name[...]
        return "--" + words.lowercased().split(separator: "_").joined(separator: "-")
    }
}

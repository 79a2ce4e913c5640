import ArgumentParser
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// `skein dev`
struct DevCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev", abstract: "Run everything in one process, without servers.",
        discussion: """
            Executions live in memory and end with the process. The flows of ops/examples are registered, and a stand-in for a payment \
            service runs for them. Steps may reach this machine.
            """)

    @Flag(help: "Run the sample flow 'order' to its end and print what happens.")
    var once = false

    @Option(help: "SKEIN_HTTP_PORT: the port to listen on (7580; 0 takes a free one).")
    var port: String?

    @Option(help: "SKEIN_LOG_LEVEL (notice).")
    var logLevel: String?

    @Option(help: "SKEIN_LOG_FORMAT: text or json (text).")
    var logFormat: String?

    func run() async throws {
        let console = Console.process
        let flags: [Setting: String?] = [.port: port, .logLevel: logLevel, .logFormat: logFormat]
        var reader = SettingsReader(
            purpose: .dev, flags: flags.compactMapValues { $0 }, environment: ProcessInfo.processInfo.environment)
        let result = reader.read()
        for warning in result.warnings { console.note("warning: \(warning)") }
        try SettingsReader.refuse(result.problems)
        var settings = result.settings
        settings.egressAllow += ["127.0.0.0/8", "::1/128"]
        let signals = StopSignals { console.note("stopping; another signal ends at once") }
        let session = try DevSession(
            composition: Composition(settings: settings, console: console), console: console, signals: signals)
        if once {
            try await session.runOrder()
        } else {
            try await session.runUntilStopped()
            console.note("nothing was kept: the embedded store lived in this process")
            console.note("to keep executions: set DATABASE_URL, then `skein migrate` and `skein serve`")
        }
        if signals.first == SIGINT { throw CancellationError() }
    }
}

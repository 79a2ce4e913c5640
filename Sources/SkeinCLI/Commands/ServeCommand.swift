import ArgumentParser
import Logging
import NIOCore
import ServiceLifecycle
import Skein
import SkeinCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// `skein serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run one stateless instance over PostgreSQL and Redis.",
        discussion: """
            Settings come from flags, the environment and a file, in this precedence; wrong ones are reported all together. \
            SIGTERM or SIGINT lets running steps finish; a second one ends at once.
            """)

    @Flag(help: "Answer requests, but run no executions.")
    var apiOnly = false

    @Flag(help: "Run executions; over HTTP only health and metrics.")
    var workerOnly = false

    @Flag(help: "Bring the schema up to date first.")
    var migrate = false

    @OptionGroup var flags: SettingFlags

    func run() async throws {
        let console = Console.process
        let both = apiOnly && workerOnly ? ["--api-only and --worker-only exclude each other"] : []
        let settings = try flags.read(
            .serve, others: ["--api-only", "--worker-only", "--migrate"], problems: both, console: console)
        let composition = Composition(settings: settings, console: console)
        let teller = Teller(console: console, logger: composition.logger, format: settings.logFormat)
        let signals = StopSignals {
            teller.tell(
                "stopping: running steps get up to \(settings.grace.wholeMilliseconds) ms; another signal ends at once")
        }
        composition.logger.debug("settings", metadata: ["settings": "\(settings)"])
        let health = try await open(composition, teller)
        if health.clockOffset.wholeMilliseconds.magnitude > 1_000 {
            composition.logger.warning(
                "this machine's clock differs from the database's; synchronise it",
                metadata: ["offset": "\(health.clockOffset)"])
        }
        if settings.redisURL == nil {
            composition.logger.warning(
                "REDIS_URL is not set: instances find each other by looking, which is slower; set it for a cluster")
        }
        try await serve(composition, signals, teller)
        if signals.first == SIGINT { throw CancellationError() }
    }

    /// Waits for the database and looks whether it can be trusted.
    private func open(_ composition: Composition, _ teller: Teller) async throws -> StoreHealth {
        let store = composition.watchedPostgresStore()
        let gate = StoreGate(store: store, clock: composition.clock, note: { teller.tell($0) })
        do {
            let health = try await gate.open(migrates: migrate)
            await store.close()
            return health
        } catch {
            await store.close()
            throw error
        }
    }

    private func serve(_ composition: Composition, _ signals: StopSignals, _ teller: Teller) async throws {
        let settings = composition.settings
        let store = composition.postgresStore()
        let engine = try composition.engine(store, try composition.coordination(), claims: !apiOnly, isClustered: true)
        let server = composition.server(engine, healthOnly: workerOnly) { port in
            teller.tell("listening on \(ListenFailure.url(settings.host, port))")
        }
        let group = ServiceGroup(
            configuration: .instance([engine, server], signals, grace: settings.grace, logger: composition.logger))
        do {
            try await group.run()
        } catch {
            await store.close()
            throw ListenFailure.explain(error, host: settings.host, port: settings.port)
        }
        await store.close()
        teller.tell("stopped")
    }
}

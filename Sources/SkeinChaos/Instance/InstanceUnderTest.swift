// One instance under test: the engine over PostgreSQL and Redis behind its HTTP server, as `skein serve` composes them,
// with handlers that write a ledger. Reads its settings from the environment; runs until SIGTERM.

import Foundation
import Logging
import ServiceLifecycle
import Skein
import SkeinCore
import SkeinHandlers
import SkeinPostgres
import SkeinRedis
import SkeinServer
import UnixSignals

/// What `skein-chaos instance` runs.
package struct InstanceUnderTest {
    private let environment: [String: String]

    package init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.environment = environment
    }

    private func text(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    private func span(_ name: String, _ otherwise: Int) -> Duration {
        .milliseconds(text(name).flatMap { Int($0) } ?? otherwise)
    }

    private var logger: Logger {
        var logger = Logger(label: "skein") { label in StreamLogHandler.standardError(label: label) }
        logger.logLevel = text("SKEIN_LOG_LEVEL").flatMap { Logger.Level(rawValue: $0) } ?? .info
        return logger
    }

    /// Runs until SIGTERM; migrates first when told to.
    ///
    /// - Throws: when a setting is missing, or what a service of the instance ended with.
    package func run(migrates: Bool) async throws {
        guard let url = text("DATABASE_URL"), let ledgerPath = text("SKEIN_CHAOS_LEDGER") else {
            throw ChaosFailure("DATABASE_URL and SKEIN_CHAOS_LEDGER must be set")
        }
        var storeConfiguration = PostgresExecutionStore.Configuration()
        storeConfiguration.schema = text("SKEIN_SCHEMA") ?? "skein"
        // Short enough to notice a half-open connection while somebody watches.
        storeConfiguration.commandTimeout = span("SKEIN_CHAOS_COMMAND_TIMEOUT_MS", 10_000)
        let store = PostgresExecutionStore(url: url, configuration: storeConfiguration, logger: logger)
        if migrates {
            _ = try await store.migrate()
            return await store.close()
        }
        let metrics = PrometheusRegistry()
        let coordination = try text("REDIS_URL").map {
            try Coordination.redis($0, prefix: text("SKEIN_REDIS_PREFIX") ?? "skein", logger: logger)
        }
        var configuration = EngineConfiguration()
        configuration.podID = text("SKEIN_POD_ID")
        configuration.lease = span("SKEIN_LEASE_MS", 10_000)
        configuration.sweep = span("SKEIN_SWEEP_MS", 5_000)
        configuration.grace = span("SKEIN_GRACE_MS", 30_000)
        configuration.concurrency = text("SKEIN_CONCURRENCY").flatMap { Int($0) } ?? 256
        configuration.isClustered = true
        let engine = Engine(
            store: store, coordination: coordination, configuration: configuration, logger: logger, metrics: metrics)
        // First: some of the types below stand for others here.
        engine.addBuiltinHandlers()
        let ledger = try HandlerLedger(ledgerPath, label: text("SKEIN_CHAOS_LABEL") ?? "instance")
        ChaosHandlers(
            ledger: ledger, resource: text("SKEIN_CHAOS_RESOURCE").map { ResourceClient(url: $0) },
            dawdle: span("SKEIN_CHAOS_DAWDLE_MS", 10)
        ).equip(engine)
        var http = ServerConfiguration()
        http.port = text("SKEIN_HTTP_PORT").flatMap { Int($0) } ?? 0
        let server = SkeinServer(engine: engine, configuration: http, metrics: metrics, logger: logger) { port in
            FileHandle.standardError.write(Data("listening on http://127.0.0.1:\(port)\n".utf8))
        }
        var group = ServiceGroupConfiguration(
            services: [.init(service: engine), .init(service: server)], gracefulShutdownSignals: [.sigterm],
            logger: logger)
        group.maximumGracefulShutdownDuration = configuration.grace + .seconds(15)
        try await ServiceGroup(configuration: group).run()
        await store.close()
    }
}

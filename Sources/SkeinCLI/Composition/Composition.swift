// The only place that knows which store, coordination, handlers and server there are. Everything else works on
// protocols.

import Logging
import Metrics
import ServiceLifecycle
import Skein
import SkeinCore
import SkeinHandlers
import SkeinPostgres
import SkeinRedis
import SkeinServer

/// Makes the parts of an instance from its settings.
struct Composition: Sendable {
    var settings: ServeSettings
    var logger: Logger
    var clock = SystemClock()
    var metrics = PrometheusRegistry()

    init(settings: ServeSettings, console: Console) {
        self.settings = settings
        logger = Logger("skein", level: settings.logLevel, format: settings.logFormat, console: console)
    }

    /// The store on PostgreSQL. Connects at the first call. Without a URL libpq's own variables say where to.
    func postgresStore() -> any ExecutionStore {
        var configuration = PostgresExecutionStore.Configuration()
        configuration.schema = settings.schema
        return PostgresExecutionStore(
            url: settings.databaseURL ?? "", configuration: configuration, clock: clock, logger: logger)
    }

    /// The same store for whoever watches it closely: it gives up soon and logs nothing but errors.
    func watchedPostgresStore() -> any ExecutionStore {
        var configuration = PostgresExecutionStore.Configuration()
        configuration.schema = settings.schema
        configuration.acquireTimeout = .seconds(3)
        configuration.connectTimeout = .seconds(3)
        return PostgresExecutionStore(
            url: settings.databaseURL ?? "", configuration: configuration, clock: clock, logger: quiet)
    }

    private var quiet: Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .error)
        return quiet
    }

    /// Coordination over Redis, or, without a URL, within this process, as a cluster that has lost its Redis.
    ///
    /// - Parameter isWatched: it logs nothing but errors.
    func coordination(isWatched: Bool = false) throws -> Coordination {
        guard let url = settings.redisURL else {
            var coordination = Coordination.inProcess(clock: clock)
            coordination.health = MissingRedisHealth()
            return coordination
        }
        let meters = CoordinationMeters(metrics)
        return try .redis(
            url, prefix: settings.redisPrefix, logger: isWatched ? quiet : logger, clock: clock, metrics: meters.metrics
        )
    }

    /// An engine over the store, with the built-in handlers.
    ///
    /// - Parameter claims: false: it answers but runs nothing.
    func engine(_ store: any ExecutionStore, _ coordination: Coordination, claims: Bool, isClustered: Bool) throws
        -> Engine
    {
        var configuration = EngineConfiguration()
        configuration.workerID = settings.workerID
        configuration.podID = settings.podID
        configuration.concurrency = settings.concurrency
        configuration.lease = settings.lease
        configuration.sweep = settings.sweep
        configuration.grace = settings.grace
        configuration.retention = settings.retention
        configuration.handlerWait = settings.handlerWait
        configuration.claims = claims
        configuration.timeZone = settings.timeZone
        configuration.isClustered = isClustered
        configuration.recycleAt = 0.5
        let engine = Engine(
            store: store, coordination: coordination, configuration: configuration, clock: clock, logger: logger,
            metrics: metrics)
        engine.addBuiltinHandlers(BuiltinHandlers.Configuration(egress: try EgressPolicy(allow: settings.egressAllow)))
        return engine
    }

    /// The HTTP side of an engine.
    ///
    /// - Parameter healthOnly: health and metrics, nothing else.
    func server(
        _ engine: Engine, healthOnly: Bool = false, onListening: @escaping @Sendable (_ port: Int) async -> Void
    ) -> any Service {
        var configuration = ServerConfiguration()
        configuration.host = settings.host
        configuration.port = settings.port
        let server = SkeinServer(
            engine: engine, configuration: configuration, metrics: metrics, logger: logger, onListening: onListening)
        guard healthOnly else { return server }
        return HealthServer(server: server, configuration: configuration, logger: logger, onListening: onListening)
    }
}

// MARK: - Without an instance

extension Composition {
    /// The step types that every instance has a handler for.
    static var builtinTypes: Set<String> { BuiltinHandlers.types }

    /// Mistakes in the config of a built-in step.
    static func checkConfig(type: String, config: JSONObject) -> [Problem] {
        BuiltinHandlers.check(type: type, config: config)
    }

    /// What is wrong with a list of networks; nil: nothing.
    static func egressProblem(_ networks: [String]) -> String? {
        do {
            _ = try EgressPolicy(allow: networks)
            return nil
        } catch {
            return error.description
        }
    }

    /// What is wrong with the name of a time zone; nil: nothing.
    static func timeZoneProblem(_ name: String) -> String? {
        do {
            _ = try ZoneDatabase.system.zone(name)
            return nil
        } catch {
            return error.description
        }
    }

    /// What is wrong with the address of a Redis; nil: nothing. Connects to nothing.
    static func redisProblem(_ url: String) -> String? {
        do {
            _ = try Coordination.redis(url, logger: Logger(label: "skein") { _ in SwiftLogNoOpLogHandler() })
            return nil
        } catch {
            return "\(error)"
        }
    }
}

// The composition of the HTTP side: routes, middleware, listener, shutdown. What is said over HTTP is in Routes.

package import Hummingbird
public import Logging
import NIOCore
public import ServiceLifecycle
public import Skein
import SkeinCore

/// Serves an engine over HTTP (contract section 5): JSON, problems as RFC 9457 has them, events as SSE.
///
/// Add it to a `ServiceGroup` after the engine, so that it stops first. At a graceful shutdown `/readyz` turns to 503
/// at once, event streams and long polls end, and requests in flight are answered before `run()` returns.
public struct SkeinServer: Service, Sendable {
    private let engine: Engine
    private let configuration: ServerConfiguration
    private let metrics: PrometheusRegistry
    private let logger: Logger
    private let onListening: @Sendable (_ port: Int) async -> Void
    private let drain = Drain()

    /// Makes a server; nothing listens before `run()`.
    ///
    /// - Parameters:
    ///   - metrics: what `/metrics` shows; the engine's metrics too when it was made with the same registry. Nil: only
    ///     the server's own.
    ///   - onListening: called once with the port that was bound.
    public init(
        engine: Engine, configuration: ServerConfiguration = ServerConfiguration(), metrics: PrometheusRegistry? = nil,
        logger: Logger = Logger(label: "skein.server"),
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.engine = engine
        self.configuration = configuration
        self.metrics = metrics ?? PrometheusRegistry()
        self.logger = logger
        self.onListening = onListening
    }

    /// Listens until graceful shutdown or cancellation.
    ///
    /// - Throws: what kept it from listening, such as a port in use.
    public func run() async throws {
        // Outside the shutdown of the group around it: the listener stays for the drain delay.
        let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
        let listener = Task.detached { try await group.run() }
        try await withTaskCancellationOrGracefulShutdownHandlers(listener) {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await watchEngine() }
                tasks.addTask {
                    await drain.wait()
                    try await Task.sleep(for: configuration.drainDelay)
                    await group.triggerGracefulShutdown()
                }
                defer { tasks.cancelAll() }
                try await listener.value
            }
        }
    }

    private func withTaskCancellationOrGracefulShutdownHandlers(
        _ listener: Task<Void, any Error>, _ body: () async throws -> Void
    ) async throws {
        try await withGracefulShutdownHandler {
            try await withTaskCancellationHandler(operation: body, onCancel: { listener.cancel() })
        } onGracefulShutdown: {
            drain.begin()
        }
    }

    /// An engine that stops before its server must not keep streams open that nobody feeds any more.
    private func watchEngine() async {
        while !drain.hasBegun, (try? await Task.sleep(for: .milliseconds(250))) != nil {
            if engine.isDraining { drain.begin() }
        }
    }

    /// The application without a listener, as tests use it.
    package var application: Application<RouterResponder<APIContext>> {
        let endpoints = Endpoints(engine: engine, configuration: configuration, metrics: metrics, drain: drain).all
        let onListening = onListening
        return Application(
            router: router(endpoints),
            server: .http1(configuration: .init(idleTimeout: TimeAmount(configuration.idleTimeout))),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: configuration.serverName),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? configuration.port) },
            logger: logger)
    }

    private func router(_ endpoints: [Endpoint]) -> Router<APIContext> {
        let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: RequestMiddleware(table: RouteTable(endpoints), metrics: metrics))
        for endpoint in endpoints {
            let bodyLimit = configuration.bodyLimit
            router.on(RouterPath(endpoint.path), method: endpoint.method) { request, context in
                try await endpoint.answer(APIRequest(request: request, context: context, bodyLimit: bodyLimit))
            }
        }
        return router
    }

    /// Begins the shutdown of streams and readiness, as a graceful shutdown does.
    package func beginDrain() { drain.begin() }
}

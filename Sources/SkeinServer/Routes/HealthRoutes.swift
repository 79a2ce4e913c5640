import HTTPTypes
import Hummingbird
import Metrics
import NIOCore
import Skein
import SkeinCore

/// What load balancers, orchestrators and Prometheus ask.
struct HealthRoutes: Sendable {
    private let engine: Engine
    private let metrics: PrometheusRegistry
    private let drain: Drain
    private let readiness: Readiness

    init(engine: Engine, configuration: ServerConfiguration, metrics: PrometheusRegistry, drain: Drain) {
        self.engine = engine
        self.metrics = metrics
        self.drain = drain
        readiness = Readiness(limit: configuration.readinessLimit, age: configuration.readinessAge) {
            await ReadinessReport.of(engine)
        }
    }

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/", index),
            Endpoint(.get, "/healthz", alive),
            Endpoint(.get, "/readyz", ready),
            Endpoint(.get, "/metrics", exposition),
        ]
    }

    @Sendable private func index(_ request: APIRequest) async throws -> Response {
        .json(
            [
                "name": "skein", "flows": "/v1/flows", "handlers": "/v1/handlers", "executions": "/v1/executions",
                "workers": "/v1/workers",
                "locks": "/v1/locks", "stats": "/v1/stats", "health": "/healthz", "readiness": "/readyz",
                "metrics": "/metrics",
            ] as JSONObject)
    }

    /// The process answers; nothing else is asked, so that a store that is away does not get processes killed.
    @Sendable private func alive(_ request: APIRequest) async throws -> Response {
        .json(["status": "ok"] as JSONObject)
    }

    /// 503 when requests should go elsewhere. Without Redis everything works, later: 200, degraded.
    @Sendable private func ready(_ request: APIRequest) async throws -> Response {
        let report = await readiness.report()
        let isDraining = drain.hasBegun || engine.isDraining
        let isReady = report.isUsable && !isDraining
        let status =
            isDraining ? "draining" : !report.isUsable ? "unavailable" : report.isDegraded ? "degraded" : "ready"
        return .json(
            ["status": .string(status), "checks": .object(report.checks)] as JSONObject,
            status: isReady ? .ok : .serviceUnavailable,
            headers: isReady ? [:] : [.retryAfter: "1"])
    }

    @Sendable private func exposition(_ request: APIRequest) async throws -> Response {
        let health = engine.coordination.health
        Gauge(label: "skein_redis_up", dimensions: [], factory: metrics).record(health.isShared && health.isUp ? 1 : 0)
        Gauge(label: "skein_executions_in_progress", dimensions: [], factory: metrics).record(
            engine.executionsInProgress)
        return Response(
            status: .ok,
            headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.text())))
    }
}

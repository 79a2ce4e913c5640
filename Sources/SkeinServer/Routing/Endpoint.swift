import HTTPTypes
import Hummingbird
import Skein

/// One method of one path, and what answers it.
struct Endpoint: Sendable {
    var method: HTTPRequest.Method
    /// With `{name}` for parameters.
    var path: String
    var answer: @Sendable (APIRequest) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String,
        _ answer: @escaping @Sendable (APIRequest) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.answer = answer
    }
}

/// Every endpoint of the server.
struct Endpoints {
    let engine: Engine
    let configuration: ServerConfiguration
    let metrics: PrometheusRegistry
    let drain: Drain

    var all: [Endpoint] {
        let history = HistoryRoutes(engine: engine, configuration: configuration, drain: drain)
        return FlowRoutes(engine: engine).endpoints
            + ExecutionRoutes(engine: engine).endpoints
            + CommandRoutes(engine: engine).endpoints
            + TaskRoutes(engine: engine).endpoints
            + TokenRoutes(engine: engine).endpoints
            + WorkRoutes(engine: engine, drain: drain).endpoints
            + ScheduleRoutes(engine: engine).endpoints
            + InsightRoutes(engine: engine).endpoints
            + AuditRoutes(engine: engine).endpoints
            + RetentionRoutes(engine: engine).endpoints
            + history.endpoints
            + WeaverRoutes(engine: engine, events: history.events).endpoints
            + ClusterRoutes(engine: engine).endpoints
            + LimitRoutes(engine: engine).endpoints
            + HealthRoutes(engine: engine, configuration: configuration, metrics: metrics, drain: drain).endpoints
    }
}

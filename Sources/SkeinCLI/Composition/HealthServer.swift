// The HTTP side of an instance that only works: what orchestrators and Prometheus ask, nothing else.

import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import SkeinCore
import SkeinServer

/// Serves `/healthz`, `/readyz` and `/metrics` of a server, and 404 for the rest.
struct HealthServer: Service {
    private let server: SkeinServer
    private let application: Application<CallbackResponder<APIContext>>
    private static let paths: Set = ["/healthz", "/readyz", "/metrics"]

    init(
        server: SkeinServer, configuration: ServerConfiguration, logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) async -> Void
    ) {
        self.server = server
        let whole = server.application.responder
        let responder = CallbackResponder<APIContext> { request, context in
            guard Self.paths.contains(request.uri.path) else { return Self.notFound }
            return try await whole.respond(to: request, context: context)
        }
        application = Application(
            responder: responder,
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: configuration.serverName),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? configuration.port) },
            logger: logger)
    }

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await application.run()
        } onGracefulShutdown: {
            server.beginDrain()
        }
    }

    private static var notFound: Response {
        let problem: JSONValue = [
            "type": "urn:skein:problem:not-found", "title": "Not found", "status": 404, "code": "NOT_FOUND",
            "detail": "This instance runs executions and has no API; ask one that was started without --worker-only.",
        ]
        return Response(
            status: .notFound, headers: [.contentType: "application/problem+json"],
            body: .init(byteBuffer: ByteBuffer(bytes: problem.serialized())))
    }
}

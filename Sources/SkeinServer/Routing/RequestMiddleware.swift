// What every request goes through: its id, the form of its errors, its metrics.

import HTTPTypes
import Hummingbird
import Logging
import Metrics
import Skein
import SkeinCore

struct RequestMiddleware: RouterMiddleware {
    typealias Context = APIContext

    let table: RouteTable
    let metrics: PrometheusRegistry

    @concurrent func handle(
        _ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let began = ContinuousClock.now
        var context = context
        context.requestID = RequestID.of(request.headers)
        context.logger[metadataKey: "request.id"] = "\(context.requestID)"
        var response: Response
        do {
            let caller = Caller(actor: request.headers[.actor].flatMap(Self.actor), requestID: context.requestID)
            response = try await Caller.$current.withValue(caller) { try await next(request, context) }
        } catch let error as BodyReadFailure {
            // The request itself is broken: the connection's own errors are answered by the connection.
            throw error.underlying
        } catch let error as HTTPError {
            response = unrouted(error, request, context)
        } catch {
            response = answer(to: error, context)
        }
        response.headers[.requestID] = context.requestID
        response.headers[.contentTypeOptions] = "nosniff"
        record(request, context, response.status, began.duration(to: .now))
        return response
    }

    /// Who says to be asking: 1 to 200 bytes without control characters.
    private static func actor(_ text: String) -> String? {
        (1...200).contains(text.utf8.count) && !text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
            ? text : nil
    }

    private func answer(to error: any Error, _ context: APIContext) -> Response {
        let problem = HTTPProblem(error)
        if problem.status.code >= 500 {
            context.logger.log(
                level: problem.status == .internalServerError ? .error : .info, "request failed",
                metadata: ["error": "\(error)", "http.route": "\(context.endpointPath ?? "")"])
        }
        return problem.response(requestID: context.requestID)
    }

    /// The router's own errors: nothing is there, or not by this method.
    private func unrouted(_ error: HTTPError, _ request: Request, _ context: APIContext) -> Response {
        guard error.status == .notFound else { return answer(to: error, context) }
        let methods = table.methods(of: request.uri.path)
        guard !methods.isEmpty else {
            let problem = HTTPProblem(.notFound, "NOT_FOUND", "There is nothing at \(request.uri.path.quoted).")
            return problem.response(requestID: context.requestID)
        }
        let allowed = methods.map(\.rawValue).joined(separator: ", ")
        if request.method == .options { return Response(status: .noContent, headers: [.allow: allowed]) }
        var problem = HTTPProblem(
            .methodNotAllowed, "METHOD_NOT_ALLOWED", "\(request.method.rawValue) is not possible here; \(allowed) is.")
        problem.headers[.allow] = allowed
        return problem.response(requestID: context.requestID)
    }

    private func record(_ request: Request, _ context: APIContext, _ status: HTTPResponse.Status, _ duration: Duration)
    {
        let path = context.endpointPath ?? "NotFound"
        let route = path == "NotFound" ? "none" : path
        Counter(
            label: "skein_http_requests_total",
            dimensions: [("method", known(request.method)), ("route", route), ("status", String(status.code))],
            factory: metrics
        ).increment()
        Recorder(
            label: "skein_http_request_duration_seconds", dimensions: [("route", route)], aggregate: true,
            factory: metrics
        )
        .record(Double(duration.microseconds) / 1_000_000)
    }

    /// Methods come from outside: only known ones become labels.
    private func known(_ method: HTTPRequest.Method) -> String {
        switch method {
        case .get, .head, .post, .put, .patch, .delete, .options: method.rawValue
        case _: "other"
        }
    }
}

import HTTPTypes
import Hummingbird
import SkeinCore

/// An error as RFC 9457 writes it: `{type, title, status, detail, code, errors?, requestId}`.
struct HTTPProblem: Error, Sendable {
    var status: HTTPResponse.Status
    /// Stable, for programs.
    var code: String
    /// For people; never what only operators may see.
    var detail: String
    /// Everything that is wrong, each with its place: `pointer` in the body, `parameter` of the query, or `header`.
    var errors: [JSONValue] = []
    /// More members, such as `holder`.
    var members: JSONObject = [:]
    var headers: HTTPFields = [:]

    init(_ status: HTTPResponse.Status, _ code: String, _ detail: String, errors: [JSONValue] = []) {
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
    }

    /// The same after a second.
    var retriable: HTTPProblem {
        var problem = self
        problem.headers[.retryAfter] = "1"
        return problem
    }

    func json(requestID: String) -> JSONValue {
        let words = code.lowercased().split(separator: "_")
        let sentence = words.joined(separator: " ")
        var object: JSONObject = [
            "type": .string("urn:skein:problem:\(words.joined(separator: "-"))"),
            "title": .string(sentence.prefix(1).uppercased() + sentence.dropFirst()),
            "status": .int(Int64(status.code)),
            "detail": .string(detail), "code": .string(code),
        ]
        if !errors.isEmpty { object["errors"] = .array(errors) }
        object.merge(members)
        object["requestId"] = .string(requestID)
        return .object(object)
    }

    func response(requestID: String) -> Response {
        var headers = headers
        headers[.contentType] = "application/problem+json"
        return .json(json(requestID: requestID), status: status, headers: headers)
    }
}

import SkeinCore

/// What the server's problem documents (RFC 9457) mean for a command.
enum ServerProblem {
    static func failure(status: Int, body: JSONValue?, requestID: String?) -> CommandFailure {
        let problem = body?.object ?? [:]
        let detail = problem["detail"]?.string ?? problem["title"]?.string ?? "the server answered \(status)"
        let code = problem["code"]?.string
        var details = (problem["errors"]?.array ?? []).map { line($0) }
        if let holder = problem["holder"]?.string { details.append("held by \(holder)") }
        if status >= 500, let id = problem["requestId"]?.string ?? requestID { details.append("request \(id)") }
        return CommandFailure(
            ExitStatus(http: status), code.map { "\(detail) (\($0))" } ?? detail, details: details,
            fix: fix(status: status, code: code))
    }

    /// One problem of a document: code, place, message.
    static func line(_ problem: JSONValue) -> String {
        let pointer = problem["pointer"]?.string ?? ""
        let code = problem["code"]?.string.map { "\($0) " } ?? ""
        return "\(code)\(pointer.isEmpty ? "(root)" : pointer): \(problem["message"]?.string ?? problem.text())"
    }

    private static func fix(status: Int, code: String?) -> String? {
        switch (code, status) {
        case ("FLOW_NOT_FOUND", _): "see `skein flow list`, or register it with `skein flow register FILE`"
        case ("EXECUTION_NOT_FOUND", _): "see `skein exec list`"
        case ("EXECUTION_BUSY", _): "an instance runs it now: follow it with `skein exec follow ID`"
        case ("EXECUTION_NOT_WAITING", _), ("EXECUTION_ENDED", _): "see what it does with `skein exec show ID`"
        case ("TOKEN_NOT_FOUND", _), ("TOKEN_USED", _), ("TOKEN_EXPIRED", _), ("TOKEN_REVOKED", _):
            "see `skein token list EXECUTION`, and make another with `skein token create EXECUTION`"
        case ("FLOW_CONFLICT", _): "give the changed flow a new `version`"
        case ("FLOW_INVALID", _): "check the file with `skein flow validate FILE`"
        case ("IDEMPOTENCY_MISMATCH", _): "use a new --key for another request"
        case (_, 401), (_, 403): "check the credentials and what they allow"
        case (_, 413): "send less: the server limits the size of a request"
        case (_, 429), (_, 503): "try again in a moment"
        case (_, 500...): "see the server's log"
        default: nil
        }
    }
}

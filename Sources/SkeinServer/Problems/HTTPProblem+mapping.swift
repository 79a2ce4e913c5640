// The one place where errors get their HTTP form. Messages of stores and of unknown errors are for the log: they may
// name hosts and SQL.

import HTTPTypes
import Hummingbird
import Skein
import SkeinCore

extension HTTPProblem {
    init(_ error: any Error) {
        switch error {
        case let problem as HTTPProblem: self = problem
        case let error as EngineError: self.init(engine: error)
        case let error as StoreError: self.init(store: error)
        case let error as JSONParseError: self.init(json: error)
        case is CoordinationUnavailable:
            self =
                HTTPProblem(.serviceUnavailable, "UNAVAILABLE", "The coordination service cannot be asked now.")
                .retriable
        case is CancellationError:
            self = HTTPProblem(.serviceUnavailable, "UNAVAILABLE", "The request was given up.").retriable
        case let error as HTTPError:
            let code = error.status.reasonPhrase.uppercased().replacing(" ", with: "_").replacing("-", with: "_")
            self.init(error.status, code.isEmpty ? "REFUSED" : code, "The request is not acceptable.")
        default: self = .internal
        }
    }

    private static var `internal`: HTTPProblem {
        HTTPProblem(
            .internalServerError, "INTERNAL", "Something went wrong here; the log has it under the request's id.")
    }

    private static var unavailable: HTTPProblem {
        HTTPProblem(.serviceUnavailable, "UNAVAILABLE", "The store cannot be reached or takes no more now; try again.")
            .retriable
    }

    // MARK: - The engine

    private init(engine error: EngineError) {
        switch error.code {
        case .unavailable: self = .unavailable
        case .corrupt: self = .internal
        case _:
            self.init(
                Self.status(of: error.code), error.code.rawValue, error.message.sentence,
                errors: error.problems.map(\.json))
            if error.code == .contextLimit { errors = [Self.entry(error.code.rawValue, at: "/context", error.message)] }
            if error.code == .idempotencyInFlight { headers[.retryAfter] = "1" }
        }
        if let holder = error.holder { members["holder"] = .string(holder) }
    }

    private static func status(of code: EngineError.Code) -> HTTPResponse.Status {
        switch code {
        case .flowNotFound, .executionNotFound, .stepNotFound, .tokenNotFound, .scheduleNotFound: .notFound
        case .tokenExpired, .tokenRevoked: .gone
        case .flowInvalid, .invalidRequest, .contextLimit, .idempotencyMismatch, .handlerNotFound: .unprocessableContent
        case .flowConflict, .invalidTransition, .contextConflict, .executionBusy, .executionNotWaiting, .executionEnded,
            .executionCancelled, .fenced, .tokenUsed,
            .idempotencyInFlight,
            .lockUnavailable, .lockLost, .scheduleConflict:
            .conflict
        case .timeout: .gatewayTimeout
        case .unavailable: .serviceUnavailable
        case .corrupt: .internalServerError
        }
    }

    // MARK: - The store

    private init(store error: StoreError) {
        switch error.code {
        case .unavailable, .stale: self = .unavailable
        case .schema:
            self.init(
                .serviceUnavailable, "SCHEMA", "The store's schema does not fit this version; it has to be migrated.")
        case .unsafe:
            self.init(.serviceUnavailable, "STORE_UNSAFE", "The store's settings would lose acknowledged work.")
        case .invalid:
            self.init(.unprocessableContent, "INVALID_REQUEST", "The request has a value that cannot be stored.")
        case .corrupt: self = .internal
        }
    }

    // MARK: - Documents

    private init(json error: JSONParseError) {
        let code = error.code.rawValue.upperSnakeCase
        switch error.code {
        case .tooLarge: self.init(.contentTooLarge, "BODY_TOO_LARGE", error.message)
        case .nulCharacter:
            self.init(
                .unprocessableContent, code, error.message,
                errors: [Self.entry(code, at: error.path.description, error.message)])
        case _:
            self.init(
                .badRequest, "INVALID_JSON", error.description,
                errors: [Self.entry(code, at: error.path.description, error.message)])
            members = [
                "line": .int(Int64(error.line)), "column": .int(Int64(error.column)),
                "pointer": .string(error.path.description),
            ]
        }
    }

    private static func entry(_ code: String, at pointer: String, _ message: String) -> JSONValue {
        ["pointer": .string(pointer), "code": .string(code), "message": .string(message)]
    }
}

extension String {
    /// `unexpectedEnd` as `UNEXPECTED_END`, `invalidUTF8` as `INVALID_UTF8`.
    fileprivate var upperSnakeCase: String {
        var result = ""
        var wasLower = false
        for character in self {
            if character.isUppercase, wasLower { result.append("_") }
            wasLower = character.isLowercase
            result += character.uppercased()
        }
        return result
    }

    /// With a capital and a full stop.
    fileprivate var sentence: String {
        let text = prefix(1).uppercased() + dropFirst()
        return text.last.map { ".!?".contains($0) } ?? true ? text : text + "."
    }
}

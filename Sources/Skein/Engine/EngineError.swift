public import SkeinCore

/// What the engine could not do for its caller: a code that programs read, a sentence that people read.
public struct EngineError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        case flowNotFound = "FLOW_NOT_FOUND"
        case flowInvalid = "FLOW_INVALID"
        case flowConflict = "FLOW_CONFLICT"
        case executionNotFound = "EXECUTION_NOT_FOUND"
        case stepNotFound = "STEP_NOT_FOUND"
        case invalidTransition = "INVALID_TRANSITION"
        case contextConflict = "CONTEXT_CONFLICT"
        case executionBusy = "EXECUTION_BUSY"
        case executionNotWaiting = "EXECUTION_NOT_WAITING"
        case executionEnded = "EXECUTION_ENDED"
        case executionCancelled = "EXECUTION_CANCELLED"
        case fenced = "FENCED"
        case idempotencyMismatch = "IDEMPOTENCY_MISMATCH"
        case idempotencyInFlight = "IDEMPOTENCY_IN_FLIGHT"
        case invalidRequest = "INVALID_REQUEST"
        case contextLimit = "CONTEXT_LIMIT"
        case handlerNotFound = "HANDLER_NOT_FOUND"
        case lockUnavailable = "LOCK_UNAVAILABLE"
        case lockLost = "LOCK_LOST"
        case tokenNotFound = "TOKEN_NOT_FOUND"
        case tokenUsed = "TOKEN_USED"
        case tokenExpired = "TOKEN_EXPIRED"
        case tokenRevoked = "TOKEN_REVOKED"
        case scheduleNotFound = "SCHEDULE_NOT_FOUND"
        case scheduleConflict = "SCHEDULE_CONFLICT"
        case timeout = "TIMEOUT"
        case unavailable = "UNAVAILABLE"
        case corrupt = "CORRUPT"
    }

    public var code: Code
    public var message: String
    /// Every problem of the request, with its place.
    public var problems: [Problem]
    /// Who holds what was asked for, for `executionBusy` and `lockUnavailable`.
    public var holder: String?

    public init(_ code: Code, _ message: String, problems: [Problem] = [], holder: String? = nil) {
        self.code = code
        self.message = message
        self.problems = problems
        self.holder = holder
    }

    public var description: String {
        problems.isEmpty
            ? "\(code.rawValue): \(message)"
            : "\(code.rawValue): \(message) " + problems.map(\.description).joined(separator: "; ")
    }
}

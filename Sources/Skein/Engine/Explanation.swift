public import SkeinCore

/// One reason why an execution is where it is.
public struct Reason: Sendable, Hashable {
    /// For programs.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// It has ended: with what.
        case ended = "ENDED"
        /// Somebody holds it.
        case paused = "PAUSED"
        /// Its workers died while they had it: somebody has to look.
        case quarantined = "QUARANTINED"
        /// An instance drives it, under a lease.
        case running = "RUNNING"
        /// Its time has not come.
        case timer = "TIMER"
        case signal = "SIGNAL"
        case token = "TOKEN"
        case manual = "MANUAL"
        case children = "CHILDREN"
        /// A step, or a compensation, is tried again.
        case retry = "RETRY"
        /// A limit that it shares with others has no room, or is closed.
        case limit = "LIMIT"
        /// No live worker has the handler of its next step.
        case handler = "HANDLER"
        /// It is to start, or to go on, at a later time.
        case scheduled = "SCHEDULED"
        /// It runs only when somebody drives it.
        case notAutomatic = "NOT_AUTOMATIC"
        /// It may run now, and nobody has claimed it yet.
        case ready = "READY"
        /// Completed steps are being undone.
        case rollingBack = "ROLLING_BACK"
        /// Redis is away: things happen a little later.
        case degraded = "DEGRADED"
        /// Another reason of this kind.
        case other = "OTHER"
    }

    public var code: Code
    /// For people: a sentence without its full stop.
    public var message: String
    public var stepID: StepID?
    public var since: Timestamp?
    public var until: Timestamp?
    public var details: JSONObject

    init(
        _ code: Code, _ message: String, step: StepID? = nil, since: Timestamp? = nil, until: Timestamp? = nil,
        details: JSONObject = [:]
    ) {
        self.code = code
        self.message = message
        stepID = step
        self.since = since
        self.until = until
        self.details = details
    }

    public var json: JSONValue {
        var object: JSONObject = ["code": .string(code.rawValue), "message": .string(message)]
        object["stepId"] = stepID.map { .string($0.rawValue) }
        object["since"] = since.map { .string($0.description) }
        object["until"] = until.map { .string($0.description) }
        if !details.isEmpty { object["details"] = .object(details) }
        return .object(object)
    }
}

/// Why an execution is where it is.
public struct Explanation: Sendable {
    public var execution: Execution
    /// Never empty; what matters most first.
    public var reasons: [Reason]

    public var json: JSONValue {
        [
            "executionId": .string(execution.id.description), "flowId": .string(execution.creation.flowID),
            "status": .string(execution.status.rawValue), "reasons": .array(reasons.map(\.json)),
        ]
    }
}

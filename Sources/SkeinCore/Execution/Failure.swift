/// Why a step or an execution failed, as users see it: `{code, message, stepId?, details?}`.
public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
    public var code: String
    public var message: String
    public var stepID: StepID?
    public var details: JSONValue?

    public init(_ code: String, _ message: String, stepID: StepID? = nil, details: JSONValue? = nil) {
        self.code = code
        self.message = message
        self.stepID = stepID
        self.details = details
    }

    public var description: String { stepID.map { "\(code) at step '\($0)': \(message)" } ?? "\(code): \(message)" }
}

extension Failure {
    public var json: JSONValue {
        var object: JSONObject = ["code": .string(code), "message": .string(message)]
        if let stepID { object["stepId"] = .string(stepID.rawValue) }
        if let details { object["details"] = details }
        return .object(object)
    }

    /// Reads what `json` wrote; nil when the value is not a failure.
    public init?(_ json: JSONValue?) {
        guard let object = json?.object, let code = object["code"]?.string else { return nil }
        self.init(
            code, object["message"]?.string ?? code, stepID: object["stepId"]?.string.map { StepID($0) },
            details: object["details"])
    }
}

extension Failure {
    /// The code of executions that are held because their workers died.
    public static let quarantined = "QUARANTINED"
}

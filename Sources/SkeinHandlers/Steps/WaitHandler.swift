import Skein
import SkeinCore

/// `wait`: parks the execution until a signal of a name arrives, or until somebody resumes it.
///
/// Parameters: `signal`, `timeoutMs`, `reason`. What ends the wait, the signal's payload or the resume's data, is
/// stored at the step's output key and under `resumeData`; a wait nobody ends fails with TIMEOUT. Tokens are refused
/// with NOT_SUPPORTED.
struct WaitHandler: BuiltinHandler {
    static let metadata = HandlerMetadata(
        type: "wait", name: "Wait", description: "Waits for a signal, or for somebody to resume the execution.",
        category: "control",
        configSchema: [
            "type": "object",
            "properties": [
                "signal": ["type": "string", "minLength": 1, "maxLength": 200],
                "timeoutMs": ["type": ["integer", "string"], "minimum": 1, "maximum": .int(Parameters.tenYears)],
                "reason": ["type": "string", "description": "For the people who see it waiting."],
            ],
        ])

    static func check(_ check: inout ConfigCheck) {
        if check.config["token"].map({ !$0.isNull && $0 != false }) ?? false {
            check.report(
                .notSupportedYet, "token",
                "This version has no tokens; leave \"token\" out and resume the execution by its id.")
        }
        check.rename(["timeout": "timeoutMs", "signalName": "signal"])
        check.kind("signal", .string)
        check.kind("reason", .string)
        if let signal = check.literal("signal")?.string, !(1...200).contains(signal.utf8.count) {
            check.report(.outOfRange, "signal", "The name of a signal must have 1 to 200 bytes.")
        }
        check.integer("timeoutMs", in: Parameters.spans)
        check.templates()
    }

    @concurrent func execute(_ input: JSONValue, _ step: StepContext) async throws -> StepResult<JSONValue> {
        let parameters = Parameters(input, step)
        if let token = parameters["token"], token != false {
            return .failure(
                "NOT_SUPPORTED", "this version has no tokens; leave 'token' out and resume the execution by its id",
                isRetryable: false)
        }
        let signal = try parameters.text("signal")
        if let signal, !(1...200).contains(signal.utf8.count) {
            throw StepFailure.input("the name of a signal must have 1 to 200 bytes")
        }
        if signal == nil, step.config["signal"].map({ !$0.isNull }) ?? false {
            throw StepFailure.input("'signal' has a placeholder without a value")
        }
        return .wait(
            WaitRequest(
                until: signal.map { .signal($0) } ?? .resume, timeout: try parameters.milliseconds("timeoutMs"),
                reason: try parameters.text("reason")))
    }
}

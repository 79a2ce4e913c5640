import Skein
import SkeinCore

/// `fail`: ends the step with a failure of the author's making, which is not retried.
///
/// Parameters: `code` (default `STEP_FAILED`), `message`, `details`, all with placeholders.
struct FailHandler: BuiltinHandler {
    static let metadata = HandlerMetadata(
        type: "fail", name: "Fail", description: "Fails with a code and a message.", category: "control",
        configSchema: [
            "type": "object",
            "properties": [
                "code": ["type": "string", "minLength": 1, "maxLength": 200], "message": ["type": "string"],
                "details": true,
            ],
        ])

    static func check(_ check: inout ConfigCheck) {
        check.kind("code", .string)
        check.kind("message", .string)
        if let code = check.literal("code")?.string, !(1...200).contains(code.utf8.count) {
            check.report(.outOfRange, "code", "A failure's code must have 1 to 200 bytes.")
        }
        check.templates()
    }

    @concurrent func execute(_ input: JSONValue, _ step: StepContext) async throws -> StepResult<JSONValue> {
        let parameters = Parameters(input, step)
        let code = try parameters.text("code") ?? "STEP_FAILED"
        let message = try parameters.text("message")
        return .failure(
            code.isEmpty ? "STEP_FAILED" : code, message, details: parameters["details"], isRetryable: false)
    }
}

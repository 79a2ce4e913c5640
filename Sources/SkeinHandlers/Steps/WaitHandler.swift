import Skein
import SkeinCore

/// `wait`: parks the execution until a signal of a name arrives, one of its tokens is redeemed, or somebody resumes it.
///
/// Parameters: `signal`, `token` (true, or `{expiresInMs, metadata}`), `timeoutMs`, `reason`. What ends the wait, the
/// signal's payload or the resume's data, is stored at the step's output key and under `resumeData`; a wait nobody ends
/// fails with TIMEOUT.
///
/// With `token` the step makes one as the wait begins. While it waits, its output, at its output key, is
/// `{token, tokenId, expiresAt}`: who may read the execution may resume it. The data that comes with the token replaces it.
struct WaitHandler: BuiltinHandler {
    static let metadata = HandlerMetadata(
        type: "wait", name: "Wait",
        description: "Waits for a signal, for the use of a token, or for somebody to resume the execution.",
        category: "control",
        configSchema: [
            "type": "object",
            "properties": [
                "signal": ["type": "string", "minLength": 1, "maxLength": 200],
                "token": [
                    "type": ["boolean", "object"],
                    "description":
                        "Makes a token that ends the wait: the output while it waits is {token, tokenId, expiresAt}.",
                    "properties": [
                        "expiresInMs": [
                            "type": ["integer", "string"], "minimum": 1, "maximum": .int(Parameters.tenYears),
                            "default": 604_800_000,
                        ],
                        "metadata": ["type": "object"],
                    ],
                ],
                "timeoutMs": ["type": ["integer", "string"], "minimum": 1, "maximum": .int(Parameters.tenYears)],
                "reason": ["type": "string", "description": "For the people who see it waiting."],
            ],
        ])

    static func check(_ check: inout ConfigCheck) {
        check.rename(["timeout": "timeoutMs", "signalName": "signal"])
        check.kind("signal", .string)
        check.kind("token", .bool, .object)
        check.kind("reason", .string)
        if let signal = check.literal("signal")?.string, !(1...200).contains(signal.utf8.count) {
            check.report(.outOfRange, "signal", "The name of a signal must have 1 to 200 bytes.")
        }
        if let token = check.literal("token"), token != false, check.literal("signal") != nil {
            check.report(.badValue, "token", "A step waits for a signal or for a token, not for both.")
        }
        for key in check.literal("token")?.object?.keys ?? [] where key != "expiresInMs" && key != "metadata" {
            check.report(.unknownField, "token", "\"token\" has expiresInMs and metadata, but no \"\(key)\".")
        }
        check.integer("timeoutMs", in: Parameters.spans)
        check.templates()
    }

    @concurrent func execute(_ input: JSONValue, _ step: StepContext) async throws -> StepResult<JSONValue> {
        let parameters = Parameters(input, step)
        let signal = try parameters.text("signal")
        if let signal, !(1...200).contains(signal.utf8.count) {
            throw StepFailure.input("the name of a signal must have 1 to 200 bytes")
        }
        if signal == nil, step.config["signal"].map({ !$0.isNull }) ?? false {
            throw StepFailure.input("'signal' has a placeholder without a value")
        }
        var request = WaitRequest(
            until: signal.map { .signal($0) } ?? .resume, timeout: try parameters.milliseconds("timeoutMs"),
            reason: try parameters.text("reason"))
        if let token = parameters["token"], token != false {
            guard signal == nil else {
                throw StepFailure.input("a step waits for a signal or for a token, not for both")
            }
            request.until = .token
            request.output = try await output(token, within: request.timeout, step)
        }
        return .wait(request)
    }

    /// Makes the token. Returns what the step puts out while it waits.
    private func output(_ parameter: JSONValue, within timeout: Duration?, _ step: StepContext) async throws
        -> JSONValue
    {
        guard parameter == true || parameter.object != nil else {
            throw StepFailure.input("'token' must be true or an object with expiresInMs and metadata")
        }
        let members = parameter.object ?? [:]
        var lifetime: Duration?
        if let span = members["expiresInMs"], !span.isNull {
            guard let span = span.int64, Parameters.spans.contains(span) else {
                throw StepFailure.input("'token.expiresInMs' must be a whole number of milliseconds, at most ten years")
            }
            lifetime = .milliseconds(span)
        }
        let metadata = members["metadata"]
        guard metadata == nil || metadata?.isNull == true || metadata?.object != nil else {
            throw StepFailure.input("'token.metadata' must be an object")
        }
        if let timeout { lifetime = min(lifetime ?? .seconds(7 * 86_400), timeout) }
        let token = try await step.token(expiresIn: lifetime, metadata: metadata?.object)
        return [
            "token": .string(token.token), "tokenId": .string(token.id.description),
            "expiresAt": .string(token.expiresAt.description),
        ]
    }
}

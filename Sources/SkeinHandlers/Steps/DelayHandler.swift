import Skein
import SkeinCore

/// `delay`: lets time pass. The execution is parked meanwhile and holds no worker.
///
/// Parameters: `delayMs` (0 to 10 years) or `until` (RFC 3339; a time that has passed ends the delay at once, one more
/// than 10 years ahead is refused). Output: `{delayMs, startedAt, completedAt}`, stored when the delay begins.
struct DelayHandler: BuiltinHandler {
    static let metadata = HandlerMetadata(
        type: "delay", name: "Delay", description: "Goes on after a span of time or at an instant.",
        category: "control",
        configSchema: [
            "type": "object",
            "properties": [
                "delayMs": [
                    "type": ["integer", "string"], "minimum": 0, "maximum": .int(Parameters.tenYears),
                    "description": "Milliseconds.",
                ],
                "until": ["type": "string", "description": "An instant, RFC 3339."],
            ],
            "oneOf": [["required": ["delayMs"]], ["required": ["until"]]],
        ])

    static func check(_ check: inout ConfigCheck) {
        check.require("delayMs", "until")
        check.rename([
            "ms": "delayMs", "seconds": "delayMs", "minutes": "delayMs", "hours": "delayMs", "delay": "delayMs",
        ])
        check.integer("delayMs", in: 0...Parameters.tenYears)
        if let until = check.literal("until"), until.string.flatMap({ Timestamp($0) }) == nil {
            check.report(.badValue, "until", "\"until\" must be a time such as \"2026-01-02T03:04:05Z\".")
        }
        if check.config["delayMs"] != nil, check.config["until"] != nil {
            check.report(.badValue, "until", "A delay takes \"delayMs\" or \"until\", not both.")
        }
        check.templates()
    }

    @concurrent func execute(_ input: JSONValue, _ step: StepContext) async throws -> StepResult<JSONValue> {
        let parameters = Parameters(input, step)
        let now = step.now
        let due = try Self.due(parameters, now: now)
        let output: JSONValue = [
            "delayMs": .int((due - now).wholeMilliseconds), "startedAt": .string(now.description),
            "completedAt": .string(due.description),
        ]
        return .wait(WaitRequest(until: .time(due), output: output))
    }

    private static func due(_ parameters: Parameters, now: Timestamp) throws -> Timestamp {
        let span = try parameters.milliseconds("delayMs", in: 0...Parameters.tenYears)
        guard let until = try parameters.text("until") else {
            guard let span else { throw StepFailure.input("a delay needs 'delayMs' or 'until'") }
            return now + span
        }
        guard span == nil else { throw StepFailure.input("a delay takes 'delayMs' or 'until', not both") }
        guard let time = Timestamp(until), time != .distantFuture else {
            throw StepFailure.input("'until' must be an RFC 3339 time such as 2026-01-02T03:04:05Z")
        }
        guard time <= now + .milliseconds(Parameters.tenYears) else {
            throw StepFailure.input("'until' must not be more than ten years ahead")
        }
        return max(time, now)
    }
}

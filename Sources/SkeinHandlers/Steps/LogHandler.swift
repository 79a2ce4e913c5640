import Logging
import Skein
import SkeinCore

/// `log`: writes a line to the worker's log. Output: `{}`.
///
/// Parameters: `level` (trace, debug, info, notice, warning, error, critical; default info), `message` and `fields`,
/// both with placeholders. Control characters are escaped and long values cut, as they may come from anybody.
struct LogHandler: BuiltinHandler {
    static let metadata = HandlerMetadata(
        type: "log", name: "Log", description: "Writes a line to the log.", category: "utility",
        configSchema: [
            "type": "object",
            "properties": [
                "level": ["enum": .array(Logger.Level.allCases.map { .string($0.rawValue) })],
                "message": ["type": "string"], "fields": ["type": "object"],
            ],
        ])

    private static let longest = 8_192

    static func check(_ check: inout ConfigCheck) {
        check.kind("message", .string, .number, .bool)
        check.kind("fields", .object)
        if let level = check.literal("level"), level.string.flatMap(Self.level) == nil {
            let names = Logger.Level.allCases.map(\.rawValue).joined(separator: " ")
            check.report(.badValue, "level", "\"level\" must be one of: \(names).")
        }
        check.templates()
    }

    @concurrent func execute(_ input: JSONValue, _ step: StepContext) async throws -> StepResult<JSONValue> {
        let parameters = Parameters(input, step)
        let name = try parameters.text("level") ?? "info"
        guard let level = Self.level(name) else { throw StepFailure.input("'\(name)' is not a log level") }
        var metadata: Logger.Metadata = [
            "execution.id": "\(step.executionID)", "flow.id": "\(step.flowID)", "step.id": "\(step.stepID)",
        ]
        for (key, value) in try parameters.object("fields") ?? [:] {
            metadata["fields.\(Self.printable(key))"] = "\(Self.printable(value.scalarText ?? value.text()))"
        }
        let message = parameters["message"].map { $0.scalarText ?? $0.text() } ?? ""
        step.logger.log(level: level, "\(Self.printable(message))", metadata: metadata)
        return .success(.object([:]))
    }

    private static func level(_ name: String) -> Logger.Level? {
        name == "warn" ? .warning : Logger.Level(rawValue: name)
    }

    /// A text that cannot forge lines or drive a terminal.
    static func printable(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(longest) {
            if scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format {
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}

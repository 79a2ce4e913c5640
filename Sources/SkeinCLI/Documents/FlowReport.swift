import SkeinCore

/// What checking one file brought to light.
struct FlowReport: Sendable {
    var file: String
    var validation: FlowValidation
    /// Errors, then warnings: `{file, severity, code, pointer, line, message}`.
    var problems: [JSONValue]
    var isValid: Bool
    var problemCount: Int

    /// - Parameter strict: warnings count as problems.
    init(_ document: DocumentFile, knownTypes: Set<String>, strict: Bool) {
        file = document.path
        let validation = FlowSpec.validate(document.value, knownTypes: knownTypes, configCheck: Composition.checkConfig)
        self.validation = validation
        let found =
            validation.errors.map { (strict: true, problem: $0) }
            + validation.warnings.map { (strict: strict, problem: $0) }
        problemCount = found.count(where: \.strict)
        isValid = problemCount == 0
        problems = found.map { isError, problem in
            var object: JSONObject = [
                "file": .string(document.path), "severity": isError ? "error" : "warning",
                "code": .string(problem.code),
                "pointer": .string(problem.pointer.description),
            ]
            object["line"] = document.line(of: problem.pointer).map { .int(Int64($0)) }
            object["message"] = .string(problem.message)
            return .object(object)
        }
    }

    /// `order 1.0.0, 5 steps`; empty for an invalid one.
    var title: String {
        guard let spec = validation.spec else { return "" }
        return "\(spec.id) \(spec.version), \(spec.steps.count) step\(spec.steps.count == 1 ? "" : "s")"
    }

    var json: JSONValue {
        var object: JSONObject = ["file": .string(file), "valid": .bool(isValid)]
        object["id"] = validation.spec.map { .string($0.id) }
        object["version"] = validation.spec.map { .string($0.version.description) }
        object["problems"] = .array(problems)
        return .object(object)
    }

    /// One line for each problem: `order.yaml:12: error UNKNOWN_FIELD /steps/a/typ: …`.
    var text: String {
        problems.map { problem in
            let line = problem["line"]?.int64.map { ":\($0)" } ?? ""
            let place = problem["pointer"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? "(root)"
            let words = [problem["severity"], problem["code"]].compactMap { $0?.string }.joined(separator: " ")
            return "\(file)\(line): \(words) \(place): \(problem["message"]?.string ?? "")".withoutControls + "\n"
        }.joined()
    }

    static let columns = [
        Column("file"), Column("line"), Column("severity"), Column("code"), Column("pointer"), Column("message"),
    ]
}

// One step from JSON: its fields, its retry policy and its input. Where it leads is read by StepReader+routes.

/// Reads the steps of one definition.
struct StepReader {
    let knownTypes: [String]?
    let configCheck: ((_ type: String, _ config: JSONObject) -> [Problem])?
    var outline: FlowOutline

    private static let fields = [
        "id", "type", "name", "config", "input", "outputKey", "transitions", "retry", "timeoutMs", "heartbeatMs",
        "when", "join", "compensate", "commit",
    ]
    private static let hints = [
        "onSuccess": "transitions.onSuccess", "onFailure": "transitions.onFailure",
        "onResume": "transitions.onResume", "next": "transitions.onSuccess", "handler": "type",
        "timeout": "timeoutMs", "heartbeat": "heartbeatMs",
        "onSkip": "transitions.onSkip", "condition": "when",
    ]

    /// Reads a step; the result is used only when there were no problems at all.
    mutating func step(
        _ name: String, _ json: JSONValue, at pointer: JSONPointer, into problems: inout ProblemCollector
    ) -> StepSpec? {
        if let objection = Identifier.objection(to: name, as: .step) {
            problems.error(.badID, at: pointer, "The id of a step \(objection).")
        }
        guard let object = json.object else {
            problems.error(.wrongType, at: pointer, "A step must be an object, not \(json.kind.withArticle).")
            return nil
        }
        let fields = FieldReader(object: object, pointer: pointer)
        fields.checkNames(Self.fields, hints: Self.hints, of: "a step", into: &problems)
        checkID(name, fields, &problems)
        let type = type(fields, &problems)
        let config = fields.object("config", into: &problems)
        let input = input(fields, &problems)
        let outputKey = outputKey(fields, &problems)
        let transitions = transitions(of: name, fields, &problems)
        let when = condition(fields, &problems)
        // At the step as in its transitions.
        let joins = transitions.join + join(of: name, fields, &problems)
        let isCommit = fields.bool("commit", into: &problems) ?? false
        let compensate = compensation(fields, isCommit: isCommit, &problems)
        let retry = fields.reader("retry", into: &problems).map { RetryPolicy.read($0, into: &problems) }
        let timeout = fields.duration("timeoutMs", into: &problems)
        let heartbeat = fields.duration("heartbeatMs", into: &problems)
        let label = fields.string("name", into: &problems)
        guard let type else { return nil }
        if fields.value("config") == nil || config != nil {
            check(config ?? [:], of: name, type, at: fields.place("config"), &problems)
        }
        return StepSpec(
            id: StepID(name), type: type, name: label, config: config ?? [:], input: input, outputKey: outputKey,
            onSuccess: transitions.onSuccess, onFailure: transitions.onFailure, onResume: transitions.onResume,
            onSkip: transitions.onSkip, join: joins, when: when, compensate: compensate, isCommit: isCommit,
            outputs: [], retry: retry, timeout: timeout, heartbeat: heartbeat)
    }

    private func checkID(_ name: String, _ fields: FieldReader, _ problems: inout ProblemCollector) {
        guard let id = fields.string("id", into: &problems), StepID(id) != StepID(name) else { return }
        problems.error(
            .stepIDMismatch, at: fields.place("id"), "The id \(id.quoted) differs from the step's key, \(name.quoted).")
    }

    func condition(_ fields: FieldReader, _ problems: inout ProblemCollector) -> Condition? {
        guard let json = fields.value("when") else { return nil }
        var found: [Problem] = []
        let condition = Condition.parse(json, at: fields.place("when"), into: &found)
        problems.error(found)
        return condition
    }

    func compensation(_ fields: FieldReader, isCommit: Bool, _ problems: inout ProblemCollector) -> Compensation? {
        guard let fields = fields.reader("compensate", into: &problems) else { return nil }
        if isCommit {
            problems.error(
                .badValue, at: fields.pointer,
                "A commit step is final once it succeeded; it cannot have a compensation.")
        }
        fields.checkNames(
            ["type", "config", "input", "retry"], hints: ["handler": "type"], of: "a compensation", into: &problems)
        let type = type(fields, &problems)
        let config = fields.object("config", into: &problems) ?? [:]
        let input = input(fields, &problems)
        let retry = fields.reader("retry", into: &problems).map { RetryPolicy.read($0, into: &problems) }
        if let type { problems.error(configCheck?(type, config).map { $0.moved(under: fields.place("config")) } ?? []) }
        return type.map { Compensation(type: $0, config: config, input: input, retry: retry) }
    }

    func type(_ fields: FieldReader, _ problems: inout ProblemCollector) -> String? {
        type(of: fields, "type", &problems)
    }

    /// The handler that a step names by `key`.
    func type(of fields: FieldReader, _ key: String, _ problems: inout ProblemCollector) -> String? {
        guard let type = fields.requiredString(key, of: key == "type" ? "A step" : "A task", into: &problems) else {
            return nil
        }
        if let objection = Identifier.objection(to: type, as: .flow) {
            problems.error(.badValue, at: fields.place(key), "The type of a step \(objection).")
        } else if let knownTypes, !knownTypes.contains(type) {
            problems.warning(
                .handlerUnknown, at: fields.place(key),
                "No handler is known for \(type.quoted)\(problems.phrase(for: type, among: knownTypes))")
        }
        return type
    }

    private func input(_ fields: FieldReader, _ problems: inout ProblemCollector) -> InputSelector? {
        guard let json = fields.value("input") else { return nil }
        var found: [Problem] = []
        let selector = InputSelector.parse(json, at: fields.place("input"), into: &found)
        problems.error(found)
        if case .path(let path)? = selector {
            Self.warnOfJSONPath(path.text, at: fields.place("input").appending(key: "path"), &problems)
        }
        return selector
    }

    private func outputKey(_ fields: FieldReader, _ problems: inout ProblemCollector) -> String? {
        guard let text = fields.string("outputKey", into: &problems) else { return nil }
        if text == StepOutput.root { return text }
        guard DotPath(text) != nil else {
            problems.error(.badPath, at: fields.place("outputKey"), DotPath.objection(to: text))
            return nil
        }
        Self.warnOfJSONPath(text, at: fields.place("outputKey"), &problems)
        return text
    }

    static func warnOfJSONPath(_ path: String, at pointer: JSONPointer, _ problems: inout ProblemCollector) {
        guard DotPath.looksLikeJSONPath(path) else { return }
        problems.warning(
            .pathSyntax, at: pointer,
            "\(path.quoted) is written like a JSONPath, but read as a dotted path: names and indices between dots.")
    }
}

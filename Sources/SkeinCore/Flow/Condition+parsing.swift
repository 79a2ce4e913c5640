// Conditions from JSON, with every mistake reported.

extension Condition {
    /// Reads a condition.
    ///
    /// - Parameters:
    ///   - json: `{path, op, value}`, `{all: […]}`, `{any: […]}`, `{not: …}`, `{jsonpath: "…"}` or `{handler: "…"}`.
    ///   - pointer: its place, for problems.
    ///   - problems: receives every mistake: `BAD_CONDITION`, `BAD_OPERATOR`, `BAD_PATH`, `BAD_PATTERN`,
    ///     `UNKNOWN_FIELD`,
    ///     `WRONG_TYPE` or `REQUIRED_MISSING`.
    /// - Returns: the condition, `nil` when it or a part of it has a problem.
    public static func parse(
        _ json: JSONValue, at pointer: JSONPointer, into problems: inout [Problem]
    ) -> Condition? {
        var parser = ConditionParser(problems: problems)
        let condition = parser.condition(json, at: pointer, depth: 1)
        problems = parser.problems
        return condition
    }
}

/// Reads nested conditions into one list of problems.
private struct ConditionParser {
    var problems: [Problem]

    private static let forms = ["path", "all", "any", "not", "jsonpath", "handler"]

    mutating func condition(_ json: JSONValue, at pointer: JSONPointer, depth: Int) -> Condition? {
        guard depth <= Condition.maxDepth else {
            return report(.badCondition, pointer, "Conditions must not nest deeper than \(Condition.maxDepth).")
        }
        guard let object = json.object else {
            return report(.wrongType, pointer, "A condition must be an object, not \(json.kind.withArticle).")
        }
        let forms = Self.forms.filter(object.contains)
        guard let form = forms.first, forms.count == 1 else {
            let found = forms.isEmpty ? "none" : forms.joined(separator: " and ")
            return report(
                .badCondition, pointer,
                "A condition needs exactly one of path, all, any, not, jsonpath and handler; it has \(found).")
        }
        let isComplete = checkFields(of: object, form, at: pointer)
        let condition = read(form, object[form] ?? .null, of: object, at: pointer, depth: depth)
        return isComplete ? condition : nil
    }

    private mutating func read(
        _ form: String, _ value: JSONValue, of object: JSONObject, at pointer: JSONPointer, depth: Int
    ) -> Condition? {
        let place = pointer.appending(key: form)
        switch form {
        case "path":
            return comparison(object, at: pointer)
        case "all":
            return list(value, at: place, depth: depth).map(Condition.all)
        case "any":
            return list(value, at: place, depth: depth).map(Condition.any)
        case "not":
            return condition(value, at: place, depth: depth + 1).map(Condition.not)
        case "jsonpath":
            guard let query = text(value, at: place) else { return nil }
            do {
                return .jsonpath(try JSONPath(query))
            } catch {
                return report(.badPath, place, "\(query.quoted) is not a JSONPath: \(error)")
            }
        case _:
            return text(value, at: place).map(Condition.handler)
        }
    }

    private mutating func list(_ json: JSONValue, at pointer: JSONPointer, depth: Int) -> [Condition]? {
        guard let elements = json.array else {
            return report(.wrongType, pointer, "This must be a list of conditions, not \(json.kind.withArticle).")
        }
        let conditions = elements.enumerated().map { (offset, element) in
            condition(element, at: pointer.appending(index: offset), depth: depth + 1)
        }
        let complete = conditions.compactMap { $0 }
        return complete.count == elements.count ? complete : nil
    }

    private mutating func comparison(_ object: JSONObject, at pointer: JSONPointer) -> Condition? {
        let path = path(object["path"] ?? .null, at: pointer.appending(key: "path"))
        guard let op = self.op(object["op"], at: pointer.appending(key: "op")) else { return nil }
        let place = pointer.appending(key: "value")
        let value = object["value"]
        guard op.takesValue else {
            if value?.bool == false {
                let other = op == .exists ? Operator.notExists : .exists
                return report(
                    .badCondition, place, "\(op.rawValue) takes no value; for the opposite use \(other.rawValue).")
            }
            return path.map { .compare($0, op, .null) }
        }
        guard let value else {
            return report(.badCondition, place, "\(op.rawValue) needs a value to compare with.")
        }
        if let objection = op.objection(to: value) { return report(.badCondition, place, objection) }
        guard op == .matches, let source = value.string else { return path.map { .compare($0, op, value) } }
        do {
            let pattern = try TextPattern(source)
            return path.map { .matches($0, pattern) }
        } catch {
            return report(.badPattern, place, error.message)
        }
    }

    private mutating func op(_ json: JSONValue?, at pointer: JSONPointer) -> Operator? {
        guard let json else { return report(.badOperator, pointer, "A comparison needs an operator, op.") }
        guard let name = json.string else {
            return report(.wrongType, pointer, "An operator must be a text, not \(json.kind.withArticle).")
        }
        if let op = Operator(rawValue: name) { return op }
        let names = Operator.allCases.map(\.rawValue)
        return report(
            .badOperator, pointer,
            "\(name.quoted) is not an operator\(Suggestion.phrase(for: name, among: names)) There are: "
                + names.joined(separator: " ") + ".")
    }

    private mutating func path(_ json: JSONValue, at pointer: JSONPointer) -> DotPath? {
        guard let source = text(json, at: pointer) else { return nil }
        if let path = DotPath(source) { return path }
        return report(.badPath, pointer, DotPath.objection(to: source))
    }

    private mutating func text(_ json: JSONValue, at pointer: JSONPointer) -> String? {
        guard let text = json.string else {
            return report(.wrongType, pointer, "This must be a text, not \(json.kind.withArticle).")
        }
        guard !text.isEmpty else { return report(.badCondition, pointer, "This must not be empty.") }
        return text
    }

    private mutating func checkFields(of object: JSONObject, _ form: String, at pointer: JSONPointer) -> Bool {
        let known = form == "path" ? ["path", "op", "value"] : [form]
        var isComplete = true
        for key in object.keys where !known.contains(key) {
            isComplete = false
            problems.append(
                Problem(
                    .unknownField, at: pointer.appending(key: key),
                    "\(key.quoted) is not a field of this condition\(Suggestion.phrase(for: key, among: known))"))
        }
        return isComplete
    }

    private mutating func report<T>(_ code: ProblemCode, _ pointer: JSONPointer, _ message: String) -> T? {
        problems.append(Problem(code, at: pointer, message))
        return nil
    }
}

extension Operator {
    /// Why a value does not suit the operator; `nil` when it does.
    fileprivate func objection(to value: JSONValue) -> String? {
        let kind = value.kind
        switch self {
        case .eq, .neq, .contains, .exists, .notExists: return nil
        case .gt, .gte, .lt, .lte:
            if kind == .number || kind == .string { return nil }
            return "\(rawValue) compares with a number or a text, not with \(kind.withArticle)."
        case .in, .nin:
            return kind == .array ? nil : "\(rawValue) compares with a list, not with \(kind.withArticle)."
        case .startsWith, .endsWith, .matches:
            return kind == .string ? nil : "\(rawValue) compares with a text, not with \(kind.withArticle)."
        }
    }
}

extension JSONValue.Kind {
    /// The kind as part of a sentence.
    package var withArticle: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

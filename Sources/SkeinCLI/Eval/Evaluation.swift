import Skein
import SkeinCore

/// One thing that `skein eval` can try: a line of a batch in, its value out.
enum Evaluation: String, CaseIterable {
    case jsonpath, schema, template, condition, cron

    /// What a line of a batch needs.
    var members: [String] {
        switch self {
        case .jsonpath: ["expr", "document"]
        case .schema: ["schema", "instance"]
        case .template: ["template", "context"]
        case .condition: ["condition", "context"]
        case .cron: ["cron"]
        }
    }

    /// What may be there besides.
    private var options: [String] {
        switch self {
        case .jsonpath: ["paths"]
        case .schema: ["resources", "formats"]
        case .template, .condition: []
        case .cron: ["tz", "from", "n"]
        }
    }

    /// - Throws: an `EvaluationError` that says what is wrong with the request.
    func value(of request: JSONValue) throws(EvaluationError) -> JSONValue {
        guard let object = request.object else { throw EvaluationError("a request must be an object") }
        for key in object.keys where !(members + options).contains(key) {
            throw EvaluationError(
                "\"\(key)\" is not a member of a request; there are: \((members + options).joined(separator: ", "))")
        }
        for key in members where object[key] == nil { throw EvaluationError("the request needs \"\(key)\"") }
        let (first, second) = (object[members[0]] ?? .null, members.dropFirst().first.flatMap { object[$0] } ?? .null)
        switch self {
        case .jsonpath: return try select(first, from: second, paths: object["paths"] == true)
        case .schema: return try validate(second, by: first, object)
        case .template: return Template.render(first, context: try context(second)) ?? .null
        case .condition: return .bool(try holds(first, in: second))
        case .cron: return try CronEvaluation.value(of: object)
        }
    }

    private func select(_ expression: JSONValue, from document: JSONValue, paths: Bool) throws(EvaluationError)
        -> JSONValue
    {
        guard let text = expression.string else { throw EvaluationError("\"expr\" must be a text") }
        do {
            let path = try JSONPath(text)
            guard paths else { return .array(try path.select(from: document)) }
            return .array(try path.nodes(in: document).map { ["path": .string($0.path), "value": $0.value] })
        } catch {
            throw EvaluationError("\(error)")
        }
    }

    private func validate(_ instance: JSONValue, by document: JSONValue, _ request: JSONObject) throws(EvaluationError)
        -> JSONValue
    {
        var resources: [String: JSONValue] = [:]
        for (uri, resource) in request["resources"]?.object ?? [:] { resources[uri] = resource }
        do {
            let schema = try JSONSchema(document, resources: resources)
            let violations = schema.validate(instance, formats: request["formats"] == true)
            return ["valid": .bool(violations.isEmpty), "errors": .array(violations.map(\.json))]
        } catch {
            throw EvaluationError("\(error)")
        }
    }

    private func holds(_ json: JSONValue, in value: JSONValue) throws(EvaluationError) -> Bool {
        var problems: [Problem] = []
        guard let condition = Condition.parse(json, at: .root, into: &problems), problems.isEmpty else {
            throw EvaluationError(problems.map(\.description).joined(separator: "; "))
        }
        if let name = condition.handlerNames.first {
            throw EvaluationError("the handler '\(name)' cannot be asked here")
        }
        let context = try context(value)
        do {
            return try condition.evaluate(context)
        } catch {
            throw EvaluationError("\(error)")
        }
    }

    private func context(_ value: JSONValue) throws(EvaluationError) -> JSONObject {
        guard let object = value.object else { throw EvaluationError("\"context\" must be an object") }
        return object
    }
}

/// Why a request has no value.
struct EvaluationError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

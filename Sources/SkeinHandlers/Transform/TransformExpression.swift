import SkeinCore

/// One value of a `transform`: where it comes from.
///
/// - a text with `${path}` or `{{path}}` in it: a template;
/// - a text that starts with `$` or `@`: a JSONPath, one value for a query of names and indices and a list otherwise;
/// - any other text: a dotted path;
/// - `{literal: value}`: that value;
/// - an object or a list: a template all through, so that texts without a placeholder stand for themselves;
/// - a number, a boolean or null: itself.
enum TransformExpression {
    case path(DotPath)
    case query(JSONPath)
    case template(JSONValue)
    case constant(JSONValue)

    private static let placeholders: Set<Template.Placeholder> = [.dollar, .mustache]

    init(_ json: JSONValue) throws(TransformError) {
        switch json {
        case .null, .bool, .int, .decimal:
            self = .constant(json)
        case .string(let text):
            self = try Self.read(text)
        case .object(let object):
            if let value = object["literal"], object.count == 1 {
                self = .constant(value)
            } else {
                self = try Self.checked(json)
            }
        case .array:
            self = try Self.checked(json)
        }
    }

    private static func read(_ text: String) throws(TransformError) -> TransformExpression {
        if text.contains("${") || text.contains("{{") { return try checked(.string(text)) }
        if text.hasPrefix("$") || text.hasPrefix("@") { return .query(try query(text)) }
        guard let path = DotPath(text) else {
            throw TransformError("\(JSONValue.string(text).text().prefix(200)) is neither a path nor a template")
        }
        return .path(path)
    }

    /// A JSONPath; `@` at its start is the document as well.
    static func query(_ text: String) throws(TransformError) -> JSONPath {
        do {
            return try JSONPath(text.hasPrefix("@") ? "$" + text.dropFirst() : text)
        } catch {
            throw TransformError("\(JSONValue.string(text).text().prefix(200)) is not a JSONPath: \(error)")
        }
    }

    private static func checked(_ json: JSONValue) throws(TransformError) -> TransformExpression {
        if let problem = Template.problems(in: json, at: .root, placeholders: placeholders).first {
            throw TransformError(problem.message)
        }
        return .template(json)
    }

    /// The value for a document; `nil` when it is absent.
    ///
    /// - Parameter names: beside the members of the document for paths and templates, and after them.
    func value(in document: JSONValue, names: JSONObject = [:]) throws(TransformError) -> JSONValue? {
        switch self {
        case .constant(let value):
            return value
        case .path(let path):
            return path.value(in: document) ?? path.value(in: names)
        case .query(let query):
            let values = try Self.select(query, from: document)
            return query.isSingular ? values.first : .array(values)
        case .template(let template):
            return Template.render(
                template, context: names, roots: document.object ?? [:], placeholders: Self.placeholders)
        }
    }

    static func select(_ query: JSONPath, from document: JSONValue) throws(TransformError) -> [JSONValue] {
        do {
            return try query.select(from: document)
        } catch {
            throw TransformError("the path \(query.text.prefix(200)) visits too much of the input")
        }
    }
}

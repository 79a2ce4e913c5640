import SkeinCore

/// What `filter`, `map` and `reduce` of a `transform` do with a list.
///
/// - `filter: {items, where}`: the elements for which `where` holds: a condition, whose paths start at the element, or
///   a JSONPath filter such as `@.price > 10`.
/// - `map: {items, to}`: `to` for each element, an expression or an object of them, read from the element; absent is
///   null.
/// - `reduce: {items, op, of, separator}`: one value from all, or from `of` of each: `count`, `sum`, `avg`, `min`,
///   `max`, `first`, `last`, `join` (texts), `concat` (lists) or `merge` (objects).
/// - `filter` and `map` as a text: the nodes that a JSONPath selects.
///
/// `items` is a dotted path or JSONPath to the list. Conditions, paths and templates see the element's members, and
/// then `item` and `index`.
enum ListOperation {
    case select(JSONPath)
    case filter(items: TransformExpression, where: Predicate)
    case map(items: TransformExpression, to: Result)
    case reduce(items: TransformExpression, of: TransformExpression?, Reduction, separator: String)

    /// Whether an element stays.
    enum Predicate {
        case condition(Condition)
        /// Selects from the whole list.
        case filter(JSONPath)
        /// Holds when it selects something true from the element.
        case query(JSONPath)
    }

    /// What an element becomes.
    enum Result {
        case value(TransformExpression)
        case object([(key: String, value: TransformExpression)])
    }

    init(_ name: String, _ json: JSONValue) throws(TransformError) {
        if name != "reduce", let text = json.string {
            self = .select(try TransformExpression.query(text))
            return
        }
        guard let object = json.object else {
            throw TransformError(name == "reduce" ? "must be an object" : "must be a JSONPath or an object")
        }
        let items = try Self.expression(object, "items")
        switch name {
        case "filter": self = .filter(items: items, where: try Self.predicate(object["where"] ?? .null))
        case "map": self = .map(items: items, to: try Self.result(object["to"]))
        case _:
            let op = object["op"] ?? .null
            guard let reduction = op.string.flatMap(Reduction.init(rawValue:)) else {
                let names = Reduction.allCases.map(\.rawValue).joined(separator: " ")
                throw TransformError("must be one of: \(names); not \(op.text().prefix(100))", at: "op")
            }
            self = .reduce(
                items: items, of: object["of"] == nil ? nil : try Self.expression(object, "of"), reduction,
                separator: object["separator"]?.string ?? ",")
        }
    }

    private static func expression(_ object: JSONObject, _ key: String) throws(TransformError) -> TransformExpression {
        guard let json = object[key], !json.isNull else { throw TransformError("is missing", at: key) }
        do {
            return try TransformExpression(json)
        } catch {
            throw error.under(key)
        }
    }

    private static func predicate(_ json: JSONValue) throws(TransformError) -> Predicate {
        if let text = json.string {
            if text.hasPrefix("$") { return .query(try TransformExpression.query(text)) }
            do {
                return .filter(try JSONPath("$[?\(text.hasPrefix("?") ? String(text.dropFirst()) : text)]"))
            } catch {
                throw TransformError("is not a JSONPath filter: \(error.message)", at: "where")
            }
        }
        var problems: [Problem] = []
        guard let condition = Condition.parse(json, at: .root, into: &problems), condition.handlerNames.isEmpty else {
            throw TransformError(problems.first?.message ?? "a condition here cannot ask a handler", at: "where")
        }
        return .condition(condition)
    }

    private static func result(_ json: JSONValue?) throws(TransformError) -> Result {
        guard let json else { throw TransformError("is missing", at: "to") }
        guard let object = json.object, !(object.count == 1 && object.contains(key: "literal")) else {
            do {
                return .value(try TransformExpression(json))
            } catch {
                throw error.under("to")
            }
        }
        var members: [(key: String, value: TransformExpression)] = []
        for (key, value) in object {
            do {
                members.append((key, try TransformExpression(value)))
            } catch {
                throw error.under(key).under("to")
            }
        }
        return .object(members)
    }
}

// Yes or no about a context. Asking a handler happens elsewhere; its answers come in as facts.

/// What must hold for a branch to be taken.
public indirect enum Condition: Sendable, Hashable {
    /// `{path, op, value}`: a value compared with another one.
    case compare(DotPath, Operator, JSONValue)
    /// `{path, op: "matches", value}` with its pattern compiled; what ``parse(_:at:into:)`` makes of it.
    case matches(DotPath, TextPattern)
    /// `{all: […]}`: every one holds; also when there is none.
    case all([Condition])
    /// `{any: […]}`: at least one holds.
    case any([Condition])
    /// `{not: …}`: the other does not hold.
    case not(Condition)
    /// `{jsonpath: "$…"}`: the query selects a node that is neither false nor null.
    case jsonpath(JSONPath)
    /// `{handler: name}`: a handler said yes.
    case handler(String)

    /// The deepest nesting of `all`, `any` and `not`.
    public static let maxDepth = 32

    /// Whether the condition holds.
    ///
    /// A missing value is absent, which most operators take as no. Parts after the deciding one are not looked at.
    ///
    /// - Parameters:
    ///   - context: what paths are looked up in.
    ///   - roots: names that win over the context's.
    ///   - answers: what the handlers of ``handlerNames`` answered; a missing answer is no.
    /// - Throws: ``BudgetExceeded`` when a query or a pattern takes too many steps.
    public func evaluate(
        _ context: JSONObject, roots: JSONObject = [:], answers: [String: Bool] = [:]
    ) throws(BudgetExceeded) -> Bool {
        switch self {
        case .compare(let path, let op, let value):
            return try op.holds(path.value(in: context, roots: roots), value)
        case .matches(let path, let pattern):
            guard let text = path.value(in: context, roots: roots)?.string else { return false }
            return try pattern.isFound(in: text)
        case .all(let conditions):
            for condition in conditions where try !condition.evaluate(context, roots: roots, answers: answers) {
                return false
            }
            return true
        case .any(let conditions):
            for condition in conditions where try condition.evaluate(context, roots: roots, answers: answers) {
                return true
            }
            return false
        case .not(let condition):
            return try !condition.evaluate(context, roots: roots, answers: answers)
        case .jsonpath(let query):
            return try query.holds(in: context, roots: roots)
        case .handler(let name):
            return answers[name] ?? false
        }
    }

    /// The handlers whose answers ``evaluate(_:roots:answers:)`` asks for.
    public var handlerNames: Set<String> {
        switch self {
        case .compare, .matches, .jsonpath: []
        case .all(let conditions), .any(let conditions):
            conditions.reduce(into: []) { $0.formUnion($1.handlerNames) }
        case .not(let condition): condition.handlerNames
        case .handler(let name): [name]
        }
    }
}

// Queries over JSON data, RFC 9535. The text is checked once; a path can then be applied to any number of values.

/// A JSONPath query (`$.items[?@.price > 10].name`), complete as in RFC 9535.
///
/// Regular expressions in `match` and `search` are those of RFC 9485 and take time linear in the text. Equal are paths
/// with the same text.
public struct JSONPath: Sendable {
    /// The query as it was written.
    public let text: String
    private let query: JSONPathQuery

    /// Reads a query.
    ///
    /// Nesting is limited to 64 levels of brackets, parentheses and calls, the text to 64 KiB, integers to ±(2⁵³-1).
    /// - Throws: ``JSONPathError`` when the text is not well-formed or not well-typed.
    public init(_ text: String) throws(JSONPathError) {
        var parser = JSONPathParser(text)
        query = try parser.parsePath()
        self.text = text
    }

    /// Whether the query can give one node at most, because it has names and indices only.
    public var isSingular: Bool { query.isSingular }

    /// The values the query selects, in the order RFC 9535 gives them; a value can occur more than once.
    ///
    /// - Throws: ``JSONPathError`` with code `budgetExceeded` only.
    public func select(from value: JSONValue, budget: JSONPathBudget = .default) throws(JSONPathError) -> [JSONValue] {
        var evaluator = JSONPathEvaluator(root: value, budget: budget)
        return try evaluator.nodes(of: query, at: JSONPathNode(value: value, location: .untracked)).map(\.value)
    }

    /// The nodes the query selects: each value with its normalized path.
    ///
    /// - Throws: ``JSONPathError`` with code `budgetExceeded` only.
    public func nodes(
        in value: JSONValue, budget: JSONPathBudget = .default
    ) throws(JSONPathError) -> [(path: String, value: JSONValue)] {
        var evaluator = JSONPathEvaluator(root: value, budget: budget)
        return try evaluator.nodes(of: query, at: JSONPathNode(value: value, location: .root))
            .map { (path: $0.location.normalizedPath, value: $0.value) }
    }
}

extension JSONPath: Hashable {
    /// Whether both have the same text.
    public static func == (lhs: JSONPath, rhs: JSONPath) -> Bool {
        JSONKey(lhs.text) == JSONKey(rhs.text)
    }

    /// Feeds the text.
    public func hash(into hasher: inout Hasher) {
        JSONKey(text).hash(into: &hasher)
    }
}

extension JSONPath: CustomStringConvertible {
    /// The query as it was written.
    public var description: String { text }
}

// JSONPath on a context: what a selector gets and what a condition asks.

extension JSONPath {
    /// What the query selects as one value.
    ///
    /// A query of names and indices only gives its node, `nil` when there is none. Any other gives the list of all its
    /// nodes, which can be empty.
    ///
    /// - Throws: ``BudgetExceeded`` when the query visits too much of the document.
    func value(in context: JSONObject, roots: JSONObject) throws(BudgetExceeded) -> JSONValue? {
        let values = try selected(in: context, roots: roots)
        return isSingular ? values.first : .array(values)
    }

    /// Whether the query selects a node that is neither false nor null.
    ///
    /// - Throws: ``BudgetExceeded`` when the query visits too much of the document.
    func holds(in context: JSONObject, roots: JSONObject) throws(BudgetExceeded) -> Bool {
        try selected(in: context, roots: roots).contains { $0 != .null && $0 != .bool(false) }
    }

    private func selected(in context: JSONObject, roots: JSONObject) throws(BudgetExceeded) -> [JSONValue] {
        let document = roots.isEmpty ? context : context.merging(roots)
        do {
            return try select(from: .object(document))
        } catch {
            throw BudgetExceeded(message: "The path \(text.quoted) visits too much of the context.")
        }
    }
}

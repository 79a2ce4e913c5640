// Conditions of filters. A missing value is nil; it equals only another missing one.

extension JSONPathEvaluator {
    mutating func holds(_ condition: JSONPathCondition, for node: JSONPathNode) throws(JSONPathError) -> Bool {
        try spend(1)
        switch condition {
        case .any(let conditions):
            for condition in conditions where try holds(condition, for: node) { return true }
            return false
        case .all(let conditions):
            for condition in conditions where try !holds(condition, for: node) { return false }
            return true
        case .not(let condition):
            return try !holds(condition, for: node)
        case .exists(let query):
            return try !nodes(of: query, from: node).isEmpty
        case .comparison(let left, let comparison, let right):
            return Self.compare(try value(of: left, for: node), comparison, try value(of: right, for: node))
        case .match(let match):
            return try holds(match, for: node)
        }
    }

    /// The nodes of a query in a filter; their places are of no interest.
    private mutating func nodes(of query: JSONPathQuery, from node: JSONPathNode) throws(JSONPathError)
        -> [JSONPathNode]
    {
        try nodes(of: query, at: JSONPathNode(value: query.isRelative ? node.value : root, location: .untracked))
    }

    private mutating func value(of operand: JSONPathOperand, for node: JSONPathNode) throws(JSONPathError) -> JSONValue?
    {
        switch operand {
        case .literal(let value):
            return value
        case .query(let query):
            return try nodes(of: query, from: node).first?.value
        case .value(let query):
            let found = try nodes(of: query, from: node)
            guard found.count == 1 else { return nil }
            return found[0].value
        case .count(let query):
            return .integer(try nodes(of: query, from: node).count)
        case .length(let operand):
            switch try value(of: operand, for: node) {
            case .string(let string):
                try spend(string.utf8.count / 16)
                return .integer(string.unicodeScalars.count)
            case .array(let elements): return .integer(elements.count)
            case .object(let object): return .integer(object.count)
            case .null, .bool, .int, .decimal, nil: return nil
            }
        }
    }

    private static func compare(_ left: JSONValue?, _ comparison: JSONPathOperator, _ right: JSONValue?) -> Bool {
        switch comparison {
        case .equal: left == right
        case .notEqual: left != right
        case .less: isLess(left, right)
        case .greater: isLess(right, left)
        case .atMost: isLess(left, right) || left == right
        case .atLeast: isLess(right, left) || left == right
        }
    }

    /// Only numbers and strings have an order here.
    private static func isLess(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
        guard let left, let right, left.kind == .number || left.kind == .string else { return false }
        return left < right
    }

    private mutating func holds(_ match: JSONPathMatch, for node: JSONPathNode) throws(JSONPathError) -> Bool {
        guard case .string(let subject) = try value(of: match.subject, for: node),
            case .string(let pattern) = try value(of: match.pattern, for: node),
            let expression = try expression(of: match, pattern)
        else { return false }
        switch expression.matches(subject, anywhere: match.isSearch, steps: &stepsLeft) {
        case .some(let result): return result
        case nil: throw .budgetExceeded
        }
    }

    private mutating func expression(of match: JSONPathMatch, _ pattern: String) throws(JSONPathError) -> IRegexp? {
        if let compiled = match.compiled { return compiled }
        let key = JSONKey(pattern)
        if let known = patterns[key] { return known }
        let expression = IRegexp(pattern)
        try spend(pattern.utf8.count + (expression?.program.count ?? 0))
        if patterns.count >= Self.maxPatterns { patterns.removeAll() }
        patterns[key] = .some(expression)
        return expression
    }
}

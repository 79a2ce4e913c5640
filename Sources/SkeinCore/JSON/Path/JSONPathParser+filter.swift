// RFC 9535: filters, with the checks that make them well-typed.

extension JSONPathParser {
    /// What stands on a side of a comparison or alone, before it is known which.
    private enum Term {
        case operand(JSONPathOperand)
        case nodes(JSONPathQuery)
        case match(JSONPathMatch)
    }

    mutating func parseCondition() throws(JSONPathError) -> JSONPathCondition {
        try enter()
        defer { depth -= 1 }
        var alternatives = [try parseConjunction()]
        while skipOperator("||") { alternatives.append(try parseConjunction()) }
        return alternatives.count == 1 ? alternatives[0] : .any(alternatives)
    }

    private mutating func parseConjunction() throws(JSONPathError) -> JSONPathCondition {
        var conditions = [try parseBasicCondition()]
        while skipOperator("&&") { conditions.append(try parseBasicCondition()) }
        return conditions.count == 1 ? conditions[0] : .all(conditions)
    }

    /// Moves past a logical operator and the space around it; otherwise stays.
    private mutating func skipOperator(_ text: StaticString) -> Bool {
        let start = index
        skipSpace()
        guard skip(text) else {
            index = start
            return false
        }
        skipSpace()
        return true
    }

    private mutating func parseBasicCondition() throws(JSONPathError) -> JSONPathCondition {
        if skip("!") {
            skipSpace()
            if let group = try parseParenthesis() { return .not(group) }
            let start = index
            return .not(try test(try parseTerm(), at: start))
        }
        if let group = try parseParenthesis() { return group }
        let start = index
        let term = try parseTerm()
        let end = index
        skipSpace()
        guard let comparison = parseComparisonOperator() else {
            index = end
            return try test(term, at: start)
        }
        skipSpace()
        let left = try value(term, at: start)
        let rightStart = index
        return .comparison(left, comparison, try value(try parseTerm(), at: rightStart))
    }

    private mutating func parseParenthesis() throws(JSONPathError) -> JSONPathCondition? {
        guard skip("(") else { return nil }
        skipSpace()
        let condition = try parseCondition()
        skipSpace()
        guard skip(")") else { throw syntaxError("Here ) was expected.") }
        return condition
    }

    private mutating func parseComparisonOperator() -> JSONPathOperator? {
        if skip("==") { return .equal }
        if skip("!=") { return .notEqual }
        if skip("<=") { return .atMost }
        if skip(">=") { return .atLeast }
        if skip("<") { return .less }
        if skip(">") { return .greater }
        return nil
    }

    private mutating func parseTerm() throws(JSONPathError) -> Term {
        switch current {
        case UInt8(ascii: "$"), UInt8(ascii: "@"):
            return .nodes(try parseQuery())
        case UInt8(ascii: "a")...UInt8(ascii: "z"):
            return try parseWord()
        case _:
            return .operand(.literal(try parseLiteral()))
        }
    }

    /// A literal word or a function call.
    private mutating func parseWord() throws(JSONPathError) -> Term {
        let start = index
        let name = bytes[index...].prefix { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "_")
                || JSONNumberGrammar.isDigit(byte)
        }
        index += name.count
        guard skip("(") else {
            switch String(decoding: name, as: UTF8.self) {
            case "true": return .operand(.literal(true))
            case "false": return .operand(.literal(false))
            case "null": return .operand(.literal(nil))
            case _: throw JSONPathError(.invalidSyntax, at: start, "Only true, false and null are literals.")
            }
        }
        let arguments = try parseArguments()
        return try call(String(decoding: name, as: UTF8.self), arguments, at: start)
    }

    private mutating func parseArguments() throws(JSONPathError) -> [Term] {
        try enter()
        defer { depth -= 1 }
        skipSpace()
        if skip(")") { return [] }
        var arguments: [Term] = []
        repeat {
            skipSpace()
            arguments.append(try parseTerm())
            skipSpace()
        } while skip(",")
        guard skip(")") else { throw syntaxError("Here , or ) was expected.") }
        return arguments
    }

    private func call(_ name: String, _ arguments: [Term], at offset: Int) throws(JSONPathError) -> Term {
        let expected = ["length": 1, "count": 1, "value": 1, "match": 2, "search": 2]
        guard let count = expected[name] else {
            throw JSONPathError(.unknownFunction, at: offset, "There is no function \(name).")
        }
        guard arguments.count == count else {
            throw JSONPathError(
                .invalidType, at: offset, "\(name) takes \(count == 1 ? "one argument" : "two arguments").")
        }
        switch name {
        case "length": return .operand(.length(try value(arguments[0], at: offset)))
        case "count": return .operand(.count(try nodes(arguments[0], at: offset)))
        case "value": return .operand(.value(try nodes(arguments[0], at: offset)))
        case _:
            let pattern = try value(arguments[1], at: offset)
            var compiled: IRegexp?
            if case .literal(.string(let text)) = pattern { compiled = IRegexp(text) }
            let subject = try value(arguments[0], at: offset)
            return .match(
                JSONPathMatch(subject: subject, pattern: pattern, isSearch: name == "search", compiled: compiled))
        }
    }

    private func value(_ term: Term, at offset: Int) throws(JSONPathError) -> JSONPathOperand {
        switch term {
        case .operand(let operand): return operand
        case .nodes(let query) where query.isSingular: return .query(query)
        case .nodes:
            throw JSONPathError(.invalidType, at: offset, "A query that may give several nodes is not a value.")
        case .match: throw JSONPathError(.invalidType, at: offset, "The result of match or search is not a value.")
        }
    }

    private func nodes(_ term: Term, at offset: Int) throws(JSONPathError) -> JSONPathQuery {
        if case .nodes(let query) = term { return query }
        throw JSONPathError(.invalidType, at: offset, "The function needs a query.")
    }

    private func test(_ term: Term, at offset: Int) throws(JSONPathError) -> JSONPathCondition {
        switch term {
        case .nodes(let query): return .exists(query)
        case .match(let match): return .match(match)
        case .operand: throw JSONPathError(.invalidType, at: offset, "A value alone is not a condition.")
        }
    }
}

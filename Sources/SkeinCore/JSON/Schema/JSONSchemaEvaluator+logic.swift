// Keywords that apply subschemas to the value itself.

extension JSONSchemaEvaluator {
    mutating func combine(
        _ value: JSONValue, _ context: Context, marks: inout JSONSchemaMarks?
    ) throws(Stop) -> Bool {
        switch context.rule.check {
        case .allOf(let nodes): return try all(nodes, value, context, &marks)
        case .anyOf(let nodes): return try any(nodes, value, context, &marks)
        case .oneOf(let nodes): return try one(nodes, value, context, &marks)
        case .not(let node):
            return try !quietly(node, value, at: context.place) || failMatch(value, context)
        case .condition(let node, let then, let otherwise):
            let isMet = try quietly(node, value, at: context.place, marks: &marks)
            guard let next = isMet ? then : otherwise else { return true }
            return try evaluate(next, value, at: context.place, marks: &marks)
        case .reference(let node):
            return try evaluate(node, value, at: context.place, marks: &marks)
        case .dynamicReference(let node, let name):
            return try evaluate(target(node, name), value, at: context.place, marks: &marks)
        case .dependentSchemas(let nodes):
            guard case .object(let object) = value else { return true }
            let present = nodes.filter { object.contains(key: $0.key) }.map(\.node)
            return try all(present, value, context, &marks)
        case .types, .values, .multipleOf, .bound, .atLeast, .atMost, .pattern, .format, .uniqueItems, .required,
            .dependentRequired, .properties, .patternProperties, .additionalProperties, .propertyNames,
            .unevaluatedProperties, .prefixItems, .items, .contains, .unevaluatedItems:
            return true
        }
    }

    /// The outermost resource in scope that has the anchor decides.
    private func target(_ node: Int, _ name: String?) -> Int {
        guard let name else { return node }
        for resource in scope {
            if let target = program.resources[resource].dynamicAnchors[name] { return target }
        }
        return node
    }

    private mutating func all(
        _ nodes: [Int], _ value: JSONValue, _ context: Context, _ marks: inout JSONSchemaMarks?
    ) throws(Stop) -> Bool {
        var isValid = true
        for node in nodes {
            if try !evaluate(node, value, at: context.place, marks: &marks) {
                isValid = false
                if isQuiet { break }
            }
        }
        return isValid
    }

    private mutating func any(
        _ nodes: [Int], _ value: JSONValue, _ context: Context, _ marks: inout JSONSchemaMarks?
    ) throws(Stop) -> Bool {
        var reasons: [String] = []
        var isValid = false
        for node in nodes {
            let (isFitting, reason) = try attempt(node, value, context, &marks)
            if isFitting { isValid = true }
            // Later alternatives count only for what they look at.
            if isValid, marks == nil { return true }
            if let reason { reasons.append(reason) }
        }
        return isValid || failNoMatch(value, nodes.count, reasons, context)
    }

    private mutating func one(
        _ nodes: [Int], _ value: JSONValue, _ context: Context, _ marks: inout JSONSchemaMarks?
    ) throws(Stop) -> Bool {
        var reasons: [String] = []
        var matches: [Int] = []
        for (index, node) in nodes.enumerated() {
            let (isFitting, reason) = try attempt(node, value, context, &marks)
            if isFitting { matches.append(index) }
            if matches.count > 1 { break }
            if let reason { reasons.append(reason) }
        }
        if matches.count == 1 { return true }
        if matches.isEmpty { return failNoMatch(value, nodes.count, reasons, context) }
        return failMatches(value, nodes.count, matches, context)
    }

    @inline(never)
    private mutating func failMatch(_ value: JSONValue, _ context: Context) -> Bool {
        fail(context, "The \(value.noun) matches a schema that it must not match.")
    }

    @inline(never)
    private mutating func failMatches(_ value: JSONValue, _ count: Int, _ matches: [Int], _ context: Context) -> Bool {
        fail(
            context,
            "The \(value.noun) must match exactly one of \(count) alternatives, but it matches those at "
                + "\(matches[0]) and \(matches[1]).")
    }

    @inline(never)
    private mutating func failNoMatch(
        _ value: JSONValue, _ count: Int, _ reasons: [String], _ context: Context
    ) -> Bool {
        let intro = "The \(value.noun) matches none of \(count) alternatives"
        guard !reasons.isEmpty, reasons.count <= 4 else { return fail(context, intro + ".") }
        var unique: [String] = []
        for reason in reasons where !unique.contains(reason) { unique.append(reason) }
        return fail(context, "\(intro): \(unique.joined(separator: " Or: "))")
    }

    /// Applies a subschema whose mismatch is no mismatch of the value, and tells the first reason against it.
    mutating func attempt(
        _ node: Int, _ value: JSONValue, _ context: Context
    ) throws(Stop) -> (isValid: Bool, reason: String?) {
        var marks: JSONSchemaMarks?
        return try attempt(node, value, context, &marks)
    }

    private mutating func attempt(
        _ node: Int, _ value: JSONValue, _ context: Context, _ marks: inout JSONSchemaMarks?
    ) throws(Stop) -> (isValid: Bool, reason: String?) {
        let count = violations.count
        let isOutermost = certainCount == nil
        if isOutermost { certainCount = count }
        let isValid = try evaluate(node, value, at: context.place, marks: &marks)
        if isOutermost { certainCount = nil }
        return (isValid, violations.count > count ? withdraw(to: count, context) : nil)
    }

    /// Takes back what was noted since, and tells the first of it in the context of what it was noted for.
    @inline(never)
    private mutating func withdraw(to count: Int, _ context: Context) -> String {
        let reason = violations[count]
        violations.removeLast(violations.count - count)
        let tokens = reason.instance.tokens.dropFirst(context.place.pointer.tokens.count)
        if tokens.isEmpty { return reason.message }
        return "at \(JSONPointer(tokens: Array(tokens)).description.shortened): \(reason.message)"
    }

    /// Applies a subschema without collecting anything.
    mutating func quietly(_ node: Int, _ value: JSONValue, at place: JSONSchemaPlace) throws(Stop) -> Bool {
        var marks: JSONSchemaMarks?
        return try quietly(node, value, at: place, marks: &marks)
    }

    private mutating func quietly(
        _ node: Int, _ value: JSONValue, at place: JSONSchemaPlace, marks: inout JSONSchemaMarks?
    ) throws(Stop) -> Bool {
        let wasQuiet = isQuiet
        isQuiet = true
        let isValid = try evaluate(node, value, at: place, marks: &marks)
        isQuiet = wasQuiet
        return isValid
    }
}

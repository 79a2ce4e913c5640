// Keywords that look at members and items.

extension JSONSchemaEvaluator {
    mutating func check(
        _ object: JSONObject, _ context: Context, marks: inout JSONSchemaMarks?
    ) throws(Stop) -> Bool {
        switch context.rule.check {
        case .required(let names):
            return try checkRequired(object, names, context, because: nil)
        case .dependentRequired(let demands):
            var isValid = true
            for (key, names) in demands where object.contains(key: key) {
                if try !checkRequired(object, names, context, because: key) { isValid = false }
            }
            return isValid
        case .properties(let nodes):
            return try members(of: object, context, &marks) { _, _, key in nodes[JSONKey(key)] }
        case .patternProperties(let patterns):
            var isValid = true
            for pattern in patterns {
                let areValid = try members(of: object, context, &marks) { evaluator, _, key throws(Stop) in
                    try evaluator.finds(pattern.regex, in: key, context) ? pattern.node : nil
                }
                if !areValid { isValid = false }
                if isQuiet, !isValid { break }
            }
            return isValid
        case .additionalProperties(let node, let known, let patterns):
            return try members(of: object, context, &marks) { evaluator, _, key throws(Stop) in
                if known.contains(JSONKey(key)) { return nil }
                for pattern in patterns where try evaluator.finds(pattern, in: key, context) { return nil }
                return node
            }
        case .unevaluatedProperties(let node):
            let seen = marks
            return try members(of: object, context, &marks) { _, index, _ in
                seen?.contains(index) == true ? nil : node
            }
        case .propertyNames(let node):
            return try checkNames(object, node, context)
        case .types, .values, .multipleOf, .bound, .atLeast, .atMost, .pattern, .format, .uniqueItems, .prefixItems,
            .items, .contains, .unevaluatedItems, .allOf, .anyOf, .oneOf, .not, .condition, .reference,
            .dynamicReference, .dependentSchemas:
            return true
        }
    }

    /// Applies to every member the subschema chosen for its name.
    private mutating func members(
        of object: JSONObject, _ context: Context, _ marks: inout JSONSchemaMarks?,
        _ choose: (inout JSONSchemaEvaluator, Int, String) throws(Stop) -> Int?
    ) throws(Stop) -> Bool {
        var isValid = true
        for (index, (key, value)) in object.enumerated() {
            try spend(1, context.node, at: context.place)
            guard let node = try choose(&self, index, key) else { continue }
            marks?.insert(index)
            if try !child(node, value, at: .member(key, of: context.place)) {
                isValid = false
                if isQuiet { return false }
            }
        }
        return isValid
    }

    /// Applies a subschema to a member or item; what it looks at inside is nobody else's concern.
    private mutating func child(_ node: Int, _ value: JSONValue, at place: JSONSchemaPlace) throws(Stop) -> Bool {
        var marks: JSONSchemaMarks?
        return try evaluate(node, value, at: place, marks: &marks)
    }

    @inline(never)
    private mutating func checkRequired(
        _ object: JSONObject, _ names: [String], _ context: Context, because key: String?
    ) throws(Stop) -> Bool {
        try spend(names.count, context.node, at: context.place)
        var isValid = true
        for name in names where !object.contains(key: name) {
            let reason = key.map { " next to \($0.quoted)" } ?? ""
            isValid = fail(context, "The property \(name.quoted) is required\(reason), but missing.")
        }
        return isValid
    }

    private mutating func checkNames(_ object: JSONObject, _ node: Int, _ context: Context) throws(Stop) -> Bool {
        var isValid = true
        for (key, _) in object {
            let (isFitting, reason) = try attempt(node, .string(key), context)
            if isFitting { continue }
            isValid = failName(key, reason, context)
            if isQuiet { break }
        }
        return isValid
    }

    @inline(never)
    private mutating func failName(_ key: String, _ reason: String?, _ context: Context) -> Bool {
        fail(context, "The name of the property \(key.quoted) is not allowed\(reason.map { ": " + $0 } ?? ".")")
    }

    mutating func check(
        _ elements: [JSONValue], _ context: Context, marks: inout JSONSchemaMarks?
    ) throws(Stop) -> Bool {
        switch context.rule.check {
        case .prefixItems(let nodes):
            return try items(elements, 0..<min(nodes.count, elements.count), context, &marks) { nodes[$0] }
        case .items(let node, let first):
            return try items(elements, min(first, elements.count)..<elements.count, context, &marks) { _ in node }
        case .unevaluatedItems(let node):
            let seen = marks
            return try items(elements, 0..<elements.count, context, &marks) { index in
                seen?.contains(index) == true ? nil : node
            }
        case .contains(let node, let least, let most):
            return try checkContains(elements, node, least, most, context, &marks)
        case .types, .values, .multipleOf, .bound, .atLeast, .atMost, .pattern, .format, .uniqueItems, .required,
            .dependentRequired, .properties, .patternProperties, .additionalProperties, .propertyNames,
            .unevaluatedProperties, .allOf, .anyOf, .oneOf, .not, .condition, .reference, .dynamicReference,
            .dependentSchemas:
            return true
        }
    }

    private mutating func items(
        _ elements: [JSONValue], _ range: Range<Int>, _ context: Context, _ marks: inout JSONSchemaMarks?,
        _ choose: (Int) -> Int?
    ) throws(Stop) -> Bool {
        var isValid = true
        for index in range {
            try spend(1, context.node, at: context.place)
            guard let node = choose(index) else { continue }
            marks?.insert(index)
            if try !child(node, elements[index], at: .element(index, of: context.place)) {
                isValid = false
                if isQuiet { return false }
            }
        }
        return isValid
    }

    private mutating func checkContains(
        _ elements: [JSONValue], _ node: Int, _ least: Int, _ most: Int?, _ context: Context,
        _ marks: inout JSONSchemaMarks?
    ) throws(Stop) -> Bool {
        var count = 0
        for (index, element) in elements.enumerated() {
            if try quietly(node, element, at: .element(index, of: context.place)) {
                count += 1
                marks?.insert(index)
            }
            // Nobody asks for the others.
            if count >= least, most == nil, marks == nil { return true }
        }
        if count < least { return failContains(count, least: least, context) }
        if let most, count > most { return failContains(count, most: most, context) }
        return true
    }

    @inline(never)
    private mutating func failContains(_ count: Int, least: Int, _ context: Context) -> Bool {
        let keyword = least == 1 ? "contains" : "minContains"
        let demand = least == 1 ? "at least one item that matches" : "at least \(least) items that match"
        return fail(context, keyword: keyword, "The array must contain \(demand), but it has \(count).")
    }

    @inline(never)
    private mutating func failContains(_ count: Int, most: Int, _ context: Context) -> Bool {
        let demand = most == 1 ? "at most one item that matches" : "at most \(most) items that match"
        return fail(context, keyword: "maxContains", "The array must contain \(demand), but it has \(count).")
    }
}

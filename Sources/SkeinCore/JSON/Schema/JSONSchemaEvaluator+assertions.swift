// Keywords that look at the value alone.

extension JSONSchemaEvaluator {
    /// Not inlined, for it needs much more of the stack than what recurses.
    @inline(never)
    mutating func assert(_ value: JSONValue, _ context: Context) throws(Stop) -> Bool {
        try spend(value.readingCost, context.node, at: context.place)
        switch context.rule.check {
        case .types(let types):
            guard !types.contains(where: { $0.includes(value) }) else { return true }
            return fail(context, "The value must be \(types.map(\.title).joinedWithOr), not \(value.summary).")
        case .values(let values):
            try spend(values.cost(of: value), context.node, at: context.place)
            return values.contains(value) || fail(context, Self.mismatch(value, values.list))
        case .multipleOf(let divisor, let prepared):
            guard value.kind == .number else { return true }
            guard let isMultiple = prepared.divides(value, steps: &steps) else {
                throw exhausted(context.node, at: context.place)
            }
            return isMultiple || fail(context, "\(value.subject) must be a multiple of \(divisor.literal).")
        case .bound(let bound, let limit):
            guard value.kind == .number, !bound.admits(value, limit) else { return true }
            return fail(context, "\(value.subject) must be \(bound.title) \(limit.literal).")
        case .atLeast(let measure, let least):
            guard let count = measure.count(of: value), count < least else { return true }
            return fail(
                context, "The \(value.noun) must have at least \(measure.title(least)), but it has \(count).")
        case .atMost(let measure, let most):
            guard let count = measure.count(of: value), count > most else { return true }
            return fail(context, "The \(value.noun) must have at most \(measure.title(most)), but it has \(count).")
        case .pattern(let regex, let text):
            guard case .string(let string) = value else { return true }
            guard !(try finds(regex, in: string, context)) else { return true }
            return fail(context, "\(value.subject) must match the pattern \(text.quoted).")
        case .format(let format, let isAsserted):
            guard asserts(isAsserted), case .string(let string) = value else { return true }
            return format.accepts(string) || fail(context, "\(value.subject) must be \(format.title).")
        case .uniqueItems:
            guard case .array(let elements) = value else { return true }
            return try areUnique(elements, context)
        case .required, .dependentRequired, .properties, .patternProperties, .additionalProperties, .propertyNames,
            .unevaluatedProperties, .prefixItems, .items, .contains, .unevaluatedItems, .allOf, .anyOf, .oneOf, .not,
            .condition, .reference, .dynamicReference, .dependentSchemas:
            return true
        }
    }

    /// Whether a regular expression matches a part of a text.
    mutating func finds(_ regex: ECMARegex, in text: String, _ context: Context) throws(Stop) -> Bool {
        guard let isFound = regex.isFound(in: text, steps: &steps) else {
            throw exhausted(context.node, at: context.place)
        }
        return isFound
    }

    private mutating func areUnique(_ elements: [JSONValue], _ context: Context) throws(Stop) -> Bool {
        guard elements.count > 1 else { return true }
        let cost: Int
        do throws(JSONValue.MeasureFailure) {
            let maxDepth = JSONLimits.depthCeiling
            cost = try JSONValue.array(elements).measured(maxDepth: maxDepth, maxCount: max(steps, 0))
        } catch {
            switch error {
            case .tooDeep: throw tooDeep(context.node, at: context.place)
            case .tooLarge: throw exhausted(context.node, at: context.place)
            }
        }
        try spend(cost, context.node, at: context.place)
        var places: [JSONValue: Int] = [:]
        for (index, element) in elements.enumerated() {
            guard let earlier = places.updateValue(index, forKey: element) else { continue }
            return fail(
                context,
                "The items must differ from each other, but items \(earlier) and \(index) are equal.")
        }
        return true
    }

    private static func mismatch(_ value: JSONValue, _ values: [JSONValue]) -> String {
        switch values.count {
        case 0: "No value is allowed here."
        case 1: "The value must be \(values[0].literal), not \(value.summary)."
        case 2...8: "The value must be \(values.map(\.literal).joinedWithOr), not \(value.summary)."
        case _: "The value must be one of \(values.count) values, and is \(value.summary)."
        }
    }
}

extension JSONValue {
    /// What reading a long text or number once costs.
    fileprivate var readingCost: Int {
        switch self {
        case .string(let text): text.utf8.count / 16
        case .decimal(let decimal): decimal.text.utf8.count / 16
        case .null, .bool, .int, .array, .object: 0
        }
    }

    /// The value at the start of a sentence.
    fileprivate var subject: String {
        let text = summary
        return text.prefix(1).uppercased() + text.dropFirst()
    }
}

extension [String] {
    /// `a`, `a or b`, `a, b or c`.
    var joinedWithOr: String {
        guard let last, count > 1 else { return first ?? "" }
        return dropLast().joined(separator: ", ") + " or " + last
    }
}

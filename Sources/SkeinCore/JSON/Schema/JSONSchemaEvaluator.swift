// Applies a program to one value. In quiet mode the first mismatch decides; otherwise all are collected.

/// One validation; used once and thrown away.
struct JSONSchemaEvaluator {
    let program: JSONSchemaProgram
    private let formats: Bool
    private let budget: JSONSchemaBudget
    var isQuiet: Bool
    var steps: Int
    private var depth = 0
    /// The resources entered, outermost first: where dynamic references look.
    private(set) var scope: [Int] = []
    var violations: [JSONSchemaViolation] = []
    /// How many violations are certain while alternatives are tried whose violations may not count.
    var certainCount: Int?

    /// Why the validation was given up.
    private var end: JSONSchemaViolation?

    /// Gives a validation up. It carries nothing: every frame of the recursion would have to keep room for it.
    struct Stop: Error {}

    /// A subschema on its way through a value.
    struct Context {
        let node: JSONSchemaNode
        let rule: JSONSchemaRule
        let place: JSONSchemaPlace
    }

    init(program: JSONSchemaProgram, formats: Bool, isQuiet: Bool, budget: JSONSchemaBudget) {
        self.program = program
        self.formats = formats
        self.isQuiet = isQuiet
        self.budget = budget
        steps = budget.maxSteps
    }

    mutating func validate(_ instance: JSONValue) -> [JSONSchemaViolation] {
        var marks: JSONSchemaMarks?
        do {
            _ = try evaluate(program.root, instance, at: .root, marks: &marks)
            return violations
        } catch {
            return violations.prefix(certainCount ?? violations.count) + (end.map { [$0] } ?? [])
        }
    }

    mutating func isValid(_ instance: JSONValue) -> Bool {
        var marks: JSONSchemaMarks?
        return (try? evaluate(program.root, instance, at: .root, marks: &marks)) ?? false
    }

    /// Applies a subschema to a value.
    ///
    /// - Parameter marks: what has been looked at, added to when the value is valid; `nil` when nobody asks.
    mutating func evaluate(
        _ number: Int, _ value: JSONValue, at place: JSONSchemaPlace, marks: inout JSONSchemaMarks?
    ) throws(Stop) -> Bool {
        let node = program.nodes[number]
        try spend(1, node, at: place)
        if let verdict = node.verdict {
            if !verdict { reject(value, node, at: place) }
            return verdict
        }
        guard depth < min(budget.maxDepth, JSONSchemaBudget.depthCeiling) else { throw tooDeep(node, at: place) }
        depth += 1
        let isEntered = scope.last != node.resource
        if isEntered { scope.append(node.resource) }
        defer {
            depth -= 1
            if isEntered { scope.removeLast() }
        }
        var own: JSONSchemaMarks? = marks != nil || node.needsMarks ? JSONSchemaMarks() : nil
        let isValid = try apply(node, value, at: place, marks: &own)
        if isValid, let own, marks != nil {
            try spend(own.cost / 16, node, at: place)
            marks?.formUnion(own)
        }
        return isValid
    }

    private mutating func apply(
        _ node: JSONSchemaNode, _ value: JSONValue, at place: JSONSchemaPlace, marks: inout JSONSchemaMarks?
    ) throws(Stop) -> Bool {
        var isValid = true
        for rule in node.rules {
            // After a mismatch it is not known what was looked at, and everything would be reported once more.
            if !isValid, rule.isLast { continue }
            let context = Context(node: node, rule: rule, place: place)
            try spend(1, node, at: place)
            if try !check(value, context, marks: &marks) {
                isValid = false
                if isQuiet { break }
            }
        }
        return isValid
    }

    private mutating func check(
        _ value: JSONValue, _ context: Context, marks: inout JSONSchemaMarks?
    ) throws(Stop) -> Bool {
        switch context.rule.check {
        case .types, .values, .multipleOf, .bound, .atLeast, .atMost, .pattern, .format, .uniqueItems:
            return try assert(value, context)
        case .required, .dependentRequired, .properties, .patternProperties, .additionalProperties, .propertyNames,
            .unevaluatedProperties:
            guard case .object(let object) = value else { return true }
            return try check(object, context, marks: &marks)
        case .prefixItems, .items, .contains, .unevaluatedItems:
            guard case .array(let elements) = value else { return true }
            return try check(elements, context, marks: &marks)
        case .allOf, .anyOf, .oneOf, .not, .condition, .reference, .dynamicReference, .dependentSchemas:
            return try combine(value, context, marks: &marks)
        }
    }

    /// Whether a format is to be asserted.
    func asserts(_ isAsserted: Bool) -> Bool { isAsserted || formats }

    mutating func spend(_ cost: Int, _ node: JSONSchemaNode, at place: JSONSchemaPlace) throws(Stop) {
        steps -= cost
        guard steps > 0 else { throw exhausted(node, at: place) }
    }

    // The functions below make messages, which needs much of the stack: none may be inlined into the recursion.

    @inline(never)
    mutating func exhausted(_ node: JSONSchemaNode, at place: JSONSchemaPlace) -> Stop {
        end = JSONSchemaViolation(
            .tooManySteps, at: place.pointer, keyword: "", schema: node.location,
            "The value was not checked to the end: that takes more than \(budget.maxSteps) steps.")
        return Stop()
    }

    @inline(never)
    mutating func tooDeep(_ node: JSONSchemaNode, at place: JSONSchemaPlace) -> Stop {
        end = JSONSchemaViolation(
            .tooDeep, at: place.pointer, keyword: "", schema: node.location,
            "The value was not checked to the end: it or its schema nests too deeply or without end.")
        return Stop()
    }

    /// Notes a mismatch; the result is always `false`.
    @inline(never)
    mutating func fail(_ context: Context, keyword: String? = nil, _ message: @autoclosure () -> String) -> Bool {
        guard !isQuiet, violations.count < max(budget.maxViolations, 1) else { return false }
        let keyword = keyword ?? context.rule.keyword
        let schema = context.node.location + "/" + keyword
        violations.append(
            JSONSchemaViolation(at: context.place.pointer, keyword: keyword, schema: schema, message()))
        return false
    }

    @inline(never)
    private mutating func reject(_ value: JSONValue, _ node: JSONSchemaNode, at place: JSONSchemaPlace) {
        guard !isQuiet, violations.count < max(budget.maxViolations, 1) else { return }
        let message: String
        switch place {
        case .root: message = "No value is allowed here."
        case .member(let key, _): message = "The property \(key.quoted) is not allowed."
        case .element(let index, _): message = "Item \(index) is not allowed."
        }
        violations.append(
            JSONSchemaViolation(at: place.pointer, keyword: "", schema: node.location, message))
    }
}

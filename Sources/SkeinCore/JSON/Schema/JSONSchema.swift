// JSON Schema, draft 2020-12: a document is compiled once, with all it refers to, and then applied to any number of
// values. Nothing is ever loaded: what a schema refers to is in it, among the given resources, or built in.

/// A compiled schema.
///
/// Complete as the draft has it: all vocabularies, `$dynamicRef`, exact `unevaluatedItems` and `unevaluatedProperties`,
/// exact numbers, regular expressions of ECMA-262 with the u flag. `format` is an annotation unless asked for or unless
/// the meta-schema has the format-assertion vocabulary; `content…` is an annotation always. Documents that declare
/// draft 2019-09 are read by that draft's rules, without its recursive references; earlier drafts are refused.
public final class JSONSchema: Sendable {
    private let program: JSONSchemaProgram

    /// The deepest nesting of a schema document.
    public static let maxDocumentDepth = 512
    /// The most subschemas of all documents together.
    public static let maxSubschemas = 100_000

    /// Compiles a schema with everything it refers to.
    ///
    /// The meta-schemas of draft 2020-12 need not be among the resources. Subschemas of the document are checked even
    /// when nothing refers to them, those of resources only as far as they are used.
    ///
    /// - Parameters:
    ///   - document: an object or a boolean.
    ///   - resources: other documents by their absolute URIs.
    /// - Throws: ``JSONSchemaError`` with all problems at once.
    public init(_ document: JSONValue, resources: [String: JSONValue] = [:]) throws(JSONSchemaError) {
        var compiler = JSONSchemaCompiler(resources: resources)
        program = try compiler.compile(document)
    }

    /// Checks a value and tells everything that is wrong with it.
    ///
    /// - Parameters:
    ///   - instance: the value to check.
    ///   - formats: whether `format` is asserted.
    ///   - budget: the bounds of the work.
    /// - Returns: nothing when the value is valid. When a bound is reached the last violation says so by its code.
    public func validate(
        _ instance: JSONValue, formats: Bool = false, budget: JSONSchemaBudget = .default
    ) -> [JSONSchemaViolation] {
        var evaluator = JSONSchemaEvaluator(program: program, formats: formats, isQuiet: false, budget: budget)
        return evaluator.validate(instance)
    }

    /// Whether a value is valid; `false` also when a bound is reached. Faster than ``validate(_:formats:budget:)``.
    public func isValid(
        _ instance: JSONValue, formats: Bool = false, budget: JSONSchemaBudget = .default
    ) -> Bool {
        var evaluator = JSONSchemaEvaluator(program: program, formats: formats, isQuiet: true, budget: budget)
        return evaluator.isValid(instance)
    }
}

// What one validation may cost.

/// The bounds of one validation.
public struct JSONSchemaBudget: Sendable, Hashable {
    /// The most steps in total: about one per keyword applied, value visited, and instruction of a regular expression.
    public var maxSteps: Int
    /// The deepest nesting of schemas applied within schemas, at most ``depthCeiling``.
    public var maxDepth: Int
    /// The most violations told; further ones are left out.
    public var maxViolations: Int

    /// The depth that is never exceeded, whatever ``maxDepth`` says: validation recurses once per schema.
    public static let depthCeiling = 1024

    /// 5,000,000 steps, depth 512, 100 violations.
    public static let `default` = JSONSchemaBudget()

    /// Creates a budget.
    public init(maxSteps: Int = 5_000_000, maxDepth: Int = 512, maxViolations: Int = 100) {
        self.maxSteps = maxSteps
        self.maxDepth = maxDepth
        self.maxViolations = maxViolations
    }
}

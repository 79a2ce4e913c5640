// What one evaluation may cost.

/// The bounds of one evaluation of a JSONPath.
public struct JSONPathBudget: Sendable, Hashable {
    /// The most nodes a list may have, the result included.
    public var maxNodes: Int
    /// The most steps in total: one per value looked at, and one per state and character in regular expressions.
    public var maxSteps: Int

    /// 100,000 nodes and 5,000,000 steps.
    public static let `default` = JSONPathBudget()

    /// Creates a budget.
    public init(maxNodes: Int = 100_000, maxSteps: Int = 5_000_000) {
        self.maxNodes = maxNodes
        self.maxSteps = maxSteps
    }
}

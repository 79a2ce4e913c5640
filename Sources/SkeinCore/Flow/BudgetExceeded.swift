// The one way in which evaluating a selector or condition can fail: it would take too long.

/// The evaluation of an expression was given up because it took too many steps. It is the same for the same data.
public struct BudgetExceeded: Error, Sendable, Hashable, CustomStringConvertible {
    /// One English sentence that names the expression.
    public let message: String

    /// The message.
    public var description: String { message }
}

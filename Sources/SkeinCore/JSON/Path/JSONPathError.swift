// Why a JSONPath is not one, or why its evaluation was given up.

/// A JSONPath that cannot be read, or an evaluation that went beyond its budget.
public struct JSONPathError: Error, Sendable, Hashable {
    /// The reason, stable for programs.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The text does not follow the grammar.
        case invalidSyntax
        /// The text follows the grammar, but a function or comparison has operands of a wrong type.
        case invalidType
        /// A function that RFC 9535 does not define.
        case unknownFunction
        /// An integer beyond ±(2⁵³-1).
        case integerOutOfRange
        /// Parentheses, filters or calls nested too deeply, or a text that is too long.
        case tooComplex
        /// The evaluation was given up at the limits of ``JSONPathBudget``.
        case budgetExceeded
    }

    /// The reason, stable for programs.
    public let code: Code
    /// Bytes of the path's text before the offending place; 0 for a budget.
    public let offset: Int
    /// One English sentence without position.
    public let message: String

    init(_ code: Code, at offset: Int, _ message: String) {
        self.code = code
        self.offset = offset
        self.message = message
    }

    static let budgetExceeded = JSONPathError(.budgetExceeded, at: 0, "The path visits too much of the document.")
}

extension JSONPathError: CustomStringConvertible {
    /// The message, with the byte offset for errors in the text.
    public var description: String {
        code == .budgetExceeded ? message : "\(message) (byte \(offset))"
    }
}

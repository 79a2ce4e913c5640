// Regular expressions of conditions. The machine is that of I-Regexp; here are the spellings people know from
// elsewhere.

/// A regular expression, compiled once, that takes time linear in the text.
///
/// The syntax is I-Regexp (RFC 9485) with `^` and `$` as start and end of the text, plus `\d \D \w \W \s \S` (ASCII, as
/// in ECMAScript; the lower-case ones also within brackets), `(?:…)`, `\/` and `\$`. There are no look-arounds,
/// back-references, lazy quantifiers, flags or `\b`. Equal are patterns with the same text.
public struct TextPattern: Sendable {
    /// The expression as it was written.
    public let text: String
    private let regexp: IRegexp

    /// The most Unicode scalars of an expression.
    public static let maxLength = 1000
    /// The most steps of a search, about one per character and alternative.
    public static let maxSteps = 5_000_000

    /// Compiles an expression.
    ///
    /// - Throws: ``TextPatternError`` when it is too long or large, or not of this syntax.
    public init(_ text: String) throws(TextPatternError) {
        guard text.unicodeScalars.count <= Self.maxLength else {
            throw TextPatternError(message: "A pattern must not be longer than \(Self.maxLength) characters.")
        }
        guard let plain = Self.translated(text), let regexp = IRegexp(plain) else {
            throw TextPatternError(
                message: "\(text.quoted) is not a pattern: it must be an I-Regexp (RFC 9485) of moderate size; "
                    + "\\d, \\w, \\s, ^ and $ are known, look-arounds and back-references are not.")
        }
        self.text = text
        self.regexp = regexp
    }

    /// Whether the expression matches a part of a text, the empty one included.
    ///
    /// - Throws: ``BudgetExceeded`` when that takes more than ``maxSteps``.
    public func isFound(in text: String) throws(BudgetExceeded) -> Bool {
        var steps = Self.maxSteps
        guard let isFound = regexp.matches(text, anywhere: true, steps: &steps) else {
            throw BudgetExceeded(message: "Searching for the pattern \(self.text.quoted) takes too many steps.")
        }
        return isFound
    }
}

extension TextPattern: Hashable, CustomStringConvertible {
    /// Whether both have the same text.
    public static func == (lhs: TextPattern, rhs: TextPattern) -> Bool {
        JSONKey(lhs.text) == JSONKey(rhs.text)
    }

    /// Feeds the text.
    public func hash(into hasher: inout Hasher) {
        JSONKey(text).hash(into: &hasher)
    }

    /// The expression as it was written.
    public var description: String { text }
}

/// Why a text is not a ``TextPattern``.
public struct TextPatternError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One English sentence.
    public let message: String

    /// The message.
    public var description: String { message }
}

extension TextPattern {
    private static let shorthands: [Unicode.Scalar: String] = [
        "d": "0-9", "w": "A-Za-z0-9_", "s": " \\t\\n\\r\u{0B}\u{0C}\u{A0}\u{FEFF}\\p{Z}",
    ]

    /// The expression in the grammar of RFC 9485; `nil` when a sign has no counterpart there.
    private static func translated(_ text: String) -> String? {
        var result = ""
        var isInBrackets = false
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\\":
                guard let escaped = rest.popFirst(), let plain = translated(escape: escaped, isInBrackets) else {
                    return nil
                }
                result += plain
            case "(" where !isInBrackets && rest.starts(with: "?:".unicodeScalars):
                rest.removeFirst(2)
                result += "("
            case _:
                if scalar == "[" { isInBrackets = true }
                if scalar == "]" { isInBrackets = false }
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func translated(escape scalar: Unicode.Scalar, _ isInBrackets: Bool) -> String? {
        if let members = shorthands[scalar] { return isInBrackets ? members : "[\(members)]" }
        switch scalar {
        case "D", "W", "S":
            guard !isInBrackets, let members = scalar.properties.lowercaseMapping.unicodeScalars.first
            else { return nil }
            return shorthands[members].map { "[^\($0)]" }
        case "/": return "/"
        case "$": return isInBrackets ? "$" : "[$]"
        case _: return "\\" + String(scalar)
        }
    }
}

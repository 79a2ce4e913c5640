// How a condition compares what it finds with what it names.

/// The operators of conditions.
///
/// An absent value equals nothing, not even null. Numbers compare exactly and by value (`1` equals `1.0`), texts by
/// code points. Values of different kinds are unequal and in no order; nothing is converted.
public enum Operator: String, Sendable, Hashable, CaseIterable {
    /// The same JSON data.
    case eq
    /// Not ``eq``; true for an absent value.
    case neq
    /// Greater: two numbers or two texts.
    case gt
    /// Greater or equal: two numbers or two texts.
    case gte
    /// Less: two numbers or two texts.
    case lt
    /// Less or equal: two numbers or two texts.
    case lte
    /// Equal to an element of a list.
    case `in`
    /// Equal to no element of a list; true for an absent value.
    case nin
    /// A text that contains a text, or a list with an equal element.
    case contains
    /// A text that starts with a text.
    case startsWith
    /// A text that ends with a text.
    case endsWith
    /// There is a value and it is not null.
    case exists
    /// There is no value, or it is null.
    case notExists
    /// A text in which a ``TextPattern`` is found anywhere.
    case matches

    /// Whether the operator compares with a value at all.
    public var takesValue: Bool { self != .exists && self != .notExists }

    /// Whether the comparison holds.
    ///
    /// - Parameters:
    ///   - actual: what the condition's path leads to, `nil` when that is absent.
    ///   - expected: the condition's value; without meaning for `exists` and `notExists`.
    /// - Throws: ``BudgetExceeded`` for a pattern search that takes too many steps.
    public func holds(_ actual: JSONValue?, _ expected: JSONValue) throws(BudgetExceeded) -> Bool {
        switch self {
        case .eq: actual == .some(expected)
        case .neq: actual != .some(expected)
        case .gt: order(actual, expected) == .descending
        case .gte: order(actual, expected).map { $0 != .ascending } ?? false
        case .lt: order(actual, expected) == .ascending
        case .lte: order(actual, expected).map { $0 != .descending } ?? false
        case .in: Self.element(actual, of: expected) ?? false
        case .nin: Self.element(actual, of: expected).map { !$0 } ?? false
        case .contains: Self.contains(actual, expected)
        case .startsWith: Self.texts(actual, expected).map { $0.starts(with: $1) } ?? false
        case .endsWith: Self.texts(actual, expected).map { $0.reversed().starts(with: $1.reversed()) } ?? false
        case .exists: actual.map { !$0.isNull } ?? false
        case .notExists: actual.map(\.isNull) ?? true
        case .matches: try Self.matches(actual, expected)
        }
    }

    private func order(_ actual: JSONValue?, _ expected: JSONValue) -> JSONOrder? {
        guard let actual, expected.kind == .number || expected.kind == .string else { return nil }
        return JSONValue.compare(actual, expected)
    }

    /// `nil` when there is no list to look in.
    private static func element(_ actual: JSONValue?, of list: JSONValue) -> Bool? {
        list.array.map { elements in actual.map(elements.contains) ?? false }
    }

    private static func texts(_ actual: JSONValue?, _ expected: JSONValue) -> (String.UTF8View, String.UTF8View)? {
        guard let text = actual?.string, let part = expected.string else { return nil }
        return (text.utf8, part.utf8)
    }

    private static func contains(_ actual: JSONValue?, _ expected: JSONValue) -> Bool {
        if let elements = actual?.array { return elements.contains(expected) }
        return texts(actual, expected).map { ByteSearch.contains($0, $1) } ?? false
    }

    private static func matches(_ actual: JSONValue?, _ expected: JSONValue) throws(BudgetExceeded) -> Bool {
        guard let text = actual?.string, let source = expected.string, let pattern = try? TextPattern(source) else {
            return false
        }
        return try pattern.isFound(in: text)
    }
}

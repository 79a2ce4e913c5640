// The outcome of comparing two values, as a value.

/// How one value stands to another.
public enum JSONOrder: Sendable, Hashable {
    /// The first is smaller.
    case ascending
    /// Both are equal.
    case same
    /// The first is greater.
    case descending

    init<T: Comparable>(_ lhs: T, _ rhs: T) {
        self = lhs < rhs ? .ascending : (lhs == rhs ? .same : .descending)
    }

    var reversed: JSONOrder {
        switch self {
        case .ascending: .descending
        case .same: .same
        case .descending: .ascending
        }
    }
}

/// Which life of the Redis data this instance knows. A pure value.
struct Incarnation: Sendable, Equatable {
    enum Finding: Sendable, Equatable {
        case same
        /// Nothing was known before.
        case first
        /// Everything was forgotten since the last look, and somebody has already begun anew.
        case replaced
        /// There is no mark; `wasKnown` when there had been one: everything was forgotten.
        case missing(wasKnown: Bool)
    }

    private(set) var known: String?

    /// Takes in what the mark says now.
    mutating func saw(_ value: String?) -> Finding {
        defer { known = value }
        guard let value else { return .missing(wasKnown: known != nil) }
        guard let known else { return .first }
        return known == value ? .same : .replaced
    }
}

// A parsed path. Everything here is well-typed: the parser makes nothing else.

/// A query: where it starts and the segments it follows.
struct JSONPathQuery: Sendable {
    /// Whether it starts at the current node (`@`) and not at the root (`$`).
    let isRelative: Bool
    let segments: [JSONPathSegment]

    /// Whether it can give one node at most.
    var isSingular: Bool {
        segments.allSatisfy { segment in
            guard !segment.isDescendant, segment.selectors.count == 1 else { return false }
            switch segment.selectors[0] {
            case .name, .index: return true
            case .wildcard, .slice, .filter: return false
            }
        }
    }
}

/// One step away from the nodes found so far.
struct JSONPathSegment: Sendable {
    /// Whether it applies to the nodes' descendants also (`..`).
    let isDescendant: Bool
    let selectors: [JSONPathSelector]
}

/// Which children are taken.
indirect enum JSONPathSelector: Sendable {
    case name(String)
    case wildcard
    case index(Int)
    case slice(JSONPathSlice)
    case filter(JSONPathCondition)
}

/// A range of indices as written; all numbers are within ±(2⁵³-1).
struct JSONPathSlice: Sendable {
    let start: Int?
    let end: Int?
    let step: Int

    /// The indices taken from an array of a length, in order.
    func indices(count: Int) -> StrideTo<Int> {
        func place(_ index: Int) -> Int { index >= 0 ? index : count + index }
        if step > 0 {
            let lower = min(max(place(start ?? 0), 0), count)
            let upper = min(max(place(end ?? count), 0), count)
            return stride(from: lower, to: upper, by: step)
        }
        guard step < 0 else { return stride(from: 0, to: 0, by: 1) }
        let upper = min(max(place(start ?? count - 1), -1), count - 1)
        let lower = min(max(end.map(place) ?? -1, -1), count - 1)
        return stride(from: upper, to: lower, by: step)
    }
}

/// What a filter decides by.
indirect enum JSONPathCondition: Sendable {
    case any([JSONPathCondition])
    case all([JSONPathCondition])
    case not(JSONPathCondition)
    case exists(JSONPathQuery)
    case comparison(JSONPathOperand, JSONPathOperator, JSONPathOperand)
    case match(JSONPathMatch)
}

/// The functions `match` and `search`.
struct JSONPathMatch: Sendable {
    let subject: JSONPathOperand
    let pattern: JSONPathOperand
    /// Whether a part of the subject suffices.
    let isSearch: Bool
    /// Present when the pattern is a literal and a valid expression.
    let compiled: IRegexp?
}

/// What gives one value or nothing.
indirect enum JSONPathOperand: Sendable {
    case literal(JSONValue)
    /// A singular query.
    case query(JSONPathQuery)
    case length(JSONPathOperand)
    case count(JSONPathQuery)
    case value(JSONPathQuery)
}

/// A comparison operator.
enum JSONPathOperator: String, Sendable, CaseIterable {
    case equal = "=="
    case notEqual = "!="
    case atMost = "<="
    case atLeast = ">="
    case less = "<"
    case greater = ">"
}

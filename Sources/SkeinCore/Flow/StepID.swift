// The name of a step within its flow.

/// The identifier of a step: the key under which a flow definition holds it.
///
/// Two ids are equal only when their code points are; their order is that of code points. A validated flow's ids follow
/// ``Identifier``; this type itself takes any text, so that ids from outside can be looked up and found missing.
public struct StepID: Sendable {
    /// The text.
    public let rawValue: String

    /// Takes a text as it is.
    public init(_ rawValue: String) {
        self.rawValue = rawValue
    }
}

extension StepID: Hashable {
    /// Whether both have the same code points.
    public static func == (lhs: StepID, rhs: StepID) -> Bool {
        JSONKey(lhs.rawValue) == JSONKey(rhs.rawValue)
    }

    /// Feeds the code points.
    public func hash(into hasher: inout Hasher) {
        JSONKey(rawValue).hash(into: &hasher)
    }
}

extension StepID: Comparable {
    /// Whether the first comes first by code points.
    public static func < (lhs: StepID, rhs: StepID) -> Bool {
        lhs.rawValue.utf8.lexicographicallyPrecedes(rhs.rawValue.utf8)
    }
}

extension StepID: ExpressibleByStringLiteral, CustomStringConvertible {
    /// A literal.
    public init(stringLiteral value: String) {
        self.init(value)
    }

    /// The text.
    public var description: String { rawValue }
}

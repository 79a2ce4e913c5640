// How far an execution may grow.

/// The bounds of what an execution makes. Beyond them a step fails (`CHILDREN_LIMIT`) or the execution does (`LOG_LIMIT`).
public struct GrowthLimits: Sendable, Hashable {
    /// The most children that one step may start; `limits.children`.
    public var children: Int
    /// The most ancestors that a child may have; `limits.childDepth`.
    public var childDepth: Int
    /// The most recorded events; `limits.logRows`.
    public var logRows: Int

    /// 100,000 children, depth 32, 100,000 events.
    public static let `default` = GrowthLimits()

    public init(children: Int = 100_000, childDepth: Int = 32, logRows: Int = 100_000) {
        self.children = children
        self.childDepth = childDepth
        self.logRows = logRows
    }
}

extension GrowthLimits {
    /// Why an execution must not go on; nil when it may.
    ///
    /// - Parameter position: where its next event goes.
    package func problem(at position: Int64) -> String? {
        position > Int64(logRows) ? "the execution has \(position - 1) events, the limit is \(logRows)" : nil
    }
}

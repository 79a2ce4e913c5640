/// What occurred in simulated worlds, by name.
public struct SimulationTally: Sendable {
    public private(set) var counts: [String: Int] = [:]

    public init() {}

    public mutating func add(_ name: String, _ count: Int = 1) {
        if count != 0 { counts[name, default: 0] += count }
    }

    public mutating func merge(_ other: SimulationTally) { counts.merge(other.counts, uniquingKeysWith: +) }
}

/// How the world of one seed came out.
public struct SimulationResult: Sendable {
    public var seed: UInt64
    /// What does not make sense; empty: all is well.
    public var problems: [String] = []
    /// The flows and logs, where there are problems.
    public var story = ""
    public var tally = SimulationTally()
}

/// Random flows under random faults and operators, in virtual time.
public enum Simulation {
    /// Lives through the world of one seed on the caller's thread; nobody else runs on it meanwhile.
    public static func run(seed: UInt64) -> SimulationResult { SimulatedWorld(seed: seed).run() }
}

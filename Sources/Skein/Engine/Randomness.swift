import SkeinCore

extension UniqueID {
    /// A version 4 UUID.
    static func random() -> UniqueID {
        var generator = SystemRandomNumberGenerator()
        return .v4(random: generator.next(), generator.next())
    }
}

extension ExecutionID {
    static func new(at time: Timestamp) -> ExecutionID {
        var generator = SystemRandomNumberGenerator()
        return ExecutionID(raw: .v7(at: time, random: generator.next()))
    }
}

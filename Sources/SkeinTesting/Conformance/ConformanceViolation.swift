/// An implementation does not do what its protocol promises.
public struct ConformanceViolation: Error, Sendable, CustomStringConvertible {
    /// What was promised.
    public var promise: String
    /// The line of the suite that found out.
    public var location: String

    public init(_ promise: String, file: StaticString = #fileID, line: UInt = #line) {
        self.promise = promise
        location = "\(file):\(line)"
    }

    public var description: String { "broken promise: \(promise) (\(location))" }
}

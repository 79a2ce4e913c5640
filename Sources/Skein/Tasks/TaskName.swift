/// The name of a task, with the type of its payload.
///
///     extension TaskName where Payload == Import {
///         static var importFile: Self { "import" }
///     }
///     try await engine.async(.importFile, Import(file: "a.csv"))
public struct TaskName<Payload: Codable & Sendable>: Sendable, Hashable, ExpressibleByStringLiteral {
    public let text: String

    public init(_ text: String) {
        self.text = text
    }

    public init(stringLiteral value: String) {
        self.init(value)
    }
}

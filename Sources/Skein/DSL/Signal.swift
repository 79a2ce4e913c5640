/// The name of a signal, with the type of what it carries.
///
///     extension Signal where Payload == Approval {
///         static var approval: Self { "approval" }
///     }
///     try await engine.signal(id, .approval, Approval(granted: true))
public struct Signal<Payload: Codable & Sendable>: Sendable, Hashable, ExpressibleByStringLiteral {
    public let name: String

    public init(_ name: String) {
        self.name = name
    }

    public init(stringLiteral value: String) {
        self.init(value)
    }
}

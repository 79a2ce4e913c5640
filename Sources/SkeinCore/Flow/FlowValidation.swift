// What checking a definition brought to light.

/// The result of checking a flow definition: the flow or everything that is wrong with it.
public struct FlowValidation: Sendable, Hashable {
    /// The flow; `nil` exactly when there are errors.
    public let spec: FlowSpec?
    /// What keeps the definition from being a flow, in the order of reading: the flow, its steps, the whole.
    public let errors: [Problem]
    /// What is probably not meant, but runs.
    public let warnings: [Problem]

    /// Whether there is no error.
    public var isValid: Bool { errors.isEmpty }
}

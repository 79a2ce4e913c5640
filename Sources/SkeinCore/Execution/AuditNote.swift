/// What a step's code wants remembered of what it did: for those who read the log, never for itself.
public struct AuditNote: Sendable, Hashable {
    /// What programs search for.
    public var code: String
    /// For people.
    public var message: String?
    public var metadata: JSONObject

    public init(_ code: String, message: String? = nil, metadata: JSONObject = [:]) {
        self.code = code
        self.message = message
        self.metadata = metadata
    }
}

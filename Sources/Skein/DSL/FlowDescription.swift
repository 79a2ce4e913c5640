/// A flow and its steps at a glance.
public struct FlowDescription: Sendable, Hashable, Codable {
    public struct Step: Sendable, Hashable, Codable {
        public var name: String
        /// Whether nothing is rolled back once this step has succeeded.
        public var commit: Bool
        /// Attempts after the first; nil: as the engine does by default.
        public var retries: Int?
        /// The longest an attempt may take, of a wait the longest wait; nil: as the engine has it.
        public var timeout: Duration?
        /// Whether the step is skipped unless a condition holds.
        public var hasCondition: Bool

        public init(
            name: String, commit: Bool = false, retries: Int? = nil, timeout: Duration? = nil,
            hasCondition: Bool = false
        ) {
            self.name = name
            self.commit = commit
            self.retries = retries
            self.timeout = timeout
            self.hasCondition = hasCondition
        }
    }

    public var name: String
    public var version: String
    /// In the order in which the flow names them, those within branches included.
    public var steps: [Step]
}

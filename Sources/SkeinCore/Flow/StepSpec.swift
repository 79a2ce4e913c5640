// One step as its flow defines it.

/// A step of a flow: what runs, on what, and where it goes on.
public struct StepSpec: Sendable, Hashable {
    /// Its key in the flow.
    public let id: StepID
    /// The handler that runs it.
    public let type: String
    /// What people call it.
    public let name: String?
    /// The handler's parameters; empty when left out.
    public let config: JSONObject
    /// How its input is made; `nil`: the whole context.
    public let input: InputSelector?
    /// The ``DotPath`` its output is stored at; `nil`: nowhere.
    public let outputKey: String?
    /// The steps after a success; none: this path ends; several run in parallel.
    public let onSuccess: [StepID]
    /// The steps after a failure that is not retried; none: the branch fails.
    public let onFailure: [StepID]
    /// The steps after a wait; none: those of ``onSuccess``.
    public let onResume: [StepID]
    /// The steps after it was skipped; `nil`: those of ``onSuccess``.
    public let onSkip: [StepID]?
    /// The steps that must have ended well, or been skipped, before it starts.
    public let join: [StepID]
    /// It is skipped where this does not hold.
    public let when: Condition?
    /// How a rollback undoes it.
    public let compensate: Compensation?
    /// Once it succeeded it is never run again.
    public let isCommit: Bool
    /// Task graphs: names in the context and where the result has their values.
    public let outputs: [NamedPath]
    /// How failures are retried; `nil`: as the engine does by default.
    public let retry: RetryPolicy?
    /// The longest an attempt may take, at least 1 ms; `nil`: as the engine has it.
    public let timeout: Duration?
    /// The longest an attempt may give no sign of life, at least 1 ms; `nil`: unlimited.
    public let heartbeat: Duration?
}

/// What undoes a completed step.
public struct Compensation: Sendable, Hashable {
    /// The handler that runs it.
    public let type: String
    /// The handler's parameters; empty when left out.
    public let config: JSONObject
    /// How its input is made; `nil`: what the step returned.
    public let input: InputSelector?
    /// How failures are retried; `nil`: as the engine does by default.
    public let retry: RetryPolicy?
}

extension Compensation {
    /// The step's own code, which is entered again to undo what it recorded.
    static func byCode(of node: FlowGraph.Node) -> Compensation {
        Compensation(type: node.type, config: node.config, input: nil, retry: nil)
    }
}

/// A name and where its value is found.
public struct NamedPath: Sendable, Hashable {
    public let name: String
    public let path: JSONPath
}

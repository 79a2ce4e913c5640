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
    /// The step after a success; `nil`: this path ends.
    public let onSuccess: StepID?
    /// The step after a failure that is not retried; `nil`: the execution fails.
    public let onFailure: StepID?
    /// The step after a wait; `nil`: that of ``onSuccess``.
    public let onResume: StepID?
    /// How failures are retried; `nil`: as the engine does by default.
    public let retry: RetryPolicy?
    /// The longest an attempt may take, at least 1 ms; `nil`: as the engine has it.
    public let timeout: Duration?
    /// The longest an attempt may give no sign of life, at least 1 ms; `nil`: unlimited.
    public let heartbeat: Duration?
}

public import SkeinCore

/// The step after which nothing is rolled back any more. In every form of ``Step``, but without a compensation.
public struct Commit<State: FlowState>: FlowElement, Sendable {
    private let plan: StepPlan

    /// A commit that reads the state and returns one value, which is stored in a property.
    public init<Output: Codable & Sendable>(
        _ name: String, into: any (WritableKeyPath<State, Output?> & Sendable), retries: Retries? = nil,
        timeout: Duration? = nil, when: (@Sendable (State) throws -> Bool)? = nil,
        _ body: @escaping @concurrent @Sendable (State, StepContext) async throws -> Output
    ) {
        self.init(.returning(name, OutputField(into), body), retries, timeout, when)
    }

    /// A commit that changes the state, or only does something.
    public init(
        _ name: String, retries: Retries? = nil, timeout: Duration? = nil,
        when: (@Sendable (State) throws -> Bool)? = nil,
        _ body: @escaping @concurrent @Sendable (inout State, StepContext) async throws -> Void
    ) {
        self.init(.changing(name, body), retries, timeout, when)
    }

    /// A commit whose work a handler does.
    public init<H: Handler>(
        _ name: String, using: H, into: any (WritableKeyPath<State, H.Output?> & Sendable), retries: Retries? = nil,
        timeout: Duration? = nil, when: (@Sendable (State) throws -> Bool)? = nil,
        _ input: @escaping @Sendable (State) throws -> H.Input
    ) {
        self.init(.using(name, using, OutputField(into), input), retries, timeout, when)
    }

    /// A commit whose work a registered handler does, found by its type when the step runs.
    public init(
        _ name: String, type: String, config: JSONObject = [:], retries: Retries? = nil, timeout: Duration? = nil,
        when: (@Sendable (State) throws -> Bool)? = nil, input: (@Sendable (State) throws -> JSONValue)? = nil,
        _ output: @escaping @Sendable (inout State, JSONValue) throws -> Void
    ) {
        self.init(.calling(name, type, config, input, output), retries, timeout, when)
    }

    private init(
        _ plan: StepPlan, _ retries: Retries?, _ timeout: Duration?, _ when: (@Sendable (State) throws -> Bool)?
    ) {
        var plan = plan
        plan.set(retries, timeout, condition: StateCoding.condition(when))
        plan.isCommit = true
        self.plan = plan
    }

    public var node: FlowNode<State> { FlowNode(.step(plan)) }
}

public import SkeinCore

/// A step of a flow: a closure on a copy of the state, run at least once, whose outcome is recorded once.
///
/// A step that returns a value (`into:`) is the normal one; a step that changes several things takes the state `inout`.
/// An attempt that fails changes nothing. Pass `step.idempotencyToken` on to what you call: it is the same in all
/// attempts of one visit.
///
/// Options that all forms have:
/// - `retries`: attempts after the first. Default: the engine's, none.
/// - `timeout`: the longest an attempt may take. Default: the engine's, unlimited.
/// - `when`: the step is skipped unless this holds.
/// - `compensate`: undoes the step when the execution is rolled back; may be called more than once, and its state is
///   the one at the time of the rollback, with what the step did in its place.
public struct Step<State: FlowState>: FlowElement, Sendable {
    private let plan: StepPlan

    /// A step that reads the state and returns one value, which is stored in a property.
    public init<Output: Codable & Sendable>(
        _ name: String, into: any (WritableKeyPath<State, Output?> & Sendable), retries: Retries? = nil,
        timeout: Duration? = nil, when: (@Sendable (State) throws -> Bool)? = nil,
        _ body: @escaping @concurrent @Sendable (State, StepContext) async throws -> Output,
        compensate: (@concurrent @Sendable (State, Output, StepContext) async throws -> Void)? = nil
    ) {
        let field = OutputField(into)
        var plan = StepPlan.returning(name, field, body)
        plan.set(
            retries, timeout, condition: StateCoding.condition(when), compensation: field.compensation(compensate))
        self.plan = plan
    }

    /// A step that changes the state.
    public init(
        _ name: String, retries: Retries? = nil, timeout: Duration? = nil,
        when: (@Sendable (State) throws -> Bool)? = nil,
        _ body: @escaping @concurrent @Sendable (inout State, StepContext) async throws -> Void,
        compensate: (@concurrent @Sendable (State, StepContext) async throws -> Void)? = nil
    ) {
        var plan = StepPlan.changing(name, body)
        plan.set(
            retries, timeout, condition: StateCoding.condition(when), compensation: StateCoding.compensation(compensate)
        )
        self.plan = plan
    }

    /// A step whose work a handler does.
    ///
    /// - Parameters:
    ///   - using: the handler; it need not be registered.
    ///   - input: what it gets.
    public init<H: Handler>(
        _ name: String, using: H, into: any (WritableKeyPath<State, H.Output?> & Sendable), retries: Retries? = nil,
        timeout: Duration? = nil, when: (@Sendable (State) throws -> Bool)? = nil,
        _ input: @escaping @Sendable (State) throws -> H.Input,
        compensate: (@concurrent @Sendable (State, H.Output, StepContext) async throws -> Void)? = nil
    ) {
        let field = OutputField(into)
        var plan = StepPlan.using(name, using, field, input)
        plan.set(
            retries, timeout, condition: StateCoding.condition(when), compensation: field.compensation(compensate))
        self.plan = plan
    }

    /// A step whose work a registered handler does, found by its type when the step runs: JSON in, JSON out.
    ///
    /// - Parameters:
    ///   - config: the handler's parameters.
    ///   - input: what it gets. Default: the whole context.
    ///   - output: takes what it returned into the state. A handler that waits cannot be called in this form.
    public init(
        _ name: String, type: String, config: JSONObject = [:], retries: Retries? = nil, timeout: Duration? = nil,
        when: (@Sendable (State) throws -> Bool)? = nil, input: (@Sendable (State) throws -> JSONValue)? = nil,
        _ output: @escaping @Sendable (inout State, JSONValue) throws -> Void,
        compensate: (@concurrent @Sendable (State, StepContext) async throws -> Void)? = nil
    ) {
        var plan = StepPlan.calling(name, type, config, input, output)
        plan.set(
            retries, timeout, condition: StateCoding.condition(when), compensation: StateCoding.compensation(compensate)
        )
        self.plan = plan
    }

    /// A step whose work a registered handler does, with nothing kept of what it returns.
    public init(
        _ name: String, type: String, config: JSONObject = [:], retries: Retries? = nil, timeout: Duration? = nil
    ) {
        var plan = StepPlan(name, .handler(type))
        plan.config = config
        plan.set(retries, timeout)
        self.plan = plan
    }

    public var node: FlowNode<State> { FlowNode(.step(plan)) }
}

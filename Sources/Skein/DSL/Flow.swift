public import SkeinCore

/// A flow as a list of steps that share one state.
///
///     let order = Flow<Order>("order") {
///         Step("reserve", into: \.reservation) { order, step in
///             try await shop.reserve(order.items, key: step.idempotencyToken)
///         } compensate: { _, reservation, _ in
///             try await shop.release(reservation)
///         }
///         Commit("ship") { order, _ in try await shop.ship(order.id) }
///     }
///
/// The body runs once, when the flow is made. A Swift `if` or `for` in it would be decided then; ``If`` and ``Repeat``
/// are decided in each execution. The flow's result is its state at the end.
public struct Flow<State: FlowState>: FlowDefinition {
    public typealias Input = State.Input
    public typealias Output = State

    public let id: String
    public let version: String
    private let plan: FlowPlan

    /// - Parameters:
    ///   - id: the flow's id; closures are registered as `id/step`.
    ///   - version: a semantic version. One version never changes: what its steps are called and how they follow each
    ///     other stays; give a changed flow a new one.
    ///   - timeout: the longest an execution may take. Default: unlimited.
    ///   - maxSteps: the most steps of an execution. Default: the engine's, 1,000.
    ///   - onCancel: whether a cancel compensates what was completed.
    ///   - onBranchFailure: what other branches do when one has failed for good.
    ///   - steps: the elements, in order.
    public init(
        _ id: String, version: String = "1.0.0", timeout: Duration? = nil, maxSteps: Int? = nil,
        onCancel: CancelPolicy = .stop, onBranchFailure: BranchFailurePolicy = .wait,
        @FlowBuilder<State> steps: () -> [FlowNode<State>]
    ) {
        var header = FlowPlan.Header(id: id, version: version)
        header.timeout = timeout
        header.maxSteps = maxSteps
        header.onCancel = onCancel
        header.onBranchFailure = onBranchFailure
        if State.Input.self != State.self { header.input = StateCoding<State>.readInput }
        self.id = id
        self.version = version
        plan = FlowPlan(header, steps().map(\.item))
    }

    public var definition: JSONValue { plan.definition }
    public var problems: [Problem] { plan.problems }
    public func warnings(knownTypes: Set<String>) -> [Problem] { plan.warnings(knownTypes: knownTypes) }
    public var outputSource: FlowOutputSource { .context }
    public func handlers(in registry: HandlerRegistry) -> [AnyHandler] { plan.handlers(in: registry) }
    public func describe() -> FlowDescription { plan.description }
}

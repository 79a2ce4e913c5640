public import SkeinCore

/// A flow as one function: what it does in pieces (`step.run`, `step.sleep`, `step.waitForSignal`, …) is recorded, so that
/// after a crash it goes on where it was.
///
///     let agent = DurableFlow<Goal, String>("agent") { goal, step in
///         let plan = try await step.run("plan") { try await model.plan(goal) }
///         guard try await step.waitForSignal(.approval, timeout: .hours(1)) != nil else { return "not approved" }
///         return try await step.run("act") { try await model.act(plan) }
///     }
///
/// The function runs from its beginning whenever it is entered: outside the pieces it must do the same each time. Its
/// input must encode as an object.
public struct DurableFlow<Input: Codable & Sendable, Output: Codable & Sendable>: FlowDefinition {
    public typealias Body = @concurrent @Sendable (Input, StepContext) async throws -> Output

    public let id: String
    public let version: String
    private let plan: FlowPlan

    /// - Parameters:
    ///   - id: the flow's id.
    ///   - version: a semantic version. Executions stay with theirs; pieces that are added, removed or moved need a new
    ///     one, or running executions fail with WORKFLOW_DEFINITION_CHANGED.
    ///   - timeout: the longest an execution may take. Default: unlimited.
    ///   - retries: attempts of the function after the first; what is recorded stays. Default: the engine's.
    ///   - onCancel: whether a cancel undoes the pieces that say how.
    public init(
        _ id: String, version: String = "1.0.0", timeout: Duration? = nil, retries: Retries? = nil,
        onCancel: CancelPolicy = .stop, _ body: @escaping Body
    ) {
        self.id = id
        self.version = version
        var header = FlowPlan.Header(id: id, version: version)
        header.timeout = timeout
        header.onCancel = onCancel
        var step = StepPlan("run") { _, step in
            let input: Input = try AnyHandler.decode(.object(step.context))
            return .success(try AnyHandler.encode(try await body(input, step)))
        }
        step.set(retries, nil)
        plan = FlowPlan(header, [.step(step)])
    }

    public var definition: JSONValue { plan.definition }
    public var problems: [Problem] { plan.problems }
    public var outputSource: FlowOutputSource { .result }
    public func warnings(knownTypes: Set<String>) -> [Problem] { plan.warnings(knownTypes: knownTypes) }
    public func handlers(in registry: HandlerRegistry) -> [AnyHandler] { plan.handlers(in: registry) }
    public func describe() -> FlowDescription { plan.description }
}

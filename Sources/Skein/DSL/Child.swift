import SkeinCore

/// Runs another flow as a child of this execution and waits for its output.
public struct Child<State: FlowState>: FlowElement, Sendable {
    private let plan: StepPlan

    /// - Parameters:
    ///   - flow: the child's flow, registered on its own.
    ///   - into: where its output is stored.
    ///   - input: what it is started with.
    public init<Definition: FlowDefinition>(
        _ name: String, _ flow: Definition, into: any (WritableKeyPath<State, Definition.Output?> & Sendable),
        retries: Retries? = nil, timeout: Duration? = nil,
        _ input: @escaping @Sendable (State) throws -> Definition.Input
    ) {
        let field = OutputField(into)
        let (id, version, source) = (flow.id, flow.version, flow.outputSource)
        var plan = StepPlan(name) { _, step in
            guard let context = try AnyHandler.encode(try input(try StateCoding<State>.decode(step.context))).object
            else {
                throw StepFailure(
                    "INPUT_ERROR", "the input of '\(id)' does not encode as an object", isRetryable: false)
            }
            var request = ChildrenRequest(id, version: version, contexts: [context])
            request.yields = source == .context ? .context : .result
            return .children(request)
        }
        plan.config = ["flowId": .string(id), "flowVersion": .string(version)]
        plan.outputKey = field.outputKey
        plan.set(retries, timeout)
        if let problem = field.problem { plan.problems.append(problem) }
        self.plan = plan
    }

    public var node: FlowNode<State> { FlowNode(.step(plan)) }
}

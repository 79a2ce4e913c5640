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
        var plan = StepPlan(name, .handler("sub-flow"))
        plan.config = [
            "flowId": .string(flow.id), "flowVersion": .string(flow.version),
            "output": .string(flow.outputSource.rawValue),
        ]
        let part = StepPlan.Part(suffix: "input", member: "input", isNested: true) { _, step in
            .success(try AnyHandler.encode(try input(try StateCoding<State>.decode(step.context))))
        }
        plan.parts = [part]
        plan.outputKey = field.outputKey
        plan.set(retries, timeout)
        if let problem = field.problem { plan.problems.append(problem) }
        self.plan = plan
    }

    public var node: FlowNode<State> { FlowNode(.step(plan)) }
}

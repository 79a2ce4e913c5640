import SkeinCore

/// Goes one way or the other, by the state at the time. A step of the log, under its name.
public struct If<State: FlowState>: FlowElement, Sendable {
    private let item: FlowItem

    public init(
        _ name: String, when condition: @escaping @Sendable (State) throws -> Bool,
        @FlowBuilder<State> then: () -> [FlowNode<State>], @FlowBuilder<State> else: () -> [FlowNode<State>]
    ) {
        item = .choice(Self.plan(name, condition), then: then().map(\.item), else: `else`().map(\.item))
    }

    public init(
        _ name: String, when condition: @escaping @Sendable (State) throws -> Bool,
        @FlowBuilder<State> then: () -> [FlowNode<State>]
    ) {
        item = .choice(Self.plan(name, condition), then: then().map(\.item), else: [])
    }

    /// The targets are in the config: the definition shows them, and a stored flow keeps the ones it has.
    private static func plan(_ name: String, _ condition: @escaping @Sendable (State) throws -> Bool) -> StepPlan {
        StepPlan(name) { _, step in
            let holds = try condition(try StateCoding<State>.decode(step.context))
            return .completed(.null, next: step.config[holds ? "then" : "else"]?.string.map { StepID($0) })
        }
    }

    public var node: FlowNode<State> { FlowNode(item) }
}

/// Runs its elements at the same time; what follows starts when all of them have ended well.
///
/// Each works on a copy of the state. Two that change the same member are an error: where the definition shows it, when
/// the flow is registered, else the execution fails with CONTEXT_CONFLICT.
public struct Parallel<State: FlowState>: FlowElement, Sendable {
    private let item: FlowItem

    public init(_ name: String, @FlowBuilder<State> branches: () -> [FlowNode<State>]) {
        item = .parallel(name, branches().map(\.item))
    }

    public var node: FlowNode<State> { FlowNode(item) }
}

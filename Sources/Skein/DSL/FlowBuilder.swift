/// Collects the elements of a flow or branch.
///
/// There is one `buildExpression`, generic over a protocol, and this must stay so: with an overload for each element a
/// mistake in one closure takes the compiler minutes and is reported at another place.
@resultBuilder
public enum FlowBuilder<State: FlowState> {
    public static func buildExpression<Element: FlowElement>(_ element: Element) -> [FlowNode<State>]
    where Element.State == State {
        [element.node]
    }

    public static func buildPartialBlock(first: [FlowNode<State>]) -> [FlowNode<State>] { first }

    public static func buildPartialBlock(accumulated: [FlowNode<State>], next: [FlowNode<State>]) -> [FlowNode<State>] {
        accumulated + next
    }

    @available(*, unavailable, message: "a flow, a branch and a loop need at least one element")
    public static func buildBlock() -> [FlowNode<State>] { [] }

    @available(
        *, unavailable,
        message: "a Swift 'if' is decided once, when the flow is made; use If(\"name\", when: { … }) { … }"
    )
    public static func buildOptional(_ nodes: [FlowNode<State>]?) -> [FlowNode<State>] { nodes ?? [] }

    @available(
        *, unavailable,
        message: "a Swift 'if' is decided once, when the flow is made; use If(\"name\", when: { … }) { … } else: { … }"
    )
    public static func buildEither(first: [FlowNode<State>]) -> [FlowNode<State>] { first }

    @available(
        *, unavailable,
        message: "a Swift 'if' is decided once, when the flow is made; use If(\"name\", when: { … }) { … } else: { … }"
    )
    public static func buildEither(second: [FlowNode<State>]) -> [FlowNode<State>] { second }

    @available(
        *, unavailable,
        message: "a Swift 'for' runs once, when the flow is made; use Map(\"name\", over: …) or Repeat"
    )
    public static func buildArray(_ nodes: [[FlowNode<State>]]) -> [FlowNode<State>] { nodes.flatMap { $0 } }
}

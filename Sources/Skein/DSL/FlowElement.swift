/// What can stand in a flow's body. Conforming types are the elements of this module.
public protocol FlowElement<State> {
    associatedtype State: FlowState

    var node: FlowNode<State> { get }
}

/// An element in the form that flows are compiled from.
public struct FlowNode<State: FlowState>: FlowElement, Sendable {
    let item: FlowItem

    init(_ item: FlowItem) {
        self.item = item
    }

    public var node: FlowNode<State> { self }
}

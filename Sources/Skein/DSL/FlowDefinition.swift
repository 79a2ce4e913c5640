public import SkeinCore

/// A flow written in Swift: data that any instance can store and draw, and the code behind it.
///
/// ``Flow`` conforms. What takes a flow (`register`, `create`, `result`, ``Child``) takes any type that does.
public protocol FlowDefinition<Input, Output>: Sendable {
    associatedtype Input: Codable & Sendable
    associatedtype Output: Codable & Sendable

    var id: String { get }
    var version: String { get }
    /// The flow as data: a step map, as JSON flows have it. Closures appear by the type they are registered under.
    var definition: JSONValue { get }
    /// What is wrong with the flow and cannot be seen in ``definition``, such as two steps of one name.
    var problems: [Problem] { get }
    /// Where an ended execution holds the output.
    var outputSource: FlowOutputSource { get }

    /// What is probably not meant and cannot be seen in ``definition``: closures that call a handler of no known type.
    func warnings(knownTypes: Set<String>) -> [Problem]
    /// The closures, each under the type that ``definition`` names.
    ///
    /// - Parameter registry: where closures find handlers that steps name by type.
    func handlers(in registry: HandlerRegistry) -> [AnyHandler]
    /// The steps as people look at them.
    func describe() -> FlowDescription
}

/// Where the output of a flow is when an execution has completed.
public enum FlowOutputSource: String, Sendable, Hashable {
    /// The context as a whole.
    case context
    /// The result of the last step.
    case result
}

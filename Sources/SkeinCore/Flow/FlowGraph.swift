// The compiled form of a flow: what decisions run on. Built once per registered version, read at every step.

/// A flow with its steps numbered and its transitions resolved.
public final class FlowGraph: Sendable {
    /// A step with everything a decision needs at hand. A class, because every step of every execution passes it on.
    public final class Node: Sendable {
        /// The step's id.
        public let id: StepID
        /// The handler that runs it.
        public let type: String
        /// The handler's parameters.
        public let config: JSONObject
        /// How its input is made.
        public let input: InputSelector
        /// Where its output is stored; `nil`: nowhere.
        public let outputKey: DotPath?
        /// The same as text.
        public let outputKeyText: String?
        /// The node after a success; `nil`: this path ends.
        public let onSuccess: Int?
        /// The node after a failure; `nil`: the execution fails.
        public let onFailure: Int?
        /// The node after a wait, as written; `nil`: that of ``onSuccess``.
        public let onResume: Int?
        /// How failures are retried; `nil`: as the engine does by default.
        public let retry: RetryPolicy?
        /// The longest an attempt may take; `nil`: as the engine has it.
        public let timeout: Duration?
        /// The longest an attempt may give no sign of life; `nil`: unlimited.
        public let heartbeat: Duration?

        init(_ step: StepSpec, indices: [StepID: Int]) {
            func resolve(_ target: StepID?) -> Int? {
                target.map { FlowGraph.resolve($0, in: indices) }
            }
            id = step.id
            type = step.type
            config = step.config
            input = step.input ?? .full
            outputKey = step.outputKey.flatMap(DotPath.init)
            outputKeyText = outputKey?.text
            onSuccess = resolve(step.onSuccess)
            onFailure = resolve(step.onFailure)
            onResume = resolve(step.onResume)
            retry = step.retry
            timeout = step.timeout
            heartbeat = step.heartbeat
        }
    }

    /// The flow this was made from.
    public let spec: FlowSpec
    /// The steps in the order of the definition.
    public let nodes: [Node]
    /// The node executions start at.
    public let initial: Int
    private let indices: [StepID: Int]

    /// Compiles a flow in time linear to its size.
    public init(_ spec: FlowSpec) {
        var indices: [StepID: Int] = [:]
        indices.reserveCapacity(spec.steps.count)
        for (index, step) in spec.steps.enumerated() { indices[step.id] = index }
        self.spec = spec
        self.indices = indices
        initial = Self.resolve(spec.initialStepID, in: indices)
        nodes = spec.steps.map { Node($0, indices: indices) }
    }

    /// The node of a step, in constant time; `nil` when the flow has no such step.
    public func index(of step: StepID) -> Int? {
        indices[step]
    }

    /// The node of a step; `nil` when the flow has no such step.
    public func node(of step: StepID) -> Node? {
        indices[step].map { nodes[$0] }
    }

    fileprivate static func resolve(_ step: StepID, in indices: [StepID: Int]) -> Int {
        guard let index = indices[step] else {
            preconditionFailure("a validated flow has no transition to a step that does not exist")
        }
        return index
    }
}

// The compiled form of a flow: what decisions run on. Built once per registered version, read at every step.

/// A flow with its steps numbered and its transitions resolved.
public final class FlowGraph: Sendable {
    /// A step with everything a decision needs at hand. A class, because every step of every execution passes it on.
    public final class Node: Sendable {
        /// The step's id.
        public let id: StepID
        /// Its place in the definition.
        public let index: Int
        /// The handler that runs it.
        public let type: String
        /// The handler's parameters.
        public let config: JSONObject
        /// How its input is made.
        public let input: InputSelector
        /// Where its output is stored; `nil`: nowhere, or in the whole context.
        public let outputKey: DotPath?
        /// The same as text; ``StepOutput/root``: its members go into the context.
        public let outputKeyText: String?
        /// Task graphs: names in the context and where the result has their values.
        public let outputs: [NamedPath]
        /// The nodes after a success; none: this path ends.
        public let onSuccess: [Int]
        /// The nodes after a failure; none: the branch fails.
        public let onFailure: [Int]
        /// The nodes after a wait; none: those of ``onSuccess``.
        public let onResume: [Int]
        /// The nodes after it was skipped.
        public let onSkip: [Int]
        /// The nodes that must have ended before it starts.
        public let join: Set<StepID>
        /// It is skipped where this does not hold.
        public let when: Condition?
        /// How a rollback undoes it.
        public let compensate: Compensation?
        /// Once it succeeded it is never run again.
        public let isCommit: Bool
        /// How failures are retried; `nil`: as the engine does by default.
        public let retry: RetryPolicy?
        /// The longest an attempt may take; `nil`: as the engine has it.
        public let timeout: Duration?
        /// The longest an attempt may give no sign of life; `nil`: unlimited.
        public let heartbeat: Duration?
        /// The flow's, for what the step's code makes.
        public let growth: GrowthLimits

        init(_ step: StepSpec, index: Int, indices: [StepID: Int], growth: GrowthLimits) {
            self.growth = growth
            func resolve(_ targets: [StepID]) -> [Int] {
                targets.map { FlowGraph.resolve($0, in: indices) }
            }
            id = step.id
            self.index = index
            type = step.type
            config = step.config
            input = step.input ?? .full
            outputKey = step.outputKey == StepOutput.root ? nil : step.outputKey.flatMap(DotPath.init)
            outputKeyText = step.outputKey
            outputs = step.outputs
            onSuccess = resolve(step.onSuccess)
            onFailure = resolve(step.onFailure)
            onResume = resolve(step.onResume)
            onSkip = resolve(step.onSkip ?? step.onSuccess)
            join = Set(step.join)
            when = step.when
            compensate = step.compensate
            isCommit = step.isCommit
            retry = step.retry
            timeout = step.timeout
            heartbeat = step.heartbeat
        }
    }

    /// The flow this was made from.
    public let spec: FlowSpec
    /// The steps in the order of the definition.
    public let nodes: [Node]
    /// What contexts must match at creation.
    public let inputSchema: JSONSchema?
    /// What states of its executions keep.
    public let traits: StateTraits
    private let indices: [StepID: Int]

    /// Compiles a flow in time linear to its size.
    public init(_ spec: FlowSpec) {
        var indices: [StepID: Int] = [:]
        indices.reserveCapacity(spec.steps.count)
        for (index, step) in spec.steps.enumerated() { indices[step.id] = index }
        self.spec = spec
        self.indices = indices
        let nodes = spec.steps.enumerated().map {
            Node($0.element, index: $0.offset, indices: indices, growth: spec.growth)
        }
        self.nodes = nodes
        inputSchema = spec.inputSchema.flatMap { $0 == .bool(true) ? nil : try? JSONSchema($0) }
        let forks = nodes.contains {
            max($0.onSuccess.count, $0.onFailure.count, $0.onResume.count, $0.onSkip.count) > 1
        }
        traits = StateTraits(
            isParallel: forks || spec.initialStepIDs.count > 1, keepsResults: spec.isTaskGraph)
    }

    /// The state of an execution of this flow before anything but its creation.
    public func state(_ creation: ExecutionCreation) -> ExecutionState {
        ExecutionState(creation, initial: spec.initialStepIDs, traits: traits)
    }

    /// The node of a step, in constant time; `nil` when the flow has no such step.
    public func index(of step: StepID) -> Int? {
        indices[step]
    }

    /// The node of a step; `nil` when the flow has no such step.
    public func node(of step: StepID) -> Node? {
        indices[step].map { nodes[$0] }
    }

    /// Whether one of two steps comes after the other on some way. Those of one execution that do not run at once.
    func isOrdered(_ one: StepID, _ other: StepID) -> Bool {
        guard let one = indices[one], let other = indices[other] else { return true }
        return reaches(other, from: one) || reaches(one, from: other)
    }

    private func reaches(_ goal: Int, from start: Int) -> Bool {
        var isSeen = Array(repeating: false, count: nodes.count)
        var pending = [start]
        while let next = pending.popLast() {
            let node = nodes[next]
            var ways = node.onSuccess + node.onFailure + node.onResume + node.onSkip
            // A handler may choose a step that its parameters name.
            ways += named(in: .object(node.config))
            for way in ways where !isSeen[way] {
                if way == goal { return true }
                isSeen[way] = true
                pending.append(way)
            }
        }
        return false
    }

    private func named(in document: JSONValue) -> [Int] {
        switch document {
        case .string(let text): indices[StepID(text)].map { [$0] } ?? []
        case .array(let elements): elements.flatMap { named(in: $0) }
        case .object(let object): object.values.flatMap { named(in: $0) }
        case .null, .bool, .int, .decimal: []
        }
    }

    fileprivate static func resolve(_ step: StepID, in indices: [StepID: Int]) -> Int {
        guard let index = indices[step] else {
            preconditionFailure("a validated flow has no transition to a step that does not exist")
        }
        return index
    }
}

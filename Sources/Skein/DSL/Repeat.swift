import SkeinCore

/// Runs its elements again and again while a condition holds, which is asked before each round. A step of the log,
/// under its name.
public struct Repeat<State: FlowState>: FlowElement, Sendable {
    private let item: FlowItem

    /// - Parameter limit: the most rounds. When the condition still holds after that many, the step fails with
    ///   REPEAT_LIMIT.
    public init(
        _ name: String, while condition: @escaping @Sendable (State) throws -> Bool, limit: Int,
        @FlowBuilder<State> steps: () -> [FlowNode<State>]
    ) {
        item = .loop(Self.plan(name, condition, limit), steps().map(\.item))
    }

    /// The rounds are counted in the context, under a name that no property can have.
    private static func plan(
        _ name: String, _ condition: @escaping @Sendable (State) throws -> Bool, _ limit: Int
    ) -> StepPlan {
        let key = "repeat:\(name)"
        var plan = StepPlan(name) { _, step in
            let rounds = DotPath(key)?.value(in: step.context)?.int ?? 0
            guard try condition(try StateCoding<State>.decode(step.context)) else {
                // The next time it is entered, it counts from the beginning.
                let count: JSONValue = rounds == 0 ? .null : 0
                return .completed(count, next: step.config["else"]?.string.map { StepID($0) })
            }
            guard rounds < limit else {
                return .failure(
                    "REPEAT_LIMIT", "the condition of '\(name)' still holds after \(limit) rounds", isRetryable: false)
            }
            return .completed(.int(Int64(rounds) + 1), next: step.config["then"]?.string.map { StepID($0) })
        }
        plan.outputKey = key
        plan.config["limit"] = .int(Int64(limit))
        if limit < 1 { plan.problems.append("The limit of a Repeat must be at least 1.") }
        return plan
    }

    public var node: FlowNode<State> { FlowNode(item) }
}

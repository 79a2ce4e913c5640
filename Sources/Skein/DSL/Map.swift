import SkeinCore

/// Does the same with each item of a list, many at a time, and stores the results in the list's order. Each result is
/// recorded by itself: what was done is not done again after a crash.
public struct Map<State: FlowState>: FlowElement, Sendable {
    private let plan: StepPlan

    /// - Parameters:
    ///   - over: the items.
    ///   - into: where the results are stored.
    ///   - concurrency: the most items in progress at once. They are on one instance; for work that is to be spread over
    ///     many, start children.
    ///   - retries: attempts after the first, for each item.
    ///   - body: what is done with one item.
    public init<Item: Codable & Sendable, Output: Codable & Sendable>(
        _ name: String, over: any (KeyPath<State, [Item]> & Sendable),
        into: any (WritableKeyPath<State, [Output]> & Sendable), concurrency: Int = 10, retries: Retries? = nil,
        timeout: Duration? = nil,
        _ body: @escaping @concurrent @Sendable (Item, StepContext) async throws -> Output
    ) {
        let (items, results) = (StateField(over), StateField<State, [Output]>(into))
        var plan = StepPlan(name) { _, step in
            let list = try StateCoding<State>.decode(step.context)[keyPath: items.path]
            let done = try await step.fanOut("item", over: list, concurrency: concurrency) { try await body($0, step) }
            return .success(try AnyHandler.encode(done))
        }
        plan.config["items"] = items.key.map { .string($0) }
        plan.config["concurrency"] = .int(Int64(concurrency))
        plan.outputKey = results.key
        plan.set(retries, timeout)
        plan.problems = [items.problem, results.problem].compactMap { $0 }
        if concurrency < 1 { plan.problems.append("The concurrency of a Map must be at least 1.") }
        self.plan = plan
    }

    public var node: FlowNode<State> { FlowNode(.step(plan)) }
}

import SkeinCore

/// Does the same with each item of a list, many at a time, and stores the results in the list's order.
public struct Map<State: FlowState>: FlowElement, Sendable {
    private let plan: StepPlan

    /// - Parameters:
    ///   - over: the items.
    ///   - into: where the results are stored.
    ///   - concurrency: the most items in progress at once, over all instances.
    ///   - retries: attempts after the first, for each item.
    ///   - body: what is done with one item.
    public init<Item: Codable & Sendable, Output: Codable & Sendable>(
        _ name: String, over: any (KeyPath<State, [Item]> & Sendable),
        into: any (WritableKeyPath<State, [Output]> & Sendable), concurrency: Int = 10, retries: Retries? = nil,
        timeout: Duration? = nil,
        _ body: @escaping @concurrent @Sendable (Item, StepContext) async throws -> Output
    ) {
        let (items, results) = (StateField(over), StateField<State, [Output]>(into))
        var plan = StepPlan(name, .handler("map"))
        plan.config["items"] = items.key.map { .string($0) }
        plan.config["concurrency"] = .int(Int64(concurrency))
        let part = StepPlan.Part(suffix: "item", member: "handler", isNested: false) { item, step in
            .success(try AnyHandler.encode(try await body(try AnyHandler.decode(item), step)))
        }
        plan.parts = [part]
        plan.outputKey = results.key
        plan.set(retries, timeout)
        plan.problems = [items.problem, results.problem].compactMap { $0 }
        if concurrency < 1 { plan.problems.append("The concurrency of a Map must be at least 1.") }
        self.plan = plan
    }

    public var node: FlowNode<State> { FlowNode(.step(plan)) }
}

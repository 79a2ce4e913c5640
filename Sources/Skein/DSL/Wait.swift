import SkeinCore

/// Waits for a signal, for as long as it takes and without holding a worker.
///
/// A signal that came before is taken at once. Without a name the step is called `wait-` and the signal's name.
public struct Wait<State: FlowState>: FlowElement, Sendable {
    private let plan: StepPlan

    /// Waits for a signal and stores what it carries. What the property held before is gone when the wait begins: a
    /// wait in a loop never ends with the answer to an earlier one.
    ///
    /// - Parameter timeout: after this long the flow goes on, with the property nil. Default: the wait timeout of the
    ///   flow or engine, which fails the execution.
    public init<Payload: Codable & Sendable>(
        _ name: String? = nil, for signal: Signal<Payload>,
        into: any (WritableKeyPath<State, Payload?> & Sendable), timeout: Duration? = nil
    ) {
        let field = OutputField(into)
        var plan = Self.plan(name, signal.name, timeout, storedAt: field.outputKey)
        plan.goesOnAfterTimeout = timeout != nil
        if let problem = field.problem { plan.problems.append(problem) }
        self.plan = plan
    }

    /// Waits for a signal and keeps nothing of it.
    ///
    /// - Parameter timeout: after this long the execution fails with TIMEOUT. Default: the flow's or engine's.
    public init<Payload: Codable & Sendable>(
        _ name: String? = nil, for signal: Signal<Payload>, timeout: Duration? = nil
    ) {
        plan = Self.plan(name, signal.name, timeout)
    }

    private static func plan(_ name: String?, _ signal: String, _ timeout: Duration?, storedAt key: String? = nil)
        -> StepPlan
    {
        var plan = StepPlan(name ?? "wait-\(signal)") { _, step in
            let isStale = key.flatMap { step.context[$0] }?.isNull == false
            return .wait(WaitRequest(until: .signal(signal), timeout: timeout, output: isStale ? .null : nil))
        }
        plan.outputKey = key
        plan.config["signal"] = .string(signal)
        plan.config["timeoutMs"] = timeout.map { .int($0.roundedUpToMilliseconds) }
        plan.waitTimeout = timeout
        return plan
    }

    public var node: FlowNode<State> { FlowNode(.step(plan)) }
}

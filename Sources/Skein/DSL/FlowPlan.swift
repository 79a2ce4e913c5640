// From elements to a step map and the handlers behind it. Pure: knows no engine and no store.

import SkeinCore

/// A compiled flow.
struct FlowPlan: Sendable {
    struct Header: Sendable {
        var id: String
        var version: String
        var timeout: Duration?
        var maxSteps: Int?
        var onCancel = CancelPolicy.stop
        var onBranchFailure = BranchFailurePolicy.wait
        /// Makes the state of another type of input; runs as the first step, ``FlowPlan/inputStep``.
        var input: AnyHandler.Body?
    }

    static let inputStep = "$input"

    let definition: JSONValue
    let description: FlowDescription
    let problems: [Problem]
    private let steps: [StepPlan]
    private let id: String

    init(_ header: Header, _ items: [FlowItem]) {
        var map = StepMap(flowID: header.id)
        var items = items
        if let input = header.input {
            var step = StepPlan(Self.inputStep, body: input)
            step.outputKey = "$"
            step.isSynthetic = true
            items.insert(.step(step), at: 0)
        }
        let arranged = FlowArrangement.arranged(items, .flow, continues: false)
        map.add(arranged, then: [], join: [])
        var flow: JSONObject = ["id": .string(header.id), "version": .string(header.version)]
        if let timeout = header.timeout { flow["timeouts"] = ["executionMs": .int(timeout.roundedUpToMilliseconds)] }
        if header.onCancel != .stop { flow["onCancel"] = .string(header.onCancel.rawValue) }
        if header.onBranchFailure != .wait { flow["onBranchFailure"] = .string(header.onBranchFailure.rawValue) }
        if let maxSteps = header.maxSteps { flow["maxSteps"] = .int(Int64(maxSteps)) }
        flow["initialStepId"] = arranged.first.map { .string($0.name) } ?? .null
        flow["steps"] = .object(map.steps)
        id = header.id
        steps = map.plans
        definition = .object(flow)
        description = FlowDescription(
            name: header.id, version: header.version,
            steps: map.plans.filter { !$0.isSynthetic }.map(FlowDescription.Step.init))
        problems = map.problems + FlowConflicts.problems(in: arranged)
    }

    func warnings(knownTypes: Set<String>) -> [Problem] {
        steps.compactMap { step in
            guard let type = step.calledType, !knownTypes.contains(type) else { return nil }
            return Problem(
                .handlerUnknown, at: JSONPointer(tokens: ["steps", step.name]),
                "No handler is known for \(type.quoted), which the step calls.")
        }
    }

    func handlers(in registry: HandlerRegistry) -> [AnyHandler] {
        steps.flatMap { $0.handlers(of: id, in: registry) }
    }
}

extension FlowDescription.Step {
    init(_ plan: StepPlan) {
        self.init(
            name: plan.name, commit: plan.isCommit, retries: plan.retries?.policy.maxAttempts,
            timeout: plan.timeout ?? plan.waitTimeout, hasCondition: plan.condition != nil)
    }
}

extension Duration {
    /// A limit of less than a millisecond is no limit of 0.
    var roundedUpToMilliseconds: Int64 {
        let whole = wholeMilliseconds
        return .milliseconds(whole) < self ? whole + 1 : whole
    }
}

import SkeinCore

/// A flow in the form that decisions run on, shared by every execution of it.
final class CompiledFlow: Sendable {
    let decision: Decision
    var spec: FlowSpec { decision.graph.spec }

    init(_ spec: FlowSpec, policy: DecisionPolicy) {
        decision = Decision(FlowGraph(spec), policy: policy)
    }

    /// The type of the handler that the execution needs when it is next looked at; empty: any worker will do.
    func needs(_ state: ExecutionState) -> String {
        if state.rollback != nil {
            return state.undo.last.flatMap { decision.graph.node(of: $0.stepID) }.map { $0.compensate?.type ?? $0.type }
                ?? ""
        }
        // Of several branches the first: another worker may have the handlers of the others.
        guard let branch = state.main ?? state.branches.first else { return "" }
        let step = branch.wait.map { $0.next.steps.first } ?? branch.stepID
        return step.flatMap { decision.graph.node(of: $0)?.type } ?? ""
    }

    /// Why an execution of it cannot begin with this context, for creators that could not check it.
    func objection(to context: JSONObject) -> Failure? {
        if let problem = spec.limits.problem(of: context) { return Failure("CONTEXT_LIMIT", problem) }
        let violations = decision.graph.inputSchema?.validate(.object(context), formats: true) ?? []
        guard !violations.isEmpty else { return nil }
        let problems = violations.map { "\(JSONPointer(tokens: ["context"] + $0.instance.tokens)): \($0.message)" }
        return Failure(
            "INPUT_ERROR",
            "the context does not match the flow's inputSchema: \(problems.joined(separator: "; "))")
    }

    /// The state that a record's log adds up to.
    func state(of record: ExecutionRecord) throws -> ExecutionState {
        var state: ExecutionState
        if let bytes = record.snapshot {
            guard
                let restored = ExecutionState(
                    record.creation, traits: decision.graph.traits,
                    snapshot: try JSONValue(parsing: bytes, limits: .stored))
            else {
                throw LogFormatError(description: "the snapshot of \(record.creation.id) does not read")
            }
            state = restored
        } else {
            state = decision.graph.state(record.creation)
        }
        for row in record.rows where row.position >= state.position {
            let body = try LogBody(decoding: row.body, of: record.creation.id)
            state.apply(body.events, position: row.position, at: body.at)
            state.chain = row.hash
        }
        return state
    }
}

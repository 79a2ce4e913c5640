import Skein
import SkeinCore

/// Calls the closures of a flow as the engine does, one at a time.
struct HandlerProbe {
    let registry = HandlerRegistry()
    let flow: any FlowDefinition

    init(_ flow: some FlowDefinition) {
        self.flow = flow
        for handler in flow.handlers(in: registry) { registry.register(handler) }
    }

    /// - Parameters:
    ///   - type: what the closure is registered under.
    ///   - input: default: the context.
    ///   - config: default: that of the step.
    func call(_ type: String, context: JSONObject, input: JSONValue? = nil) async throws -> StepResult<JSONValue> {
        guard let handler = registry[ofType: type] else { throw EngineError(.handlerNotFound, type) }
        return try await handler.body(input ?? .object(context), try step(type, context))
    }

    func output(_ type: String, context: JSONObject, input: JSONValue? = nil) async throws -> JSONValue? {
        guard case .completed(let output, _) = try await call(type, context: context, input: input) else { return nil }
        return output
    }

    /// The context of an attempt, with the config that the definition gives the step.
    private func step(_ type: String, _ context: JSONObject) throws -> StepContext {
        let config = flow.definition["steps"]?.object?.values.first { $0["type"]?.string == type }?["config"]
        let definition: JSONValue = [
            "id": "probe", "version": "1.0.0", "initialStepId": "only",
            "steps": ["only": ["type": .string(type), "config": config ?? [:], "transitions": ["onSuccess": nil]]],
        ]
        guard let spec = FlowSpec.validate(definition).spec, let node = FlowGraph(spec).nodes.first else {
            throw EngineError(.flowInvalid, "\(type) makes no step")
        }
        let clock = VirtualClock()
        let creation = ExecutionCreation(
            id: ExecutionID(raw: .v4(random: 1, 2)), flowID: "probe", flowVersion: "1.0.0", context: context,
            createdAt: clock.now)
        return StepContext(
            node, of: ExecutionState(creation, initial: "only"), startedAt: clock.now,
            environment: StepContext.Environment(clock: clock, logger: Engine(store: InMemoryExecutionStore()).logger))
    }
}

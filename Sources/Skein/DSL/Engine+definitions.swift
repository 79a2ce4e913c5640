// Flows written in Swift: the same calls as for flows as data, with types.

public import SkeinCore

extension Engine {
    /// Stores a flow under its id and version and registers the closures behind it. Call it on every instance that is
    /// to run the flow; others need only the stored definition.
    ///
    /// - Parameter strict: step types that no handler has are errors instead of warnings.
    /// - Throws: `flowInvalid` with every problem, those that only the code shows among them; `flowConflict`.
    @discardableResult
    public func register(_ flow: some FlowDefinition, strict: Bool = false) async throws -> RegisteredFlow {
        let bodies = flow.handlers(in: handlers)
        let byType = Dictionary(bodies.map { ($0.metadata.type, $0) }) { first, _ in first }
        let definition = flow.definition
        let validation = FlowSpec.validate(definition, knownTypes: Set(handlers.types).union(byType.keys)) {
            type, config in (byType[type] ?? self.handlers[ofType: type])?.configCheck?(config) ?? []
        }
        // Behind a name that is used twice no way is where it should be.
        let isAmbiguous = flow.problems.contains { $0.code == "STEP_DUPLICATE" }
        let errors = validation.errors.filter { !isAmbiguous || $0.code != ProblemCode.stepUnreachable.rawValue }
        let warnings = flow.warnings(knownTypes: Set(handlers.types))
        let problems = flow.problems + errors + (strict ? validation.warnings + warnings : [])
        guard problems.isEmpty else {
            throw EngineError(
                .flowInvalid, "the flow has \(problems.count) problem\(problems.count == 1 ? "" : "s")",
                problems: problems)
        }
        for body in bodies { handlers.register(body) }
        var registered = try await register(definition, strict: strict)
        registered.warnings += warnings
        return registered
    }

    /// Starts an execution of a flow, in the version that the code has.
    ///
    /// - Throws: as `create(_:context:options:)`; `invalidRequest` when the input does not encode as an object.
    @discardableResult
    public func create<Definition: FlowDefinition>(
        _ flow: Definition, _ input: Definition.Input, options: CreateOptions = CreateOptions()
    ) async throws -> (execution: Execution, created: Bool) {
        guard let context = try JSONValueEncoder().encode(input).object else {
            throw EngineError(.invalidRequest, "the input of '\(flow.id)' does not encode as an object")
        }
        var options = options
        options.flowVersion = options.flowVersion ?? flow.version
        let result = try await create(flow.id, context: context, options: options)
        return (result.execution, result.created)
    }

    /// Sends a signal with what it carries. It is kept until the execution waits for it.
    ///
    /// - Parameter operationID: the same operation twice is accepted once.
    public func signal<Payload>(
        _ id: ExecutionID, _ signal: Signal<Payload>, _ payload: Payload, operationID: OperationID? = nil
    ) async throws {
        try await self.signal(
            id, signal.name, payload: try JSONValueEncoder().encode(payload), operationID: operationID)
    }

    /// The output of an execution, once it has ended.
    ///
    /// - Parameter timeout: the longest to wait for the end. Default: unlimited.
    /// - Throws: the `Failure` of an execution that failed; `executionCancelled`; `timeout` when it has not ended by
    ///   then; `invalidRequest` for an execution of another flow.
    public func result<Definition: FlowDefinition>(
        _ id: ExecutionID, of flow: Definition, timeout: Duration? = nil
    ) async throws -> Definition.Output {
        let execution = try await wait(for: id, timeout: timeout)
        guard execution.creation.flowID == flow.id else {
            throw EngineError(
                .invalidRequest, "the execution \(id) is one of '\(execution.creation.flowID)', not of '\(flow.id)'")
        }
        switch execution.status {
        case .completed:
            let output: JSONValue =
                switch flow.outputSource {
                case .context: try await whole(.object(execution.context), of: id)
                case .result: try await whole(execution.result ?? .null, of: id)
                }
            return try JSONValueDecoder().decode(Definition.Output.self, from: output)
        case .cancelled:
            throw EngineError(.executionCancelled, "the execution \(id) was cancelled")
        case .failed, .rolledBack, .rollbackFailed:
            throw execution.error ?? Failure("STEP_FAILED", "the execution \(id) is \(execution.status.rawValue)")
        case .pending, .running, .waiting, .paused, .rollingBack:
            throw EngineError(.timeout, "the execution \(id) has not ended (\(execution.status.rawValue))")
        }
    }
}

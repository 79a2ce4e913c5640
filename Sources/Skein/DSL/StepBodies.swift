// The closures of steps and commits as handlers' bodies: decode the state, call, and say what changed.

import SkeinCore

extension StepPlan {
    /// A step that returns one value.
    static func returning<State: FlowState, Output: Encodable & Sendable>(
        _ name: String, _ field: OutputField<State, Output>,
        _ body: @escaping @concurrent @Sendable (State, StepContext) async throws -> Output
    ) -> StepPlan {
        var plan = StepPlan(name) { _, step in
            let state = try StateCoding<State>.decode(step.context)
            return .success(try field.output(try await body(state, step), in: state))
        }
        plan.outputKey = field.outputKey
        return plan
    }

    /// A step that changes its copy of the state.
    static func changing<State: FlowState>(
        _ name: String, _ body: @escaping @concurrent @Sendable (inout State, StepContext) async throws -> Void
    ) -> StepPlan {
        var plan = StepPlan(name) { _, step in
            let before = try StateCoding<State>.decode(step.context)
            var state = before
            try await body(&state, step)
            return .success(try StateCoding.patch(from: before, to: state))
        }
        plan.outputKey = "$"
        return plan
    }

    /// A step whose work a handler does that the flow holds.
    static func using<State: FlowState, H: Handler>(
        _ name: String, _ handler: H, _ field: OutputField<State, H.Output>,
        _ input: @escaping @Sendable (State) throws -> H.Input
    ) -> StepPlan {
        var plan = StepPlan(name) { _, step in
            let state = try StateCoding<State>.decode(step.context)
            switch try await handler.execute(try input(state), step) {
            case .completed(let output, let next): return .completed(try field.output(output, in: state), next: next)
            case .failed(let failure): return .failed(failure)
            case .wait(let request): return .wait(request)
            case .children(let request): return .children(request)
            }
        }
        plan.outputKey = field.outputKey
        return plan
    }

    /// A step whose work a handler does that the engine knows by its type.
    static func calling<State: FlowState>(
        _ name: String, _ type: String, _ config: JSONObject, _ input: (@Sendable (State) throws -> JSONValue)?,
        _ output: @escaping @Sendable (inout State, JSONValue) throws -> Void
    ) -> StepPlan {
        var plan = StepPlan(
            name,
            .closure({ registry in
                { [weak registry] full, step in
                    guard let handler = registry?[ofType: type] else {
                        throw StepFailure(
                            "HANDLER_NOT_FOUND", "no handler is registered for '\(type)'", isRetryable: false)
                    }
                    let before = try StateCoding<State>.decode(step.context)
                    switch try await handler.body(try input?(before) ?? full, step) {
                    case .completed(let result, let next):
                        var state = before
                        try output(&state, result)
                        return .completed(try StateCoding.patch(from: before, to: state), next: next)
                    case .failed(let failure): return .failed(failure)
                    case .wait, .children:
                        throw StepFailure(
                            "INVALID_OUTPUT", "the handler '\(type)' waits: it needs a step without closures",
                            isRetryable: false)
                    }
                }
            }))
        plan.outputKey = "$"
        plan.calledType = type
        plan.config = config
        return plan
    }

    mutating func set(
        _ retries: Retries?, _ timeout: Duration?, condition: AnyHandler.Body? = nil,
        compensation: AnyHandler.Body? = nil
    ) {
        self.retries = retries
        self.timeout = timeout
        self.condition = condition
        self.compensation = compensation
    }
}

extension OutputField {
    /// A compensation that gets what the step returned.
    func compensation(
        _ body: (@concurrent @Sendable (State, Output, StepContext) async throws -> Void)?
    ) -> AnyHandler.Body? {
        guard let body else { return nil }
        return { output, step in
            let (state, value) = try restored(output, in: step.context)
            try await body(state, value, step)
            return .success(.null)
        }
    }
}

extension StateCoding {
    /// A compensation that gets the state, with what the step changed as the step left it.
    static func compensation(
        _ body: (@concurrent @Sendable (State, StepContext) async throws -> Void)?
    ) -> AnyHandler.Body? {
        guard let body else { return nil }
        return { output, step in
            try await body(try decode(step.context.merging(output.object ?? [:])), step)
            return .success(.null)
        }
    }

    static func condition(_ condition: (@Sendable (State) throws -> Bool)?) -> AnyHandler.Body? {
        guard let condition else { return nil }
        return { _, step in .success(.bool(try condition(try decode(step.context)))) }
    }
}

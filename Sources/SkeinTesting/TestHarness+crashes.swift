// Every run has a store and a clock of its own; the handlers are the harness's. An engine dies at one commit, the lease
// runs out, and another engine over the same store goes on.

public import Skein
public import SkeinCore

extension TestHarness {
    /// Somebody who acts on an execution that waits for more than time: sends the signal, resumes.
    public typealias Answer = @Sendable (Engine, Execution) async throws -> Void

    /// Runs a flow to its end, then again and again with a crash of its engine at the first, second, … commit.
    ///
    /// - Parameters:
    ///   - flow: its closures and this harness's handlers are there for every run; nothing else of the harness is.
    ///   - fault: what happens at the commit. Default: the engine dies once it is written.
    ///   - answer: called when the execution waits for a signal or a resume. Default: the wait times out.
    ///   - check: called for each end, first for the one without a crash; the output is nil unless it completed.
    /// - Returns: the number of points of a crash.
    /// - Throws: what `check` throws; `AssertionFailure` when an execution comes to no end.
    @discardableResult
    public func crashAtEveryStep<Definition: FlowDefinition>(
        _ flow: Definition, _ input: Definition.Input, fault: FaultyStore.Fault = .crashAfter, answer: Answer? = nil,
        _ check: (CrashEnd, Definition.Output?) async throws -> Void
    ) async throws -> Int {
        guard let context = try JSONValueEncoder().encode(input).object else {
            throw EngineError(.invalidRequest, "the input of '\(flow.id)' does not encode as an object")
        }
        var options = CreateOptions()
        options.flowVersion = flow.version
        let plan = CrashPlan(flow.id, context, options, answer) { _ = try await $0.register(flow) }
        return try await crash(plan, fault) { end in
            guard end.status == .completed else { return try await check(end, nil) }
            try await check(end, try await end.engine.result(end.id, of: flow))
        }
    }

    /// The same for a flow as JSON.
    @discardableResult
    public func crashAtEveryStep(
        _ definition: JSONValue, context: JSONObject = [:], fault: FaultyStore.Fault = .crashAfter,
        answer: Answer? = nil, _ check: (CrashEnd) async throws -> Void
    ) async throws -> Int {
        let flow = try await engine.register(definition).flow
        var options = CreateOptions()
        options.flowVersion = flow.version.description
        let plan = CrashPlan(flow.id, context, options, answer) { _ = try await $0.register(definition) }
        return try await crash(plan, fault, check)
    }

    private func crash(
        _ plan: CrashPlan, _ fault: FaultyStore.Fault, _ check: (CrashEnd) async throws -> Void
    ) async throws -> Int {
        let flows = try await engine.store.flows()
        let handlers = engine.handlers.types.compactMap { engine.handlers[ofType: $0] }
        let whole = CrashRun(plan, handlers, flows, configuration: engine.configuration, faults: [:])
        try await check(try await whole.end(point: 0))
        let commits = whole.commits
        guard commits > 0 else { return 0 }
        for point in 1...commits {
            let run = CrashRun(plan, handlers, flows, configuration: engine.configuration, faults: [point: fault])
            try await check(try await run.end(point: point))
        }
        return commits
    }
}

/// What is run.
struct CrashPlan: Sendable {
    let flowID: String
    let context: JSONObject
    let options: CreateOptions
    let answer: TestHarness.Answer?
    let register: @Sendable (Engine) async throws -> Void

    init(
        _ flowID: String, _ context: JSONObject, _ options: CreateOptions, _ answer: TestHarness.Answer?,
        register: @escaping @Sendable (Engine) async throws -> Void
    ) {
        self.flowID = flowID
        self.context = context
        self.options = options
        self.answer = answer
        self.register = register
    }
}

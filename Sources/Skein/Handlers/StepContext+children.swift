// Children of code: started under a name, waited for where the code likes.

public import SkeinCore

/// A child execution that a step's code started.
public struct SpawnedChild<Output: Codable & Sendable>: Sendable {
    public let id: ExecutionID
    /// The name it was started under.
    public let name: String
    let round: Int64
    let source: FlowOutputSource
}

extension StepContext {
    /// Starts an execution of a flow as a child, once, and goes on without waiting for it. The same name again, one
    /// after the other, is another child. Cancelling this execution cancels it.
    ///
    /// - Throws: `StepFailure` with FLOW_NOT_FOUND, CONTEXT_LIMIT, CHILDREN_LIMIT for too many ancestors, or
    ///   WORKFLOW_DEFINITION_CHANGED as ``run(_:retries:timeout:_:)``.
    public func spawn<Definition: FlowDefinition>(
        _ name: String, _ flow: Definition, _ input: Definition.Input
    ) async throws -> SpawnedChild<Definition.Output> {
        guard let context = try AnyHandler.encode(input).object else {
            throw StepFailure(
                "INPUT_ERROR", "the input of '\(flow.id)' does not encode as an object", isRetryable: false)
        }
        let spawn = try await spawned(name, flow.id, flow.version, context)
        return SpawnedChild(
            id: spawn.childID(0, of: executionID), name: name, round: spawn.round, source: flow.outputSource)
    }

    /// The same for a flow by its id. Its output is its result, or its context where it has none.
    ///
    /// - Parameter version: nil for the latest.
    public func spawn(_ name: String, flow id: String, version: String? = nil, context: JSONObject) async throws
        -> SpawnedChild<JSONValue>
    {
        let spawn = try await spawned(name, id, version ?? "", context)
        return SpawnedChild(id: spawn.childID(0, of: executionID), name: name, round: spawn.round, source: .result)
    }

    /// Leaves the handler until a child has ended, and returns its output.
    ///
    /// - Throws: `StepFailure` with CHILD_FAILED when it ended otherwise than completed, TIMEOUT.
    public func result<Output>(of child: SpawnedChild<Output>, timeout: Duration? = nil) async throws -> Output {
        let value = try leave("result:\(child.name)") {
            WaitRequest(until: .child(round: child.round), timeout: timeout, reason: "waits for the child \(child.id)")
        }
        var outcome = ChildOutcome(value)
        if let reference = ChildReference(value), let maker = environment.children {
            outcome = try await maker.outcomes(of: reference, executionID).first
        }
        guard let outcome else {
            throw StepFailure("TIMEOUT", "the child \(child.id) did not end in time", isRetryable: false)
        }
        guard outcome.status == .completed else {
            var details: JSONObject = [
                "childExecutionId": .string(outcome.id.description), "status": .string(outcome.status.rawValue),
            ]
            details["error"] = outcome.error?.json
            let message = outcome.error.map { "\($0)" } ?? outcome.status.rawValue
            throw StepFailure(
                "CHILD_FAILED", "the child \(outcome.id) did not complete: \(message)", details: .object(details),
                isRetryable: false)
        }
        switch child.source {
        case .context: return try recordedValue(.object(outcome.context), of: child.name)
        case .result: return try recordedValue(outcome.result ?? .object(outcome.context), of: child.name)
        }
    }

    private func spawned(_ name: String, _ flowID: String, _ version: String, _ context: JSONObject) async throws
        -> Spawn
    {
        try Task.checkCancellation()
        let replay = replaying()
        let asked = "spawn:\(name)"
        switch try replay.ask(asked) {
        case .recorded(let value, _):
            guard let spawn = Spawn(value) else {
                throw StepFailure(
                    "WORKFLOW_DEFINITION_CHANGED", "what was recorded as '\(asked)' is no child", isRetryable: false)
            }
            // Whoever recorded it may have ended before it was made.
            if replay.purpose == .work {
                try await childMaker().makeMissing(spawn, parent: creation, claim: try claimID())
            }
            return spawn
        case .new(let key):
            defer { replay.done(asked) }
            let maker = try childMaker()
            guard creation.depth < node.growth.childDepth else {
                throw StepFailure(
                    "CHILDREN_LIMIT",
                    "the execution has \(creation.depth) ancestors, the limit is \(node.growth.childDepth)",
                    isRetryable: false)
            }
            let flow = try await maker.flow(flowID, version: version)
            if let problem = maker.problem(of: context, in: flow) { throw problem }
            var spawn = Spawn(
                flowID: flowID, flowVersion: flow.spec.version.description, contexts: [context], at: clock.now)
            spawn.name = key
            spawn.round = round(key)
            try await record(.childSpawned(stepID, spawn))
            replay.done(key, at: clock.now)
            try await maker.make(0..<1, of: spawn, parent: creation, claim: try claimID())
            return spawn
        }
    }

    private func childMaker() throws -> ChildMaker {
        guard let maker = environment.children else {
            throw StepFailure("NOT_SUPPORTED", "there is no engine that could start children", isRetryable: false)
        }
        return maker
    }

    private func claimID() throws -> ClaimID {
        guard let keeper else { throw CancellationError() }
        return keeper.claimID
    }

    /// Below 0: positions of events are above.
    private func round(_ key: String) -> Int64 {
        Int64(bitPattern: words("child/\(key)").0 | 1 << 63)
    }
}

// Stateful handlers do their work in executions of their own, jobs: the step waits for one without holding a worker, and what
// the job records stays with the job.

import SkeinCore

enum Job {
    /// The prefix of the flows of jobs, and of the type of their only step.
    static let prefix = "job:"

    /// What a step of the handler's type runs: it starts the job, and ends as the job did.
    static func starter(of handler: AnyHandler) -> AnyHandler {
        let metadata = handler.metadata
        return AnyHandler(metadata, configCheck: handler.configCheck) { input, step in
            // Undone where it is: there is nothing to wait for.
            if step.isCompensation { return try await handler.body(input, step) }
            guard let stage = step.stage else { return try await start(metadata, input, step) }
            guard let outcome = try await step.outcomes(told: stage.data)?.first else { throw CancellationError() }
            let result = ChildTaskResult(outcome)
            guard let error = result.error else { return .completed(result.result ?? .null) }
            // The job has been tried as often as it may.
            return .failed(
                StepFailure(error.code, error.message, details: error.details, isRetryable: false))
        }
    }

    /// What the job's step runs.
    static func worker(of handler: AnyHandler) -> AnyHandler {
        var metadata = handler.metadata
        metadata.type = prefix + metadata.type
        metadata.isStateful = false
        return AnyHandler(metadata, handler.body)
    }

    private static func start(_ metadata: HandlerMetadata, _ input: JSONValue, _ step: StepContext) async throws
        -> StepResult<JSONValue>
    {
        guard let publish = step.environment.publish else {
            throw StepFailure("NOT_SUPPORTED", "a stateful handler needs an engine", isRetryable: false)
        }
        try await publish(flow(metadata.type))
        var request = ChildrenRequest(
            prefix + metadata.type, contexts: [["input": input, "config": .object(step.config)]])
        request.collects = true
        request.isMap = true
        request.yields = .result
        request.stage = StageBreak()
        return .children(request)
    }

    /// Three attempts; whoever dies with one is followed by another, who finds its checkpoints.
    private static func flow(_ type: String) -> JSONObject {
        [
            "id": .string(prefix + type), "name": .string(type), "initialStepId": "run",
            "steps": [
                "run": [
                    "type": .string(prefix + type), "input": ["type": "key", "key": "input"], "transitions": [:],
                    "retry": ["maxAttempts": 2, "backoffMs": 1_000],
                ]
            ],
        ]
    }

    /// What the step that started the job has as its config; nil: this is no job.
    static func config(of creation: ExecutionCreation) -> JSONObject? {
        creation.flowID.hasPrefix(prefix) ? creation.context["config"]?.object : nil
    }
}

import Skein
import SkeinCore

/// `sub-flow`: runs another flow as a child execution and waits for it, without holding a worker.
///
/// Parameters: `flowId`, `flowVersion` (the latest), `context` (else the input that the step selects),
/// `waitForCompletion` (true), `metadata`. Output: `{childExecutionId, flowId, status, context, result?}`; without
/// waiting `{childExecutionId, flowId, mode}`. Failures: MISSING_FLOW_ID, FLOW_NOT_FOUND, CHILD_FAILED with the child's
/// error in the details.
struct SubFlowHandler: BuiltinHandler {
    static let metadata = HandlerMetadata(
        type: "sub-flow", name: "Sub-flow", description: "Runs another flow as a child execution.", category: "control",
        configSchema: [
            "type": "object",
            "properties": [
                "flowId": ["type": "string", "minLength": 1], "flowVersion": ["type": "string"],
                "context": ["type": "object"], "waitForCompletion": ["type": "boolean", "default": true],
                "metadata": ["type": "object"],
            ],
        ])

    static func check(_ check: inout ConfigCheck) {
        check.rename(["flow": "flowId", "version": "flowVersion", "wait": "waitForCompletion", "input": "context"])
        check.kind("flowId", .string)
        check.kind("flowVersion", .string)
        check.kind("context", .object, .string)
        check.kind("metadata", .object)
        check.templates()
    }

    @concurrent func execute(_ input: JSONValue, _ step: StepContext) async throws -> StepResult<JSONValue> {
        let parameters = Parameters(.null, step)
        guard let flow = try parameters.text("flowId"), !flow.isEmpty else {
            return .failure("MISSING_FLOW_ID", "the step's config has no 'flowId'", isRetryable: false)
        }
        let given = step.hasExplicitInput ? input.object : nil
        var request = ChildrenRequest(
            flow, version: try parameters.text("flowVersion"),
            contexts: [try parameters.object("context") ?? given ?? [:]])
        request.awaits = parameters["waitForCompletion"] != false
        request.metadata = try parameters.object("metadata")
        return .children(request)
    }
}

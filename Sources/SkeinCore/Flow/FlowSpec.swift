// A flow as its author defined it: checked, typed, still with names. Decisions run on its compiled form, FlowGraph.

/// A valid flow definition.
///
/// The only way to one is ``validate(_:knownTypes:configCheck:)``: every name in it leads somewhere, every number is
/// within its bounds.
public struct FlowSpec: Sendable, Hashable {
    /// The flow's id, following ``Identifier``.
    public let id: String
    /// Its version.
    public let version: SemanticVersion
    /// What people call it.
    public let name: String?
    /// What it is for.
    public let description: String?
    /// The JSON Schema of contexts that executions start with; only schemas that accept everything, so far.
    public let inputSchema: JSONValue?
    /// Where executions start; several steps start in parallel.
    public let initialStepIDs: [StepID]
    /// Data of the author that the engine does not look at.
    public let metadata: JSONObject?
    /// The longest an execution may take from its creation, at least 1 ms; `nil`: unlimited.
    public let executionTimeout: Duration?
    /// The longest a wait may take, at least 1 ms; `nil`: as the engine has it.
    public let waitTimeout: Duration?
    /// The most steps of an execution, at least 1; `nil`: as the engine has it.
    public let maxSteps: Int?
    /// How large a context may become.
    public let limits: ContextLimits
    /// How far its executions may grow.
    public let growth: GrowthLimits
    /// How long a step waits for somebody who has its handler, `limits.handlerWaitMs`; `nil`: as the engine has it.
    public let handlerWait: Duration?
    /// How many executions may go on at once; from their first step to their end, waits included.
    public let concurrency: FlowLimit?
    /// How many executions may begin in a span of time.
    public let rate: FlowLimit?
    /// A cancelled execution compensates its completed steps.
    public let rollsBackOnCancel: Bool
    /// The first branch that fails ends the others.
    public let failureCancelsBranches: Bool
    /// The definition is a task graph.
    public let isTaskGraph: Bool
    /// The definition says its version.
    public let hasVersion: Bool
    /// The steps in the order of the definition; at least one.
    public let steps: [StepSpec]
    /// The definition as it was given.
    public let json: JSONValue
}

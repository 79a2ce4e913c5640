// Schedules of flows written in Swift.

public import SkeinCore

extension Engine {
    /// Starts a flow at certain times. Call it on every instance at every start: it makes the schedule of this name, or
    /// changes it to what is given here, or finds it as it is.
    ///
    /// - Parameters:
    ///   - name: unique per tenant.
    ///   - rule: `.cron("0 2 * * *", timeZone: "Europe/Berlin")`, `.every(.minutes(5))`, `.at(instant)`.
    ///   - overlap: what becomes of a tick while an earlier execution is unfinished.
    ///   - missed: which of the ticks are made up for that nobody decided in time.
    ///   - options: tenant, tag, priority and metadata of the executions; whatever else it has does not count.
    /// - Throws: `invalidRequest` with every problem; `flowNotFound` when the flow is not registered.
    @discardableResult
    public func schedule<Definition: FlowDefinition>(
        _ name: String, _ rule: ScheduleRule, _ flow: Definition, _ input: Definition.Input,
        overlap: OverlapPolicy = .skip, missed: MissedTicks = .runOnce, jitter: Duration = .zero,
        options: CreateOptions = CreateOptions()
    ) async throws -> ScheduleState {
        guard let context = try JSONValueEncoder().encode(input).object else {
            throw EngineError(.invalidRequest, "the input of '\(flow.id)' does not encode as an object")
        }
        return try await schedule(
            name, rule, flow.id, context: context, overlap: overlap, missed: missed, jitter: jitter, options: options)
    }

    /// The same for a flow by its id.
    @discardableResult
    public func schedule(
        _ name: String, _ rule: ScheduleRule, _ flowID: String, context: JSONObject = [:],
        overlap: OverlapPolicy = .skip, missed: MissedTicks = .runOnce, jitter: Duration = .zero,
        options: CreateOptions = CreateOptions()
    ) async throws -> ScheduleState {
        var definition: JSONObject = ["name": .string(name), "flowId": .string(flowID), "context": .object(context)]
        definition.merge(rule.json)
        definition["overlap"] = .string(overlap.rawValue)
        definition["missed"] = .string(missed.rawValue)
        definition["jitterMs"] = .int(jitter.wholeMilliseconds)
        definition["flowVersion"] = options.flowVersion.map { .string($0) }
        definition["tenantId"] = options.tenantID.map { .string($0) }
        definition["tag"] = options.tag.map { .string($0) }
        definition["priority"] = .int(Int64(options.priority))
        definition["metadata"] = options.metadata.map { .object($0) }
        return try await setSchedule(definition)
    }
}

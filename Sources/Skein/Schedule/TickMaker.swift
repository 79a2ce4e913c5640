import SkeinCore

/// Makes the executions that ticks start.
struct TickMaker {
    let engine: Engine
    let now: Timestamp
    /// The latest versions, asked for once: many schedules of one moment have one flow.
    private var versions: [String: String] = [:]

    init(engine: Engine, now: Timestamp) {
        self.engine = engine
        self.now = now
    }

    /// A planned tick with what it starts. One whose execution cannot be made has failed.
    mutating func tick(_ item: TickPlan.Item, of record: ScheduleRecord, source: TickSource = .schedule) async throws
        -> ScheduleDecision.Tick
    {
        let starts = item.decision == .fired || item.hasWaited
        guard starts else { return ScheduleDecision.Tick(at: item.at, decision: item.decision, source: source) }
        do {
            let append = try await append(record, item.at, source)
            return ScheduleDecision.Tick(at: item.at, decision: item.decision, source: source, append: append)
        } catch let error as EngineError where error.code != .unavailable {
            return ScheduleDecision.Tick(
                at: item.at, decision: .failed, source: source, error: String(error.description.prefix(2_000)))
        }
    }

    private mutating func append(_ record: ScheduleRecord, _ tick: Timestamp, _ source: TickSource) async throws
        -> Append
    {
        let schedule = record.schedule
        var options = CreateOptions(
            flowVersion: schedule.flowVersion, tenantID: schedule.tenantID, tag: schedule.tag,
            priority: schedule.priority, runAt: tick + schedule.delay(of: tick, in: record.id),
            metadata: Self.metadata(record, tick, source))
        options.terms = schedule.terms
        if options.flowVersion == nil { options.flowVersion = try await version(of: schedule.flowID) }
        return try await engine.firstRow(schedule.flowID, schedule.context, options)
    }

    private mutating func version(of flow: String) async throws -> String {
        if let known = versions[flow] { return known }
        let latest = try await engine.flows.latest(flow, remembered: false).flow.spec.version.description
        versions[flow] = latest
        return latest
    }

    /// What the schedule's owner wants, and which tick of which schedule it was.
    private static func metadata(_ record: ScheduleRecord, _ tick: Timestamp, _ source: TickSource) -> JSONObject {
        var metadata = record.schedule.metadata ?? [:]
        var origin: JSONObject = [
            "id": .string(record.id.description), "name": .string(record.schedule.name),
            "tick": .string(tick.description), "source": .string(source.name),
        ]
        if record.schedule.pausesOnFailure { origin["pauseOnFailure"] = true }
        metadata["schedule"] = .object(origin)
        return metadata
    }
}

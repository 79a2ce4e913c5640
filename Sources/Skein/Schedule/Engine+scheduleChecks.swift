// What a schedule may say, beyond its form: names, zones, the flow.

import SkeinCore

extension Engine {
    /// Reads a schedule and checks all that can be known before its first tick.
    ///
    /// - Throws: `invalidRequest` with every problem; `flowNotFound`, `contextLimit`.
    func checked(_ definition: JSONObject) async throws -> Schedule {
        var problems: [Problem] = []
        let schedule = Schedule(.object(definition), timeZone: configuration.timeZone, problems: &problems)
        if let schedule { problems += self.problems(of: schedule) }
        guard let schedule, problems.isEmpty else {
            throw EngineError(.invalidRequest, "the schedule is not valid", problems: problems)
        }
        let options = CreateOptions(
            flowVersion: schedule.flowVersion, tenantID: schedule.tenantID, tag: schedule.tag,
            priority: schedule.priority, metadata: schedule.metadata)
        _ = try await firstRow(schedule.flowID, schedule.context, options)
        return schedule
    }

    private func problems(of schedule: Schedule) -> [Problem] {
        let options = CreateOptions(
            flowVersion: schedule.flowVersion, tenantID: schedule.tenantID, tag: schedule.tag,
            priority: schedule.priority, metadata: schedule.metadata)
        var problems = options.problems() + schedule.context.problems()
        let name = schedule.name
        if name.isEmpty || name.utf8.count > 200 || ScheduleID(name) != nil
            || name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F || $0 == "/" })
        {
            let message = "A name has 1 to 200 bytes without control characters and slashes, and is not a UUID."
            problems.append(Problem(.badValue, at: JSONPointer(tokens: ["name"]), message))
        }
        do {
            _ = try zone(of: schedule)
        } catch {
            problems += error.problems
        }
        return problems
    }

    func zone(of schedule: Schedule) throws(EngineError) -> ZoneRules {
        do {
            return try ZoneDatabase.system.zone(schedule.times.timeZone)
        } catch {
            let place = JSONPointer(tokens: ["timeZone"])
            throw EngineError(
                .invalidRequest, "the schedule is not valid",
                problems: [Problem(code: "BAD_TIME_ZONE", pointer: place, message: error.description)])
        }
    }

    func neverFires() -> EngineError {
        EngineError(
            .invalidRequest, "the schedule is not valid",
            problems: [
                Problem(
                    code: "NEVER_FIRES", pointer: .root,
                    message: "No tick is left between now, \"startAt\" and \"endAt\".")
            ])
    }
}

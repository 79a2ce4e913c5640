// Schedules and ticks as the API shows them.

public import SkeinCore

extension ScheduleRecord {
    /// The schedule with what the store says about it.
    public var json: JSONObject {
        var object: JSONObject = ["id": .string(id.description)]
        object.merge(schedule.json)
        object["paused"] = .bool(isPaused)
        object["revision"] = .int(revision)
        if nextTick != .distantFuture, !isPaused { object["nextAt"] = .string(nextTick.description) }
        object["createdAt"] = .string(createdAt.description)
        object["updatedAt"] = .string(updatedAt.description)
        return object
    }
}

extension ScheduleState {
    /// The record with what its executions do.
    public var json: JSONObject {
        var object = record.json
        object["runningExecutions"] = .array(unfinished.map { .string($0.description) })
        object["waitingTicks"] = .int(Int64(waitingCount))
        return object
    }
}

extension TickRecord {
    /// `{at, decision, source, executionId?, error?, decidedAt}`
    public var json: JSONValue {
        var object: JSONObject = [
            "at": .string(at.description), "decision": .string(decision.name), "source": .string(source.name),
        ]
        object["executionId"] = executionID.map { .string($0.description) }
        object["error"] = error.map { .string($0) }
        object["decidedAt"] = .string(decidedAt.description)
        return .object(object)
    }
}

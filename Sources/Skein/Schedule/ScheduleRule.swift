public import SkeinCore

/// When a schedule fires, as code says it; checked when the schedule is stored.
public enum ScheduleRule: Sendable, Hashable {
    /// By a cron expression. Without a zone: the engine's, UTC unless configured.
    case cron(String, timeZone: String? = nil)
    /// Every so often, at least a second, in whole milliseconds from the anchor on. Without one: from 1970 on.
    case every(Duration, anchor: Timestamp? = nil)
    /// Once.
    case at(Timestamp)

    /// The members of the schedule's JSON.
    var json: JSONObject {
        var object: JSONObject = [:]
        switch self {
        case .cron(let expression, let zone):
            object["cron"] = .string(expression)
            object["timeZone"] = zone.map { .string($0) }
        case .every(let span, let anchor):
            object["intervalMs"] = .int(span.wholeMilliseconds)
            object["anchor"] = anchor.map { .string($0.description) }
        case .at(let instant): object["at"] = .string(instant.description)
        }
        return object
    }
}

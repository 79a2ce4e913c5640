import SkeinCore
import SkeinSimulation

/// A schedule that ticks through a storm, and what is known of its ticks without asking the engine.
struct LoadSchedule: Sendable {
    /// Its own, and that of its flow.
    let name: String
    let kind: SimulatedFlow.Kind
    /// Seconds from a tick to the next; ticks lie at multiples of it since 1970.
    let seconds: Int64
    private let more: JSONObject

    static let all = [
        LoadSchedule(
            name: "each", kind: .work, seconds: 1,
            more: ["intervalMs": 1_000, "overlap": "allow", "missed": "all", "missedMax": 1_000]),
        LoadSchedule(
            name: "even", kind: .work, seconds: 2,
            more: ["cron": "*/2 * * * * *", "overlap": "skip", "missed": "latest"]),
        LoadSchedule(
            name: "tardy", kind: .slow, seconds: 3,
            more: ["cron": "*/3 * * * * *", "overlap": "bufferOne", "missed": "latest"]),
    ]

    var document: JSONValue {
        var object: JSONObject = ["name": .string(name), "flowId": .string(name)]
        for (key, value) in more { object[key] = value }
        return .object(object)
    }
}

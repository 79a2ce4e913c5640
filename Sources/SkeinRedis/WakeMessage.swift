import Skein
import SkeinCore

/// Wakes as published: `{"executionId":…,"at":…,"reason":…,"needs":…,"queued":true,"lane":…}`, every member optional.
/// Anyone may publish one.
enum WakeMessage {
    private static let limits = JSONLimits(maxBytes: 4_096, maxDepth: 8)

    static func encode(_ hint: WakeHint) -> String {
        var object = JSONObject()
        if let id = hint.executionID { object["executionId"] = .string("\(id)") }
        if let at = hint.at { object["at"] = .string("\(at)") }
        object["reason"] = .string(hint.reason)
        if let needs = hint.needs { object["needs"] = .string(needs) }
        if hint.isQueued { object["queued"] = .bool(true) }
        if hint.reason == WakeHint.yield { object["lane"] = .int(Int64(hint.lane)) }
        return JSONValue.object(object).text()
    }

    /// Reads a message from anybody. Nil: no JSON object. What a member cannot mean counts as absent, so that a slip
    /// still makes somebody look.
    static func decode(_ payload: [UInt8]) -> WakeHint? {
        guard let value = try? JSONValue(parsing: payload, limits: limits), let object = value.object else {
            return nil
        }
        return WakeHint(
            executionID: object["executionId"]?.string.flatMap { ExecutionID($0) },
            at: object["at"]?.string.flatMap { Timestamp($0) },
            reason: String((object["reason"]?.string ?? "published").prefix(64)),
            isQueued: object["queued"]?.bool ?? false, needs: object["needs"]?.string,
            lane: object["lane"]?.int.flatMap { UInt8(exactly: $0) } ?? 0)
    }
}

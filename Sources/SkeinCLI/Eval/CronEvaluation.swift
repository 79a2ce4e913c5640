import Skein
import SkeinCore

/// When a cron expression fires: `{cron, tz?, from?, n?}`.
enum CronEvaluation {
    static let most = 10_000

    /// The next `n` instants (5) after `from` (now) in the zone `tz` (UTC).
    static func value(of request: JSONObject) throws(EvaluationError) -> JSONValue {
        let text = try text("cron", in: request) ?? ""
        let zoneName = try self.text("tz", in: request) ?? "UTC"
        let from = try self.text("from", in: request)
        guard let start = from.map({ Timestamp($0) }) ?? SystemClock().now else {
            throw EvaluationError("\"from\" must be a time as RFC 3339 writes it, such as 2026-01-31T12:00:00Z")
        }
        guard let count = (request["n"] ?? 5).int, (1...most).contains(count) else {
            throw EvaluationError("\"n\" must be an integer from 1 to \(most)")
        }
        do {
            return .array(
                try instants(text, zone: zoneName, after: start, count: count).map { .string($0.description) })
        } catch {
            throw EvaluationError("\(error)")
        }
    }

    private static func instants(_ text: String, zone name: String, after start: Timestamp, count: Int) throws
        -> [Timestamp]
    {
        let (expression, zone) = (try CronExpression(text), try ZoneDatabase.system.zone(name))
        var instants: [Timestamp] = []
        var last = start
        while instants.count < count, let next = expression.next(after: last, in: zone) {
            instants.append(next)
            last = next
        }
        return instants
    }

    private static func text(_ key: String, in request: JSONObject) throws(EvaluationError) -> String? {
        guard let value = request[key], !value.isNull else { return nil }
        guard let text = value.string else { throw EvaluationError("\"\(key)\" must be a text") }
        return text
    }
}

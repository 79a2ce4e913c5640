import SkeinCore
import Testing

struct ScheduleJSONTests {
    private static let base: JSONObject = ["name": "s", "flowId": "f", "cron": "0 0 * * *"]

    private func read(_ terms: JSONValue) -> (schedule: Schedule?, problems: [Problem]) {
        var object = Self.base
        object["terms"] = terms
        var problems: [Problem] = []
        let schedule = Schedule(.object(object), timeZone: "UTC", problems: &problems)
        return (schedule, problems)
    }

    @Test(
        arguments: [
            [:], ["maxAttempts": 3, "backoffMs": 0],
            ["maxAttempts": 1, "backoffMs": 250, "timeoutMs": 1, "heartbeatMs": 9],
            ["timeoutMs": 315_360_000_000],
        ] as [JSONValue])
    func `terms are written as they were read`(terms: JSONValue) throws {
        let (schedule, problems) = read(terms)
        #expect(problems == [])
        #expect(try #require(schedule).json["terms"] == terms)
    }

    @Test func `everything that is wrong with terms is said, with its place`() {
        let (schedule, problems) = read(["backoffMs": -1, "timeoutMs": 0, "heartbeatMs": "x", "maxAttempt": 3])
        #expect(schedule == nil)
        let places = problems.map { "\($0.code) \($0.pointer)" }.sorted()
        #expect(
            places
                == [
                    "REQUIRED_MISSING /terms/maxAttempts", "UNKNOWN_FIELD /terms/maxAttempt",
                    "WRONG_TYPE /terms/heartbeatMs",
                    "OUT_OF_RANGE /terms/backoffMs", "OUT_OF_RANGE /terms/timeoutMs",
                ].sorted())
        #expect(problems.contains { $0.message.contains("did you mean") })
        #expect(read(3).problems.map { "\($0.pointer)" } == ["/terms"])
    }
}

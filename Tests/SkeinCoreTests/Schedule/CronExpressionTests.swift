import SkeinCore
import Testing

struct CronExpressionTests {
    /// A zone without a database, as POSIX describes it.
    static let berlin = ZoneRules(name: "Berlin", first: 3_600, transitions: [], footer: "CET-1CEST,M3.5.0,M10.5.0/3")

    static func next(_ text: String, after time: String, in zone: ZoneRules = .utc, count: Int = 1) throws -> [String] {
        let expression = try CronExpression(text)
        var last = try #require(Timestamp(time))
        var found: [String] = []
        for _ in 0..<count {
            guard let next = expression.next(after: last, in: zone) else { break }
            found.append(next.description.replacing(".000000Z", with: "Z"))
            last = next
        }
        return found
    }

    static let singles: [(String, String)] = [
        ("* * * * *", "2026-01-01T00:01:00Z"), ("*/15 * * * *", "2026-01-01T00:15:00Z"),
        ("5 4 * * *", "2026-01-01T04:05:00Z"), ("0 0 1 1 *", "2027-01-01T00:00:00Z"),
        ("0 0 * * MON", "2026-01-05T00:00:00Z"), ("0 0 * * mon-FRI", "2026-01-02T00:00:00Z"),
        ("0 0 * * 7", "2026-01-04T00:00:00Z"), ("0 0 * * 0", "2026-01-04T00:00:00Z"),
        ("0 0 * * SAT-SUN", "2026-01-03T00:00:00Z"), ("0 0 * feb *", "2026-02-01T00:00:00Z"),
        ("0 0 L * *", "2026-01-31T00:00:00Z"), ("0 0 l 2 *", "2026-02-28T00:00:00Z"),
        ("0 0 * * 5L", "2026-01-30T00:00:00Z"), ("0 0 * * FRIL", "2026-01-30T00:00:00Z"),
        ("0 0 * * MON#2", "2026-01-12T00:00:00Z"), ("0 0 * * 3#5", "2026-04-29T00:00:00Z"),
        ("0 0 29 2 *", "2028-02-29T00:00:00Z"), ("30/10 * * * *", "2026-01-01T00:30:00Z"),
        ("10-20/5,50 3 * * *", "2026-01-01T03:10:00Z"), ("*/20 * * * * *", "2026-01-01T00:00:20Z"),
        ("30 0 12 * * *", "2026-01-01T12:00:30Z"), ("@hourly", "2026-01-01T01:00:00Z"),
        (" @Daily ", "2026-01-02T00:00:00Z"), ("@weekly", "2026-01-04T00:00:00Z"),
        ("@monthly", "2026-02-01T00:00:00Z"), ("@yearly", "2027-01-01T00:00:00Z"),
        ("59\t23   31 12 *", "2026-12-31T23:59:00Z"), ("6-6/2 0 * * *", "2026-01-01T00:06:00Z"),
    ]

    @Test(arguments: singles)
    func `an expression fires next`(_ text: String, _ expected: String) throws {
        #expect(try Self.next(text, after: "2026-01-01T00:00:00Z") == [expected])
    }

    @Test func `days match by either field, and by both where one begins with a star`() throws {
        let start = "2026-06-01T00:00:00Z"
        #expect(
            try Self.next("0 0 13 * FRI", after: start, count: 4).map { $0.prefix(10) } == [
                "2026-06-05", "2026-06-12", "2026-06-13", "2026-06-19",
            ])
        #expect(
            try Self.next("0 0 13 * */5", after: start).map { $0.prefix(10) } == ["2026-09-13"],
            "0 and 5: Sunday, Friday")
        #expect(try Self.next("0 0 */2 * FRI", after: start).map { $0.prefix(10) } == ["2026-06-05"])
        #expect(try Self.next("0 0 */10 * FRI", after: start).map { $0.prefix(10) } == ["2026-07-31"])
    }

    @Test(arguments: [
        ("", ["5 fields"]), ("* * * *", ["this has 4"]), ("* * * * * * *", ["this has 7"]),
        ("60 24 0 13 8", ["minute", "hour", "day of month", "month", "day of week"]),
        ("a, 5-1 */0 1/x JAN", ["minute", "minute", "hour", "day of month", "month", "day of week"]),
        ("0 0 * * MON#6", ["which one of the month"]), ("0 0 1#2 * *", ["day of week only"]),
        ("0 0 L/2 * *", ["A step cannot follow"]), ("0 0 3L * *", ["not one of"]),
        ("@reboot", ["no reboot"]), ("@dayly", ["did you mean \"@daily\""]), ("0 0 31 2 *", ["No day ever matches"]),
        ("0 0 30 feb *", ["No day ever matches"]),
    ])
    func `every mistake is told, with its place`(_ text: String, _ parts: [String]) throws {
        let error = try #require(throws: CronExpressionError.self) { try CronExpression(text) }
        #expect(error.mistakes.count == parts.count, "\(error)")
        for (mistake, part) in zip(error.mistakes, parts) {
            #expect(mistake.message.contains(part) || mistake.field?.rawValue == part, "\(mistake)")
        }
    }

    @Test func `a mistake says at which character it is`() throws {
        let error = try #require(throws: CronExpressionError.self) { try CronExpression("0  1,25 * * *") }
        #expect(error.mistakes.map(\.offset) == [5])
        #expect(error.problems(at: .root).first?.message == "hour, character 6: \"25\" is not one of 0 to 23.")
    }

    // MARK: - Changes of the clocks

    @Test func `a time of day in a gap fires once right after it`() throws {
        #expect(
            try Self.next("30 2 * * *", after: "2026-03-28T12:00:00Z", in: Self.berlin, count: 2) == [
                "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z",
            ])
        #expect(
            try Self.next("0,30 2,3 * * *", after: "2026-03-28T12:00:00Z", in: Self.berlin, count: 3) == [
                "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:00:00Z",
            ])
    }

    @Test func `a time of day that comes twice fires at the first`() throws {
        #expect(
            try Self.next("30 2 * * *", after: "2026-10-24T12:00:00Z", in: Self.berlin, count: 2) == [
                "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z",
            ])
        #expect(
            try Self.next("30 2 * * *", after: "2026-10-25T00:45:00Z", in: Self.berlin) == ["2026-10-26T01:30:00Z"],
            "asked between the two")
    }

    @Test func `what follows elapsed time goes on through gap and overlap`() throws {
        #expect(
            try Self.next("30 * * * *", after: "2026-03-29T00:00:00Z", in: Self.berlin, count: 3) == [
                "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z",
            ])
        #expect(
            try Self.next("*/30 2 * * *", after: "2026-10-24T23:00:00Z", in: Self.berlin, count: 4) == [
                "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z",
            ])
        #expect(
            try Self.next("*/30 2 * * *", after: "2026-03-28T12:00:00Z", in: Self.berlin) == ["2026-03-30T00:00:00Z"],
            "an hour that does not come about")
    }

    @Test func `the rule after the table holds for ever`() throws {
        #expect(
            try Self.next("0 12 1 1,7 *", after: "2399-12-31T00:00:00Z", in: Self.berlin, count: 2) == [
                "2400-01-01T11:00:00Z", "2400-07-01T10:00:00Z",
            ])
        let southern = ZoneRules(
            name: "Lord_Howe", first: 37_800, transitions: [], footer: "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0")
        #expect(
            try Self.next("15 2 * * *", after: "2026-10-03T00:00:00Z", in: southern, count: 2) == [
                "2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z",
            ], "a gap of half an hour")
        let always = ZoneRules(name: "always", first: 0, transitions: [], footer: "XXX3EDT4,0/0,J365/23")
        #expect(try Self.next("0 0 * * *", after: "2026-12-31T12:00:00Z", in: always) == ["2027-01-01T04:00:00Z"])
    }

    @Test func `beyond the last year that can be written there is nothing`() throws {
        #expect(try Self.next("* * * * *", after: "9999-12-31T23:59:00Z").isEmpty)
        #expect(try CronExpression("* * * * *").next(after: .distantFuture, in: .utc) == nil)
    }
}

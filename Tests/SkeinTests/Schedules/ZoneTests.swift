import Skein
import SkeinCore
import Testing

/// Zones of the machine's database, where their history is special.
struct ZoneTests {
    static func next(_ text: String, _ zone: String, after time: String, count: Int = 1) throws -> [String] {
        let rules = try ZoneDatabase.system.zone(zone)
        let expression = try CronExpression(text)
        var last = try #require(Timestamp(time))
        return try (0..<count).map { _ in
            last = try #require(expression.next(after: last, in: rules))
            return last.description.replacing(".000000Z", with: "Z")
        }
    }

    static let cases: [(String, String, String, [String])] = [
        ("America/New_York", "30 2 * * *", "2026-03-07T12:00:00Z", ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]),
        ("America/New_York", "30 1 * * *", "2026-10-31T12:00:00Z", ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]),
        (
            "Australia/Lord_Howe", "45 1 * * *", "2026-04-04T10:00:00Z",
            ["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"]
        ),
        (
            "Australia/Lord_Howe", "*/15 2 * * *", "2026-10-03T15:00:00Z",
            ["2026-10-03T15:30:00Z", "2026-10-03T15:45:00Z"]
        ),
        (
            "Pacific/Apia", "0 12 * * *", "2011-12-29T12:00:00Z",
            ["2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"]
        ),
        (
            "Pacific/Apia", "0 */12 * * *", "2011-12-29T12:00:00Z",
            ["2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"]
        ),
        ("America/Sao_Paulo", "0 0 * * *", "2018-11-03T12:00:00Z", ["2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"]),
        ("Europe/Berlin", "0 12 1 7 *", "2100-01-01T00:00:00Z", ["2100-07-01T10:00:00Z"]),
        ("Asia/Kathmandu", "0 0 * * *", "2026-01-01T00:00:00Z", ["2026-01-01T18:15:00Z"]),
        ("Africa/Casablanca", "0 12 * * *", "2026-02-14T13:00:00Z", ["2026-02-15T12:00:00Z"]),
    ]

    @Test(arguments: cases)
    func `a zone's history is followed`(_ zone: String, _ text: String, _ start: String, _ expected: [String]) throws {
        #expect(try Self.next(text, zone, after: start, count: expected.count) == expected)
    }

    @Test(arguments: [
        ("Europe/Berln", "did you mean Europe/Berlin"), ("berlin", "did you mean Europe/Berlin"),
        ("europe/paris", "did you mean Europe/Paris"), ("../../etc/passwd", "is not the name"),
        ("/etc/passwd", "is not the name"), ("Europe/../Europe/Berlin", "is not the name"), ("", "is not the name"),
        ("Europe", "is not a time zone"), ("tzdata.zi", "is not the name"), ("Europe/Berlin\0", "is not the name"),
    ])
    func `what is no zone is refused, with what was probably meant`(_ name: String, _ part: String) throws {
        let error = try #require(throws: UnknownTimeZone.self) { try ZoneDatabase.system.zone(name) }
        #expect(error.description.contains(part), "\(error)")
    }

    @Test func `UTC needs no files, and without files the message says what to install`() throws {
        let none = ZoneDatabase(folders: ["/nowhere"])
        #expect(try none.zone("UTC") == .utc)
        let error = try #require(throws: UnknownTimeZone.self) { try none.zone("Europe/Berlin") }
        #expect(error.description.contains("tzdata"))
    }
}

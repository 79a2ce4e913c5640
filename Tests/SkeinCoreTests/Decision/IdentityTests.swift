import SkeinCore
import Testing

@Suite("Ids and times")
struct IdentityTests {
    @Test func `a version 7 id has its version, its variant and sorts by time`() {
        let early = UniqueID.v7(at: Timestamp(microseconds: 1_700_000_000_000_250), random: .max)
        let late = UniqueID.v7(at: Timestamp(microseconds: 1_700_000_000_000_500), random: 0)
        #expect(early < late)
        #expect(early.description.dropFirst(14).first == "7")
        #expect("89ab".contains(early.description.dropFirst(19).first ?? " "))
        #expect(UniqueID(early.description) == early)
        #expect(UniqueID(early.description.uppercased()) == early)
    }

    @Test(arguments: [
        "", "0", "0190a000-0000-7000-8000-00000000000", "0190a000-0000-7000-8000-0000000000000",
        "0190a00000007000800000000000000g", "0190a000x0000-7000-8000-000000000000",
    ])
    func `what is not an id is refused`(_ text: String) {
        #expect(UniqueID(text) == nil)
    }

    @Test(
        arguments: [
            ("2026-01-02T03:04:05.000006Z", 1_767_323_045_000_006), ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.999999Z", -1),
            ("2024-02-29t12:00:00.5+01:30", 1_709_202_600_500_000),
            ("2026-01-02T03:04:05.123456789Z", 1_767_323_045_123_456),
        ] as [(String, Int64)])
    func `RFC 3339 times are read to the microsecond`(_ text: String, _ microseconds: Int64) {
        #expect(Timestamp(text)?.microseconds == microseconds)
        let time = Timestamp(microseconds: microseconds)
        #expect(Timestamp(time.description) == time)
    }

    @Test(arguments: [
        "", "2026-01-02", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2026-01-02T24:00:00Z", "2026-01-02T00:00:00",
        "2026-01-02T00:00:00.Z", "2026-01-02T00:00:00Zx",
    ])
    func `what is not a time is refused`(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func `arithmetic saturates`() {
        #expect(Timestamp.distantFuture + .seconds(1) == .distantFuture)
        #expect(Timestamp(microseconds: .max - 1) + .seconds(1) == .distantFuture)
        #expect(Timestamp(microseconds: 5) - Timestamp(microseconds: 2) == .microseconds(3))
    }
}

// The grammar and order of semver.org 2.0.0, and ids.

import SkeinCore
import Testing

@Suite("Versions and ids", .timeLimit(.minutes(1)))
struct SemanticVersionTests {
    /// Each is older than the next.
    static let ascending = [
        "0.0.1", "0.9.0", "0.10.0", "1.0.0-0", "1.0.0-2", "1.0.0-10", "1.0.0--", "1.0.0-0a", "1.0.0-alpha",
        "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0",
        "1.9.0", "1.10.0", "1.11.0", "2.0.0", "2.1.0", "2.1.1", "9.0.0", "10.0.0",
        "18446744073709551616.0.0", "99999999999999999999999.0.0", "100000000000000000000000.0.0",
    ]

    @Test func `versions order as the specification says`() throws {
        let versions = try Self.ascending.map { try #require(SemanticVersion($0)) }
        for (index, version) in versions.enumerated() {
            for (other, second) in versions.enumerated() {
                #expect((version < second) == (index < other), "\(version) < \(second)")
                let order: JSONOrder = index < other ? .ascending : (index == other ? .same : .descending)
                #expect(version.precedence(over: second) == order)
            }
        }
        #expect(versions.reversed().sorted() == versions)
    }

    @Test(arguments: [
        "0.0.4", "1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay", "1.0.0+001", "1.0.0-0A.is.legal",
        "1.2.3----RC-SNAPSHOT.12.9.1--.12", "1.0.0-alpha0.valid", "2.0.0-rc.1+build.123",
        "99999999999999999999999.999999999999999999.99999999999999999",
    ])
    func `valid versions keep their text`(_ text: String) {
        #expect(SemanticVersion(text)?.text == text)
        #expect(SemanticVersion(text)?.description == text)
    }

    @Test(arguments: [
        "", "1", "1.0", "1.0.0.0", "v1.0.0", "01.0.0", "1.01.0", "1.0.00", "1.0.0-01", "1.0.0-", "1.0.0-a..b", "1.0.0+",
        "1.0.0+a..b", "1.0.0+a+b", "-1.0.0", "1.0.0-ä", "1.0.0 ", " 1.0.0", "1..0", "1.0.0-alpha_beta", "٣.0.0",
        "a.b.c",
    ])
    func `anything else is no version`(_ text: String) {
        #expect(SemanticVersion(text) == nil)
    }

    @Test func `build metadata has no precedence but tells versions apart`() throws {
        let first = try #require(SemanticVersion("1.0.0+a"))
        let second = try #require(SemanticVersion("1.0.0+b"))
        #expect(first.precedence(over: second) == .same)
        #expect(first != second)
        #expect(first < second)
        #expect(!(second < first))
        #expect(!first.isPrerelease)
        #expect(SemanticVersion("1.0.0-rc.1+x")?.isPrerelease == true)
    }

    @Test func `ids are equal by code points`() {
        #expect(StepID("é") != StepID("e\u{301}"))
        #expect(Set<StepID>(["é", "e\u{301}", "a", "a"]).count == 3)
        #expect(StepID("a") < StepID("b"))
        #expect(StepID("B") < StepID("a"))
        #expect("\(StepID("a.b"))" == "a.b")
    }

    @Test(arguments: [
        ("a", true, true), ("Prüfung 2", true, true), ("team/flow", true, false), ("", false, false),
        (" a", false, false), ("a ", false, false), ("a\nb", false, false), ("a\u{0}", false, false),
        ("a\u{2028}b", false, false), (".", false, false), ("..", false, false), ("...", true, true),
        (String(repeating: "ä", count: 200), true, true), (String(repeating: "a", count: 201), false, false),
    ])
    func `ids keep to their rules`(_ text: String, flow: Bool, step: Bool) {
        #expect((Identifier.objection(to: text, as: .flow) == nil) == flow)
        #expect((Identifier.objection(to: text, as: .step) == nil) == step)
    }
}

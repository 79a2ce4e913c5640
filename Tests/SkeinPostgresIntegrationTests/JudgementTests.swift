// What needs no server.

import Skein
@testable import SkeinPostgres
import Testing

@Suite struct JudgementTests {
    private let good = ServerSettings(
        version: 150_004, fsync: "on", fullPageWrites: "on", synchronousCommit: "on", isInRecovery: false,
        encoding: "UTF8",
        isSuperuser: false)

    private func problems(_ change: (inout ServerSettings) -> Void) -> [String] {
        var settings = good
        change(&settings)
        return settings.findings.filter { !$0.isFine }.map(\.name)
    }

    @Test func `a durable primary is fine`() {
        #expect(problems { _ in }.isEmpty)
        #expect(problems { $0.synchronousCommit = "remote_apply" }.isEmpty)
    }

    @Test func `settings that lose acknowledged work are refused with a reason`() {
        #expect(problems { $0.fsync = "off" } == ["fsync"])
        #expect(problems { $0.fullPageWrites = "off" } == ["full_page_writes"])
        #expect(problems { $0.synchronousCommit = "off" } == ["synchronous_commit"])
        var settings = good
        settings.fsync = "off"
        #expect(settings.findings.contains { $0.name == "fsync" && $0.message.contains("acknowledged") })
    }

    @Test func `standbys, old servers and other encodings are refused`() {
        #expect(problems { $0.isInRecovery = true } == ["recovery"])
        #expect(problems { $0.version = 130_010 } == ["version"])
        #expect(problems { $0.encoding = "SQL_ASCII" } == ["encoding"])
    }

    @Test func `a superuser is a warning only`() {
        #expect(problems { $0.isSuperuser = true }.isEmpty)
    }

    @Test(arguments: ["skein", "_a", "a1_b", String(repeating: "a", count: 63)])
    func `identifiers are schemas`(_ text: String) {
        #expect(SchemaName(text)?.quoted == "\"\(text)\"")
    }

    @Test(arguments: ["", "1a", "Skein", "a-b", "a\"b", "a b", "pg_x", "ä", String(repeating: "a", count: 64)])
    func `anything else is not`(_ text: String) {
        #expect(SchemaName(text) == nil)
    }

    @Test func `a database is the same until its system or timeline changes`() {
        let incarnation = Incarnation()
        #expect(incarnation.observe(system: 1, timeline: 1) == 1)
        #expect(incarnation.observe(system: 1, timeline: 1) == 1)
        #expect(incarnation.observe(system: 1, timeline: 2) == 2)
        #expect(incarnation.observe(system: 1, timeline: 1) == nil)
        #expect(incarnation.observe(system: 9, timeline: 1) == 3)
    }

    @Test func `a promotion is announced`() async {
        let incarnation = Incarnation()
        incarnation.observe(system: 1, timeline: 1)
        incarnation.observe(system: 1, timeline: 2)
        incarnation.finish()
        var changes = 0
        for await _ in incarnation.changes { changes += 1 }
        #expect(changes == 1)
    }

    @Test func `after a promotion only beginnings are written`() throws {
        let (new, old) = (Sample.execution(), Sample.execution())
        var run = CommitRun([Sample.create(new), Sample.step(old, at: 7)], epoch: 1)
        let first = run.next()
        var work = try #require(first)
        run.restrict(&work, to: 2)
        #expect(work.rows.map { $0 } == [0])
        run.succeed(work.rows, woken: [])
        let outcomes = try run.finished()
        #expect(outcomes[0].isCommitted)
        #expect(outcomes[1].isFenced)
    }
}

import Skein
import SkeinCore
import SkeinTesting
import Testing

/// Whether code that has changed could go on with what it has begun.
@Suite(.everyStore, .timeLimit(.minutes(3)))
struct HistoryTests {
    typealias Code = @concurrent @Sendable (StepContext) async throws -> JSONValue

    private static func first(_ ledger: Ledger) -> Code {
        { step in
            let a = try await step.run("a") {
                ledger.note("a")
                return 1
            }
            try await step.progress("a is done")
            let many = try await step.fanOut("many", over: [1, 2, 3], concurrency: 2) { $0 * 2 }
            let child = try await step.spawn("child", flow: "small", context: [:])
            try await step.sleep(for: .seconds(60))
            _ = try await step.result(of: child)
            let signal = try await step.waitForSignal(named: "go")
            try await step.perform("b") { ledger.note("b") }
            return .array([.int(Int64(a + many.reduce(0, +))), signal ?? .null])
        }
    }

    /// The history of an execution of `first` that waits for its signal, or has ended.
    private static func history(_ ledger: Ledger = Ledger(), isEnded: Bool) async throws -> RecordedHistory {
        let bench = try await Bench()
        let code = first(ledger)
        bench.engine.handle("code") { _, step in .success(try await code(step)) }
        try await bench.engine.register(TestFlows.single("code", id: "code"))
        try await bench.engine.register(TestFlows.single("echo", id: "small"))
        let id = try await bench.engine.create("code").execution.id
        #expect(try await bench.engine.drive(id).wait?.kind == .timer)
        bench.clock.advance(by: .seconds(60))
        for child in try await bench.store.children(of: id, round: nil, from: 0, limit: 9) {
            _ = try await bench.engine.drive(child)
        }
        #expect(try await bench.engine.drive(id).wait?.signal == "go")
        if isEnded {
            try await bench.engine.signal(id, "go", payload: "now")
            #expect(try await bench.engine.drive(id).result == [13, "now"])
        }
        let json = try await bench.engine.history(of: id).json
        return try RecordedHistory(try JSONValue(parsing: json.serialized()))
    }

    private static func harness(_ code: @escaping Code) -> TestHarness {
        let harness = TestHarness()
        harness.engine.handle("code") { _, step in .success(try await code(step)) }
        return harness
    }

    @Test(arguments: [false, true]) func `the same code replays, and does nothing again`(_ isEnded: Bool) async throws {
        let ledger = Ledger()
        let history = try await Self.history(ledger, isEnded: isEnded)
        let done = ledger.all
        try await Self.harness(Self.first(ledger)).assertReplays(history)
        #expect(ledger.all == done)
    }

    @Test func `code with more at its end replays`() async throws {
        let ledger = Ledger()
        let first = Self.first(ledger)
        try await Self.harness { step in
            let value = try await first(step)
            try await step.perform("c") { ledger.note("c") }
            return value
        }.assertReplays(try await Self.history(isEnded: true))
        #expect(ledger.all.isEmpty)
    }

    @Test func `code that asks for something else, or ends before, does not replay`() async throws {
        let history = try await Self.history(isEnded: true)
        func message(_ code: @escaping Code) async -> String {
            do {
                try await Self.harness(code).assertReplays(history)
                return ""
            } catch { return "\(error)" }
        }
        let other = await message { step in .int(Int64(try await step.run("z") { 1 })) }
        #expect(other.contains("only: the code asked for 'z' where an earlier attempt recorded 'a'"))
        let short = await message { step in .int(Int64(try await step.run("a") { 1 })) }
        #expect(short.contains("the code ended before it asked for 'many/"))
        let failing = await message { _ in throw StepFailure("NEW_CHECK", "no") }
        #expect(failing.contains("before it asked for 'a': NEW_CHECK"))
        await #expect(throws: AssertionFailure.self) { try await TestHarness().assertReplays(history) }
    }

    @Test func `what is no history is refused`() async throws {
        #expect(throws: EngineError.self) { try RecordedHistory(["flow": [:]]) }
        var history = try await Self.history(isEnded: false)
        history.rows.removeFirst()
        let broken = history
        await #expect(throws: EngineError.self) { try await TestHarness().engine.differences(from: broken) }
    }
}

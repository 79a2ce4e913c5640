import Logging
import Skein
import SkeinCore
import Testing

@testable import SkeinHandlers

struct StepTests {
    private static let tenYears: Int64 = 315_360_000_000

    @Test(arguments: [0, 1, 1_500, tenYears])
    func `a delay parks until it is over`(milliseconds: Int64) async throws {
        let clock = VirtualClock()
        let request = try await HandlerBench(clock: clock).run(
            "delay", ["delayMs": "${ms}"], context: ["ms": .int(milliseconds)]
        ).wait
        let due = clock.now + .milliseconds(milliseconds)
        #expect(request?.until == .time(due) && request?.timeout == nil)
        #expect(
            request?.output == [
                "delayMs": .int(milliseconds), "startedAt": .string(clock.now.description),
                "completedAt": .string(due.description),
            ])
    }

    @Test(arguments: [("2026-01-01T00:00:10Z", 10_000), ("2026-01-01T02:00:00+02:00", 0), ("2001-01-01T00:00:00Z", 0)])
    func `a delay ends at an instant`(until: String, milliseconds: Int64) async throws {
        let request = try await HandlerBench().run("delay", ["until": .string(until)]).wait
        #expect(request?.output?["delayMs"] == .int(milliseconds))
    }

    @Test(
        arguments: [
            [:], ["delayMs": -1], ["delayMs": .int(tenYears + 1)], ["delayMs": 1.5], ["delayMs": "soon"],
            ["until": "tomorrow"],
            ["until": "2046-01-01T00:00:00Z"], ["delayMs": 1, "until": "2026-01-01T00:00:00Z"],
        ] as [JSONObject])
    func `a delay without sense fails`(config: JSONObject) async throws {
        let result = try await HandlerBench().run("delay", config)
        #expect(result.code == "INPUT_ERROR" && result.failure?.isRetryable == false)
    }

    @Test func `a wait is for a signal or for a person`() async throws {
        let bench = HandlerBench()
        let signal = try await bench.run(
            "wait", ["signal": "paid.${id}", "timeoutMs": 500, "reason": "for ${id}"], context: ["id": 7])
        #expect(signal.wait == WaitRequest(until: .signal("paid.7"), timeout: .milliseconds(500), reason: "for 7"))
        #expect(try await bench.run("wait", [:]).wait == WaitRequest(until: .resume))
        #expect(try await bench.run("wait", ["token": "yes"]).code == "INPUT_ERROR")
        #expect(try await bench.run("wait", ["token": true, "signal": "go"]).code == "INPUT_ERROR")
        #expect(try await bench.run("wait", ["token": ["expiresInMs": 0]]).code == "INPUT_ERROR")
        #expect(try await bench.run("wait", ["token": ["metadata": 1]]).code == "INPUT_ERROR")
        #expect(try await bench.run("wait", ["signal": "${gone}"]).code == "INPUT_ERROR")
        #expect(try await bench.run("wait", ["signal": ""]).code == "INPUT_ERROR")
        #expect(try await bench.run("wait", ["timeoutMs": 0]).code == "INPUT_ERROR")
    }

    @Test func `fail fails with what it says`() async throws {
        let result = try await HandlerBench().run(
            "fail", ["code": "NO_STOCK", "message": "no ${sku}", "details": ["sku": "${sku}"]], context: ["sku": "tea"])
        #expect(result.failure == StepFailure("NO_STOCK", "no tea", details: ["sku": "tea"], isRetryable: false))
        #expect(try await HandlerBench().run("fail", [:]).code == "STEP_FAILED")
    }

    @Test func `log writes one line that cannot be forged`() async throws {
        let lines = Ledger<String>()
        var bench = HandlerBench()
        bench.logger = Logger(label: "test", factory: { _ in LineHandler(lines: lines) })
        let result = try await bench.run(
            "log", ["level": "warn", "message": "hi ${name}", "fields": ["n": "${n}", "o": ["a": "${n}"]]],
            context: ["name": "a\nb\u{1B}[2J", "n": 1])
        #expect(result.output == [:])
        #expect(
            lines.all == [
                #"warning hi a\u{a}b\u{1b}[2J execution.id=01900000-0000-7000-8000-000000000001 fields.n=1 fields.o={"a":1} flow.id=flow step.id=step"#
            ])
        #expect(try await bench.run("log", ["level": "loud"]).code == "INPUT_ERROR")
    }
}

private struct LineHandler: Logging.LogHandler {
    let lines: Ledger<String>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(lines: Ledger<String>) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        lines.note("\(event.level) \(event.message) \(fields.joined(separator: " "))")
    }
}

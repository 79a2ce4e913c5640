import Logging
import Skein
import SkeinCore
import Synchronization
import Testing

@testable import SkeinCLI

/// Files of users: YAML and JSON, with lines in what is said about them.
@Suite struct DocumentTests {
    @Test func `YAML is read by the core schema of 1_2`() throws {
        let text =
            "a: no\nb: true\nc: 0x1F\nd: 1.50\ne: '1'\nf: ~\ng: !!str 7\nh: 1.0.0\ni: .5\nj: [on, 08]\nk: |\n  x\n  y\n"
        let expected: JSONValue = [
            "a": "no", "b": true, "c": 31, "d": 1.5, "e": "1", "f": nil, "g": "7", "h": "1.0.0", "i": 0.5,
            "j": ["on", 8], "k": "x\ny\n",
        ]
        #expect(try DocumentFile(text: text, path: "x.yaml").value == expected)
    }

    @Test(arguments: [
        ("a: [1", "x.yaml:"), ("a: 1\na: 2", "twice"), ("a: .nan", "x.yaml:1"), ("a: !env X", "x.yaml:1"),
        ("? [1]\n: 2", "a key must be text"),
    ])
    func `a mistake in YAML names its line`(text: String, part: String) {
        let failure = #expect(throws: CommandFailure.self) { try DocumentFile(text: text, path: "x.yaml") }
        #expect(failure?.what.contains(part) ?? false, "\(failure?.what ?? "")")
    }

    @Test func `aliases cannot make a document explode`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            text +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
                + "]\n"
        }
        #expect(throws: CommandFailure.self) { try DocumentFile(text: text, path: "x.yaml") }
    }

    @Test func `a report has every problem with its line, code and pointer`() throws {
        let text = """
            id: demo
            version: 1.0.0
            initialStepId: a
            steps:
              a:
                type: log
                config: { message: hello }
                transitions: { onSuccess: b }
              c:
                typ: log
            """
        let report = FlowReport(try DocumentFile(text: text, path: "demo.yaml"), knownTypes: ["log"], strict: false)
        #expect(!report.isValid)
        #expect(report.text.contains("demo.yaml:8: error "))
        #expect(report.text.contains("/steps/a/transitions/onSuccess"))
        #expect(report.text.contains("demo.yaml:10: error UNKNOWN_FIELD /steps/c/typ"))
        #expect(report.problems.allSatisfy { $0["code"] != nil && $0["pointer"] != nil })
    }

    @Test func `a step type that no built-in handler has is a warning, an error when strict`() throws {
        let text =
            #"{"id": "d", "version": "1.0.0", "initialStepId": "a", "steps": {"a": {"type": "mine", "transitions": {}}}}"#
        let document = try DocumentFile(text: text, path: "d.json")
        let report = FlowReport(document, knownTypes: Composition.builtinTypes, strict: false)
        #expect(report.isValid && report.text.contains("warning HANDLER_UNKNOWN /steps/a/type"))
        #expect(!FlowReport(document, knownTypes: Composition.builtinTypes, strict: true).isValid)
    }

    @Test(arguments: [("{\"a\": 1}", true), ("{a: 1}", false), ("[1]", true), ("@/nonexistent", false)])
    func `an argument is JSON or names a file`(argument: String, isFine: Bool) {
        #expect(((try? JSONArgument.read(argument, option: "--context")) != nil) == isFine)
    }

    @Test(arguments: ServeSettings.LogFormat.allCases)
    func `a log event is one line, whatever is in it`(format: ServeSettings.LogFormat) throws {
        let lines = Lines()
        let logger = Logger(label: "t") { label in
            ConsoleLogHandler(label: label, level: .info, format: format, clock: VirtualClock()) { lines.add($0) }
        }
        logger.info("a\nb", metadata: ["execution.id": "1", "text": "x \u{1B}[2J\ny", "list": ["p", "q"]])
        logger.debug("unseen")
        let line = try #require(lines.all.first)
        #expect(lines.all.count == 1 && !line.contains("\n") && !line.contains("\u{1B}"))
        if format == .json {
            let json = try JSONValue(parsing: line)
            #expect(
                json["message"] == "a\nb" && json["execution.id"] == "1" && json["list"] == ["p", "q"]
                    && json["level"] == "info")
        } else {
            #expect(line.hasPrefix("2026-01-01T00:00:00.000000Z info     a\\nb  execution.id=1 "))
        }
    }

    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }
}

import SkeinCore
import Testing

@testable import SkeinCLI

/// What people and programs read.
@Suite struct OutputTests {
    private let items: [JSONValue] = [
        [
            "id": "1", "status": "completed", "error": ["code": "X"], "steps": ["a", "b"],
            "at": "2026-01-01T00:00:00.000000Z", "ms": 1_500,
        ],
        ["id": "22", "status": "a \"b\", c", "at": "2026-01-01T00:01:00.000000Z"],
    ]
    private let columns = [
        Column("id"), Column("status", "STATUS", .status), Column("error.code", "ERROR"), Column("steps"),
        Column("none"),
        Column("at", "AT", .time), Column("ms", "TOOK", .milliseconds),
    ]

    @Test func `a table is aligned, tells times as they are in a pipe, and leaves out empty columns`() {
        #expect(
            TableWriter().text(items, columns: columns) == """
                ID  STATUS     ERROR  STEPS  AT                           TOOK
                1   completed  X      a,b    2026-01-01T00:00:00.000000Z  1500
                22  a "b", c                 2026-01-01T00:01:00.000000Z  \n
                """)
    }

    @Test func `a table on a terminal tells relative times, colours and cuts`() throws {
        let now = try #require(Timestamp("2026-01-01T00:02:00Z"))
        let text = TableWriter(width: 30, usesColor: true, now: now).text(
            items, columns: [columns[0], columns[1], columns[5]])
        #expect(text.contains("2 min ago") && text.contains("60 s ago"))
        #expect(text.contains("\u{1B}[32mcompleted"))
        let narrow = TableWriter(width: 20).text(
            [["id": .string(String(repeating: "x", count: 50))]], columns: [columns[0]])
        #expect(narrow.split(separator: "\n").last?.count == 20)
    }

    @Test func `CSV is headed by the names of the API and quoted where needed`() {
        #expect(
            CSVWriter.text(items, columns: [columns[0], columns[1], columns[2]]) == """
                id,status,error.code
                1,completed,X
                22,"a ""b"", c",\n
                """)
    }

    @Test func `YAML quotes what might be something else`() {
        let value: JSONValue = [
            "version": "1.0", "no": "off", "list": [["a": 1, "b": []], "x: y", "plain text"], "empty": [:], "null": nil,
            "text": "a\nb", "number": 1.5, "path": "/a/b", "hash": "a #b",
        ]
        #expect(
            YAMLWriter.text(value) == """
                version: "1.0"
                "no": "off"
                list:
                - a: 1
                  b: []
                - "x: y"
                - plain text
                empty: {}
                "null": null
                text: "a\\nb"
                number: 1.5
                path: /a/b
                hash: "a #b"\n
                """)
    }

    @Test func `what YAML writes is read back`() throws {
        let value: JSONValue = [
            "a": ["x", "1", "true", "", " s", "é: ", "- y", ["b": ["c", ["d": [[1, 2], [3]]]]]], "e": "~", "f": -0.5,
        ]
        #expect(try DocumentFile(text: YAMLWriter.text(value), path: "x.yaml").value == value)
    }

    @Test func `control characters never reach the terminal`() {
        #expect("a\u{1B}[31m\n\tb\u{202E}".withoutControls == "a\\u{1b}[31m\\n\\tb\\u{202e}")
        #expect(!TableWriter().text([["id": "\u{1B}[2J"]], columns: [Column("id")]).contains("\u{1B}"))
        #expect(!EventLines.line(["type": "x", "message": "\u{7}"]).withoutControls.contains("\u{7}"))
    }

    @Test func `an event is one line: time, step, what, duration`() {
        let event: JSONValue = [
            "seq": 3, "type": "step.completed", "stepId": "charge", "attempt": 2, "at": "2026-01-01T12:03:01.123456Z",
            "metadata": ["durationMs": 1_200, "output": ["approved": true]],
        ]
        #expect(
            EventLines.line(event)
                == #"12:03:01.123  charge            step.completed          1.2 s     attempt 2, {"approved":true}"#)
    }

    @Test(
        arguments: [
            (0, "0 ms"), (999, "999 ms"), (1_000, "1 s"), (1_500, "1.5 s"), (59_000, "59 s"), (120_000, "2 min"),
            (7_200_000, "2 h"),
            (172_800_000, "2 d"),
        ] as [(Int64, String)])
    func `spans are told in one unit`(milliseconds: Int64, text: String) {
        #expect(RelativeTime.span(milliseconds: milliseconds) == text)
    }

    @Test func `a page of any shape has items`() {
        #expect(Printer.items(of: ["items": [1, 2]]) == [1, 2])
        #expect(Printer.items(of: [1]) == [1])
        #expect(Printer.items(of: ["a": 1]).isEmpty)
    }

    @Test func `server-sent events may be cut anywhere`() {
        let stream = Array("id: 1\nevent: x\ndata: {\"a\":\ndata: 1}\n\n: ping\r\n\r\nid: 2\r\ndata:b\r\n\r\n".utf8)
        for size in 1...stream.count {
            var parser = EventStreamParser()
            var events: [EventStreamParser.Event] = []
            for start in stride(from: 0, to: stream.count, by: size) {
                events += parser.feed(stream[start..<min(start + size, stream.count)])
            }
            #expect(events == [.init(id: "1", name: "x", data: "{\"a\":\n1}"), .init(id: "2", name: nil, data: "b")])
        }
    }
}

import HTTPTypes
import Hummingbird
import NIOCore
@testable import Skein
import SkeinCore
@testable import SkeinServer
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HistoryRouteTests {
    private static let sse = ["Accept": "text/event-stream"]

    @Test func `events come in pages`() async throws {
        let server = try await TestServer()
        let id = try await server.ended()
        try await server.test { calls in
            let first = try await calls.get("/v1/executions/\(id)/events?limit=3")
            #expect(first.json["items"]?.array?.map { $0["seq"] } == [1, 2, 3])
            #expect(first.json["hasMore"] == true)
            let rest = try await calls.get("/v1/executions/\(id)/events?cursor=\(first.json["cursor"]?.string ?? "")")
            #expect(rest.json["items"]?.array?.map { $0["seq"] } == [4, 5])
            #expect(rest.json["hasMore"] == false)
            #expect(try await calls.get("/v1/executions/\(id)/events?from=6").json["items"] == [])
        }
    }

    @Test func `a stream of an ended execution has every event and closes`() async throws {
        let server = try await TestServer()
        let id = try await server.ended()
        try await server.test { calls in
            let answer = try await calls.get("/v1/executions/\(id)/events", headers: Self.sse)
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == "text/event-stream")
            #expect(answer.headers[.cacheControl] == "no-store")
            #expect(answer.headers[.accelBuffering] == "no")
            #expect(answer.text.hasPrefix("retry: 1000\n\n"))
            #expect(ids(answer.text) == [1, 2, 3, 4, 5])
            #expect(answer.text.contains("event: execution.completed\ndata: {"))
        }
    }

    @Test(arguments: [(0, [1, 2, 3, 4, 5]), (3, [4, 5]), (5, []), (99, [])])
    func `a stream goes on after the last event that was seen`(_ last: Int, _ expected: [Int]) async throws {
        let server = try await TestServer()
        let id = try await server.ended()
        try await server.test { calls in
            let header = try await calls.get(
                "/v1/executions/\(id)/events", headers: Self.sse.merging(["Last-Event-ID": "\(last)"]) { $1 })
            #expect(ids(header.text) == expected)
            let query = try await calls.get("/v1/executions/\(id)/events?lastEventId=\(last)", headers: Self.sse)
            #expect(ids(query.text) == expected)
        }
    }

    @Test func `a stream that is open sees what happens and closes at the end`() async throws {
        let server = try await TestServer()
        let id = try await server.waiting()
        let recorder = Recorder()
        async let stream: Void = recorder.follow(server, id)
        try await recorder.hears("execution.waiting")
        _ = try await server.engine.cancel(id)
        try await stream
        #expect(recorder.text.contains("event: execution.cancelled"))
    }

    @Test func `an idle stream sends comments and ends when the server goes away`() async throws {
        let clock = VirtualClock()
        let server = try await TestServer(clock: clock)
        let id = try await server.waiting()
        let (recorder, drain) = (Recorder(), Drain())
        async let stream: Void = recorder.follow(server, id, drain: drain)
        while !recorder.text.contains("\n\n:\n\n") {
            clock.advance(by: .seconds(1))
            await Task.yield()
        }
        drain.begin()
        try await stream
        #expect(!recorder.text.contains("execution.completed"))
    }

    @Test func `a bad last event id is refused`() async throws {
        let server = try await TestServer()
        let id = try await server.ended()
        try await server.test { calls in
            let answer = try await calls.get(
                "/v1/executions/\(id)/events", headers: Self.sse.merging(["Last-Event-ID": "x"]) { $1 })
            #expect(answer.status == 400)
            #expect(answer.errors == ["Last-Event-ID": "BAD_VALUE"])
        }
    }

    @Test func `attempts tell how they ended and that their starts are derived`() async throws {
        let server = try await TestServer()
        server.engine.handle("hello") { _, _ in .failure("NO", "not today", isRetryable: false) }
        let (failed, waiting) = (try await server.engine.create("greet").execution.id, try await server.waiting())
        _ = try await server.engine.run(failed)
        try await server.test { calls in
            let attempts = try await calls.get("/v1/executions/\(failed)/attempts").json["items"]?.array ?? []
            #expect(attempts.map { $0["outcome"] } == ["failed"])
            #expect(attempts.first?["error"]?["code"] == "NO")
            #expect(attempts.first?["derived"] == true)
            #expect(attempts.first?["startedAt"] != nil)
            let suspended = try await calls.get("/v1/executions/\(waiting)/attempts").json["items"]?.array ?? []
            #expect(suspended.map { $0["outcome"] } == ["suspended"])
        }
    }

    @Test func `a recorded start is not derived, a take-over interrupts it`() throws {
        let id = try #require(ExecutionID("0198c0de-89ab-7def-8123-456789abcdef"))
        var fold = AttemptFold(executionID: id)
        for (seq, type) in [
            (1, "step.started"), (2, "execution.recovered"), (3, "step.started"), (4, "step.completed"),
        ] {
            var event = AuditEvent(
                executionID: id, seq: Int64(seq), rootExecutionID: id, type: type, metadata: [:],
                at: Timestamp(microseconds: Int64(seq) * 1_000))
            if type.hasPrefix("step") {
                event.stepID = "a"
                event.attempt = seq < 3 ? 1 : 2
                event.startedAt = Timestamp(microseconds: 0)
            }
            fold.add(event)
        }
        #expect(fold.attempts.map(\.json).map { $0["outcome"] } == ["interrupted", "completed"])
        #expect(fold.attempts.map(\.json).allSatisfy { $0["derived"] == nil })
    }

    @Test func `a wait answers at the end, and says when it was too short`() async throws {
        let server = try await TestServer()
        let (ended, waiting) = (try await server.ended(), try await server.waiting())
        try await server.test { calls in
            #expect(try await calls.get("/v1/executions/\(ended)/wait").json["timedOut"] == false)
            let short = try await calls.get("/v1/executions/\(waiting)/wait?timeoutMs=0")
            #expect(short.status == 200)
            #expect(short.json["timedOut"] == true)
            #expect(short.json["status"] == "waiting")
            #expect(
                try await calls.get("/v1/executions/\(waiting)/wait?timeoutMs=300001").errors == [
                    "timeoutMs": "OUT_OF_RANGE"
                ])
            async let long = calls.get("/v1/executions/\(waiting)/wait?timeoutMs=30000")
            _ = try await server.engine.cancel(waiting)
            let answer = try await long
            #expect(answer.json["status"] == "cancelled")
        }
    }

    @Test func `a wait ends when the server goes away`() async throws {
        let server = try await TestServer()
        let id = try await server.waiting()
        try await server.test { calls in
            async let long = calls.get("/v1/executions/\(id)/wait?timeoutMs=300000")
            server.server.beginDrain()
            let answer = try await long
            #expect(answer.json["timedOut"] == true)
        }
    }

    private func ids(_ text: String) -> [Int] {
        text.split(separator: "\n").compactMap { $0.hasPrefix("id: ") ? Int($0.dropFirst(4)) : nil }
    }
}

/// Takes down what a stream writes.
private final class Recorder: Sendable {
    private struct Writer: ResponseBodyWriter {
        let recorder: Recorder

        mutating func write(_ buffer: ByteBuffer) async throws {
            recorder.written.withLock { $0 += String(decoding: buffer.readableBytesView, as: UTF8.self) }
        }

        consuming func finish(_ trailers: HTTPFields?) async throws {}
    }

    private let written = Mutex("")

    var text: String { written.withLock { $0 } }

    func follow(_ server: TestServer, _ id: ExecutionID, drain: Drain = Drain()) async throws {
        let stream = EventStream(
            engine: server.engine, drain: drain, executionID: id, rootID: id, heartbeat: .seconds(15))
        var writer: any ResponseBodyWriter = Writer(recorder: self)
        try await stream.write(to: &writer, from: 1)
    }

    func hears(_ word: String) async throws {
        while !text.contains(word) {
            try Task.checkCancellation()
            await Task.yield()
        }
    }
}

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import SkeinCore
import Testing

extension EndToEnd {
    @Suite(.serialized, .timeLimit(.minutes(2)))
    struct BadInputTests {
        /// A request that is refused, and how.
        struct Refusal: Sendable, CustomTestStringConvertible {
            var name: String
            var path = "/v1/executions"
            var body: String
            var headers: [(String, String)] = []
            var status: Int
            var code: String
            /// `CODE /pointer` of the entries of `errors`.
            var errors: Set<String> = []
            var members: [String: JSONValue] = [:]

            var testDescription: String { name }
        }

        private static let nul = #"{"flowId":"plain","context":{"a":"b\u0000c"}}"#
        private static let deep =
            #"{"flowId":"plain","context":{"a":\#(String(repeating: "[", count: 40))1\#(String(repeating: "]", count: 40))}}"#
        private static let many =
            #"{"flowId":"plain","context":{\#((0..<600).map { "\"k\($0)\":1" }.joined(separator: ","))}}"#
        private static let fiveMistakes = """
            {"id": "five", "version": "one", "initialStepId": "nowhere", "steps": {
              "a": {"typ": "log", "type": "log", "transitions": {"onSuccess": "gone"}, "timeoutMs": "soon"}}}
            """

        static let refusals: [Refusal] = [
            Refusal(name: "an unknown flow", body: #"{"flowId":"nobody"}"#, status: 404, code: "FLOW_NOT_FOUND"),
            Refusal(
                name: "an unknown version", body: #"{"flowId":"plain","flowVersion":"9.9.9"}"#, status: 404,
                code: "FLOW_NOT_FOUND"),
            Refusal(
                name: "JSON that stops in the middle", body: "{\"flowId\":\n  \"plain\",", status: 400,
                code: "INVALID_JSON", members: ["line": 2]),
            Refusal(
                name: "JSON with a key twice", body: #"{"flowId":"plain","flowId":"other"}"#, status: 400,
                code: "INVALID_JSON"),
            Refusal(
                name: "a context that is no object", body: #"{"flowId":"plain","context":[1]}"#, status: 422,
                code: "INVALID_REQUEST",
                errors: ["WRONG_TYPE /context"]),
            Refusal(
                name: "several mistakes at once", body: #"{"context":1,"priority":1000,"tagg":"x"}"#, status: 422,
                code: "INVALID_REQUEST",
                errors: [
                    "REQUIRED_MISSING /flowId", "WRONG_TYPE /context", "INVALID_VALUE /priority", "UNKNOWN_FIELD /tagg",
                ]),
            Refusal(
                name: "a NUL in a text of the context", body: nul, status: 422, code: "NUL_CHARACTER",
                errors: ["NUL_CHARACTER /context/a"]),
            Refusal(
                name: "a context that is too deep", body: deep, status: 422, code: "CONTEXT_LIMIT",
                errors: ["CONTEXT_LIMIT /context"]),
            Refusal(
                name: "a context with too many members", body: many, status: 422, code: "CONTEXT_LIMIT",
                errors: ["CONTEXT_LIMIT /context"]),
            Refusal(
                name: "a key that is too long", body: #"{"flowId":"plain"}"#,
                headers: [("idempotency-key", String(repeating: "k", count: 300))],
                status: 400, code: "INVALID_IDEMPOTENCY_KEY"),
            Refusal(
                name: "a key that lives too long", body: #"{"flowId":"plain","idempotencyTtlMs":99999999999}"#,
                headers: [("idempotency-key", "k")], status: 422, code: "INVALID_REQUEST",
                errors: ["INVALID_VALUE /idempotencyTtlMs"]),
            Refusal(
                name: "a flow with five mistakes", path: "/v1/flows", body: fiveMistakes, status: 422,
                code: "FLOW_INVALID",
                errors: [
                    "BAD_VERSION /version", "INITIAL_STEP_UNKNOWN /initialStepId", "UNKNOWN_FIELD /steps/a/typ",
                    "TRANSITION_UNKNOWN /steps/a/transitions/onSuccess", "WRONG_TYPE /steps/a/timeoutMs",
                ]),
            Refusal(
                name: "a flow that is no JSON", path: "/v1/flows", body: "id: [", status: 400, code: "INVALID_JSON"),
            Refusal(
                name: "a resume of nobody", path: "/v1/executions/nobody/resume", body: "{}", status: 404,
                code: "EXECUTION_NOT_FOUND"),
        ]

        private static let plain: JSONValue = [
            "id": "plain", "version": "1.0.0", "initialStepId": "only",
            "steps": [
                "only": [
                    "type": "transform", "config": ["mapping": ["done": ["literal": true]]], "outputKey": "result",
                ]
            ],
        ]

        @Test("a bad request is refused with a code and a place, and leaves nothing behind")
        func refused() async throws {
            try await Cluster.run { cluster in
                let a = try await cluster.serve("a")
                try await a.web.register(Self.plain)
                let before = try await counts(cluster)
                for refusal in Self.refusals {
                    let reply = try await a.web.post(
                        refusal.path, bytes: Array(refusal.body.utf8), headers: refusal.headers)
                    #expect(reply.status == refusal.status, "\(refusal.name): \(reply.text)")
                    #expect(reply.headers["content-type"] == ["application/problem+json"], "\(refusal.name)")
                    #expect(reply.json.code.string == refusal.code, "\(refusal.name): \(reply.text)")
                    #expect(reply.json.status.int == refusal.status, "\(refusal.name)")
                    #expect(reply.json.requestId.string?.isEmpty == false, "\(refusal.name)")
                    let errors = Set(
                        (reply.json.errors.array ?? []).map { "\($0.code.string ?? "") \($0.pointer.string ?? "")" })
                    #expect(errors.isSuperset(of: refusal.errors), "\(refusal.name): \(reply.text)")
                    for (name, value) in refusal.members {
                        #expect(reply.json[name] == value, "\(refusal.name): \(name)")
                    }
                    #expect(try await counts(cluster) == before, "\(refusal.name) left something behind")
                }
                #expect(a.process.isRunning)
                let id = try await a.web.create("plain")
                _ = try await a.web.status(id, becomes: "completed")
            }
        }

        @Test(
            "a body of 100 MB is refused without being kept, whether it says its length or not",
            arguments: [true, false])
        func hugeBody(_ saysLength: Bool) async throws {
            let chunk = ByteBuffer(repeating: UInt8(ascii: "x"), count: 1 << 20)
            try await Cluster.run { cluster in
                let a = try await cluster.serve("a")
                try await a.web.register(Self.plain)
                let (before, memory) = (try await counts(cluster), peak(of: a))
                var request = a.web.request(.POST, "/v1/executions", headers: [("content-type", "application/json")])
                let body = AsyncStream<ByteBuffer> { stream in
                    for _ in 0..<100 { stream.yield(chunk) }
                    stream.finish()
                }
                request.body = .stream(body, length: saysLength ? .known(Int64(100 << 20)) : .unknown)
                let reply = try await a.web.send(request)
                #expect(reply.status == 413)
                #expect(reply.json.code.string == "BODY_TOO_LARGE")
                #expect(reply.json.limit.int == 12 << 20)
                #expect(try await counts(cluster) == before)
                if let memory, let after = peak(of: a) {
                    #expect(after - memory < 64 << 20, "\(after - memory) bytes more")
                }
                let id = try await a.web.create("plain")
                _ = try await a.web.status(id, becomes: "completed")
            }
        }

        @Test("a step type that nobody has is a warning, and its execution waits for a worker and then fails")
        func unknownHandler() async throws {
            try await Cluster.run(["SKEIN_HANDLER_WAIT_MS": "1500"]) { cluster in
                let a = try await cluster.serve("a")
                let flow: JSONValue = [
                    "id": "strange", "version": "1.0.0", "initialStepId": "known",
                    "steps": [
                        "known": [
                            "type": "log", "config": ["message": "here"], "transitions": ["onSuccess": "unknown"],
                        ],
                        "unknown": ["type": "teleport"],
                    ],
                ]
                let strict = try await a.web.post("/v1/flows?strict=true", flow)
                #expect(strict.status == 422)
                let reply = try await a.web.post("/v1/flows", flow)
                #expect(reply.status == 201)
                #expect(reply.json.warnings.array?.map(\.code) == ["HANDLER_UNKNOWN"])
                #expect(reply.json.warnings.array?.first?.pointer.string == "/steps/unknown/type")
                let id = try await a.web.create("strange")
                let waiting = try await eventually("it waits for a handler") {
                    let execution = try await a.web.execution(id)
                    return execution.wait["kind"] == "handler" ? execution : JSONValue?.none
                }
                #expect(waiting.status.string == "pending")
                let failed = try await a.web.status(id, becomes: "failed")
                #expect(failed.error.code.string == "HANDLER_NOT_FOUND")
                #expect(failed.error.stepId.string == "unknown")
                #expect(failed.error.message.string?.contains("teleport") == true)
                let attempts = try await a.web.get("/v1/executions/\(id)/attempts").json.items.array ?? []
                #expect(attempts.map(\.stepId) == ["known"], "no attempt was burnt")
            }
        }

        @Test("a step that fails, or whose output is over a limit, ends its execution with a code and its step")
        func failures() async throws {
            try await Ledger.run { ledger in
                try await Cluster.run { cluster in
                    let a = try await cluster.serve("a")
                    let http: JSONValue = ["url": .string("\(ledger.url)/work/1/only")]
                    let cases: [(id: String, step: JSONValue, limits: JSONValue, code: String)] = [
                        (
                            "fails", ["type": "fail", "config": ["code": "NO_STOCK", "message": "nothing left"]], [:],
                            "NO_STOCK"
                        ),
                        ("status", ["type": "http", "config": ["url": http.url, "expect": [418]]], [:], "HTTP_ERROR"),
                        (
                            "denied", ["type": "http", "config": ["url": "http://169.254.169.254/"]], [:],
                            "EGRESS_DENIED"
                        ),
                        (
                            "large", ["type": "http", "outputKey": "out", "config": http], ["valueBytes": 50],
                            "CONTEXT_LIMIT"
                        ),
                        (
                            "whole", ["type": "http", "outputKey": "out", "config": http], ["contextBytes": 60],
                            "CONTEXT_LIMIT"
                        ),
                    ]
                    for (id, step, limits, code) in cases {
                        try await a.web.register([
                            "id": .string(id), "version": "1.0.0", "initialStepId": "only", "limits": limits,
                            "steps": ["only": step],
                        ])
                        let execution = try await a.web.create(id, ["secret": "kept"])
                        let failed = try await a.web.status(execution, becomes: "failed")
                        #expect(failed.error.code.string == code, "\(id): \(failed)")
                        #expect(failed.error.stepId.string == "only", "\(id): \(failed)")
                        #expect(failed.error.message.string?.isEmpty == false)
                        #expect(failed.context == ["secret": "kept"], "\(id): nothing of the output was kept")
                        let events = try await a.web.events(execution)
                        #expect(events.compactMap(\.seq.int) == Array(1...events.count))
                        #expect(events.last?.type.string == "execution.failed")
                    }
                    #expect(a.process.isRunning)
                    #expect(try await cluster.number("SELECT count(*) FROM ready") == 0)
                }
            }
        }

        /// How many rows there are of everything that a request can leave behind.
        private func counts(_ cluster: Cluster) async throws -> [String] {
            try await cluster.texts(
                ["executions", "log", "ready", "inbox", "outcomes", "idempotency_keys", "flows"]
                    .map { "SELECT '\($0) ' || count(*) FROM \($0)" }.joined(separator: " UNION ALL "))
        }

        /// The most memory that the process had, in bytes, where that can be known.
        private func peak(of instance: Instance) -> Int? {
            guard let text = try? String(contentsOfFile: "/proc/\(instance.process.pid)/status", encoding: .utf8) else {
                return nil
            }
            let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1_024 }
        }
    }
}

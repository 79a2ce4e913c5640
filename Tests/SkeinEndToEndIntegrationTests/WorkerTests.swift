import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import PostgresClient
import SkeinCore
import Testing

extension EndToEnd {
    /// Steps that the Python worker of `ops/examples` runs, over two instances and one database.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct WorkerTests {
        private static let flow: JSONValue = [
            "id": "remote", "version": "1.0.0", "initialStepId": "before",
            "steps": [
                "before": [
                    "type": "transform", "config": ["mapping": ["amounts": "amounts", "seconds": "seconds"]],
                    "outputKey": "bill", "transitions": ["onSuccess": "sum"],
                ],
                "sum": [
                    "type": "python.total", "input": ["type": "key", "key": "bill"], "outputKey": "sum",
                    "transitions": ["onSuccess": "after"],
                ],
                "after": ["type": "transform", "config": ["mapping": ["total": "sum.total"]], "outputKey": "result"],
            ],
        ]

        private static let claim: JSONValue = ["handlers": ["python.total"], "waitMs": 30_000]

        private func worker(_ label: String, _ cluster: Cluster, _ instances: [Instance]) throws -> ChildProcess {
            try cluster.python(
                label, "ops/examples/worker.py", ["4"],
                ["SKEIN_URL": instances.map(\.web.url).joined(separator: ",")])
        }

        @Test("kill -9 of an instance and of a worker in the middle loses nothing, and a stale end is refused")
        func crash() async throws {
            try await Cluster.run { cluster in
                let (a, b) = (try await cluster.serve("a"), try await cluster.serve("b"))
                try await a.web.register(Self.flow)
                // This test is a worker, too: one that claims and is never heard of again.
                let first = try await a.web.create("remote", ["amounts": [1, 2], "seconds": 0])
                let stale = try await b.web.post("/v1/work/claim", Self.claim).json.items.array?.first
                let handle: JSONObject = [
                    "executionId": .string(first), "stepId": "sum",
                    "fencingToken": try #require(stale?.fencingToken.int64).json,
                ]
                let one = try worker("one", cluster, [a, b])
                let two = try worker("two", cluster, [b, a])
                var ids = [first]
                for number in 1..<150 {
                    let context: JSONValue = ["amounts": [.int(Int64(number)), 1], "seconds": 0.1]
                    ids.append(try await (number.isMultiple(of: 2) ? a : b).web.create("remote", context))
                }
                try await until("some have ended") { try await cluster.ended >= 20 }
                two.send(SIGKILL)
                b.process.send(SIGKILL)
                #expect(try await two.waitForExit() == .signal(SIGKILL))
                try await b.process.waitForExit()
                try await until("all have ended", within: .seconds(90)) { try await cluster.ended == ids.count }
                for (number, id) in ids.enumerated() {
                    let execution = try await a.web.execution(id)
                    #expect(execution.status == "completed")
                    #expect(execution.context.result.total.int == (number == 0 ? 3 : number + 1))
                    let types = try await a.web.events(id).compactMap(\.type.string)
                    #expect(types.count { $0 == "step.completed" } == 3, "\(types)")
                    #expect(types.last == "execution.completed")
                }
                let late = try await a.web.post(
                    "/v1/work/complete", .object(handle.merging(["output": ["total": 666]])))
                #expect(late.status == 409 && late.json.code == "FENCED")
                #expect(try await a.web.execution(first).context.result.total == 3)
                let cut = try await cluster.number("SELECT count(*) FROM log WHERE kind = 5")
                print("workers: \(ids.count) executions, \(cut) taken over")
                #expect(cut >= 1, "at least that of the worker that was never heard of again")
                // What it has begun it finishes, and then it ends.
                one.send(SIGTERM)
                #expect(try await one.waitForExit() == .code(0), "\(one.err)")
            }
        }

        @Test("what a worker took that hung up comes back with its lease, and the instance stands")
        func hangUp() async throws {
            try await Cluster.run { cluster in
                let a = try await cluster.serve("a")
                try await a.web.register(Self.flow)
                for _ in 1...3 {
                    var request = a.web.request(
                        .POST, "/v1/work/claim", headers: [("content-type", "application/json")])
                    request.body = .bytes(ByteBuffer(bytes: Self.claim.serialized()))
                    await #expect(throws: HTTPClientError.deadlineExceeded) {
                        try await a.web.send(request, within: .milliseconds(300))
                    }
                }
                let id = try await a.web.create("remote", ["amounts": [4], "seconds": 0])
                let item = try await a.web.post("/v1/work/claim", Self.claim).json.items.array?.first
                #expect(item?.executionId.string == id && a.process.isRunning)
            }
        }

        @Test("an open long poll returns when there is work")
        func poll() async throws {
            try await Cluster.run { cluster in
                let a = try await cluster.serve("a")
                try await a.web.register(Self.flow)
                async let claimed = a.web.post("/v1/work/claim", Self.claim)
                // Created through the same instance, while the poll is open or before: it gets it either way.
                let id = try await a.web.create("remote", ["amounts": [4], "seconds": 0])
                let item = try await claimed.json.items.array?.first
                #expect(item?.executionId.string == id && item?.input.amounts == [4])
                let web = a.web
                let answer = try await web.post(
                    "/v1/work/fail",
                    [
                        "executionId": .string(id), "stepId": "sum", "fencingToken": item?.fencingToken ?? .null,
                        "code": "NO", "message": "not today", "retryable": false,
                    ])
                #expect(answer.status == 200 && answer.json.execution.status == "failed")
            }
        }
    }
}

extension Int64 {
    fileprivate var json: JSONValue { .int(self) }
}

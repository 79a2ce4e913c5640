import NIOHTTP1
import RedisClient
import SkeinCore
import Testing

extension EndToEnd {
    @Suite(.serialized, .timeLimit(.minutes(2)))
    struct IdempotencyTests {
        private static let flow: JSONValue = [
            "id": "once", "version": "1.0.0", "initialStepId": "only",
            "steps": [
                "only": [
                    "type": "transform", "config": ["mapping": ["done": ["literal": true]]], "outputKey": "result",
                ]
            ],
        ]

        @Test(
            "two hundred creations with one key over two instances, with Redis emptied in between, make one execution")
        func oneKey() async throws {
            try await OwnRedis.run { redis in
                try await Cluster.run(redis: redis.url) { cluster in
                    let instances = [try await cluster.serve("a"), try await cluster.serve("b")]
                    try await instances[0].web.register(Self.flow)
                    var replies: [Web.Reply] = []
                    let flushes = try await EndToEnd.flushing(redis) {
                        replies = try await EndToEnd.concurrently(200) {
                            try await create(instances[$0 % 2], key: "one", ["number": 1])
                        }
                    }
                    #expect(flushes > 0)
                    #expect(replies.filter { $0.status == 201 }.count == 1)
                    #expect(replies.filter { $0.status == 200 }.count == 199)
                    #expect(replies.filter { $0.json.created.bool == true }.count == 1)
                    #expect(Set(replies.compactMap(\.json.execution.id.string)).count == 1)
                    #expect(
                        replies.allSatisfy { ($0.headers["idempotent-replayed"] == ["true"]) == ($0.status == 200) })
                    #expect(try await cluster.number("SELECT count(*) FROM executions") == 1)
                    #expect(try await cluster.number("SELECT count(*) FROM idempotency_keys") == 1)
                    try await until("it ends") { try await cluster.ended == 1 }
                }
            }
        }

        @Test(
            "of two hundred concurrent creations with one key and different contexts one wins and the others are refused"
        )
        func mismatch() async throws {
            try await Cluster.run { cluster in
                let instances = [try await cluster.serve("a"), try await cluster.serve("b")]
                try await instances[0].web.register(Self.flow)
                let replies = try await EndToEnd.concurrently(200) {
                    try await create(instances[$0 % 2], key: "one", ["number": .int(Int64($0))])
                }
                #expect(replies.filter { $0.status == 201 }.count == 1)
                let refused = replies.filter { $0.status == 422 }
                #expect(refused.count == 199)
                #expect(refused.allSatisfy { $0.json.code.string == "IDEMPOTENCY_MISMATCH" })
                #expect(try await cluster.number("SELECT count(*) FROM executions") == 1)
            }
        }

        @Test("an idempotency key lives in Redis exactly as long as it counts")
        func timeToLive() async throws {
            try await Cluster.run { cluster in
                let a = try await cluster.serve("a")
                try await a.web.register(Self.flow)
                let redis = try OwnRedis.client(cluster.redisURL)
                for (key, ttl) in [("day", nil as Int64?), ("hour", 3_600_000)] {
                    let before = try await keys(redis, cluster)
                    var body: JSONValue = ["flowId": "once", "context": [:]]
                    if let ttl { body["idempotencyTtlMs"] = .int(ttl) }
                    #expect(
                        try await a.web.post("/v1/executions", body, headers: [("idempotency-key", key)]).status == 201)
                    let name = try await eventually("the key is remembered") {
                        try await keys(redis, cluster).subtracting(before).first
                    }
                    let left = try await redis.command(["PTTL", name]).int ?? 0
                    let expected = ttl ?? 86_400_000
                    #expect((expected - 5_000...expected + 5_000).contains(left), "\(key): \(left) ms")
                }
                await redis.close()
            }
        }

        private func keys(_ redis: RedisClient, _ cluster: Cluster) async throws -> Set<String> {
            Set(try await redis.command(["KEYS", "\(cluster.name):idem:*"]).strings?.compactMap { $0 } ?? [])
        }

        /// A key in flight for long is answered with 409: asking again is right then.
        private func create(_ instance: Instance, key: String, _ context: JSONValue) async throws -> Web.Reply {
            try await eventually("an answer other than 409") {
                let reply = try await instance.web.post(
                    "/v1/executions", ["flowId": "once", "context": context], headers: [("idempotency-key", key)])
                return reply.status == 409 ? nil : reply
            }
        }
    }

    /// Runs `count` bodies at once.
    static func concurrently<Value: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) async throws -> Value)
        async throws -> [Value]
    {
        try await withThrowingTaskGroup(of: Value.self) { group in
            for number in 0..<count { group.addTask { try await body(number) } }
            var values: [Value] = []
            for try await value in group { values.append(value) }
            return values
        }
    }
}

import RedisClient
import Testing

extension EndToEnd {
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct RedisLossTests {
        @Test(
            "an emptied, a frozen and a crashed Redis under load lose and double nothing, and the cluster recovers by itself"
        )
        func redisLoss() async throws {
            try await OwnRedis.run { redis in
                try await Ledger.run { ledger in
                    try await Cluster.run(redis: redis.url) { cluster in
                        let (a, b) = (try await cluster.serve("a"), try await cluster.serve("b"))
                        let load = Load(cluster, ledger)
                        try await a.web.register(load.flow)
                        try await all([a, b], become: "ready")

                        let flushes = try await flushing(redis) { try await load.create(0..<400, through: [a, b]) }
                        #expect(flushes > 10)

                        redis.freeze()
                        try await load.create(400..<500, through: [b, a])
                        try await all([a, b], become: "degraded")
                        try await load.finish()
                        redis.thaw()
                        try await all([a, b], become: "ready")

                        try await redis.crash()
                        let crashed = ContinuousClock.now
                        try await all([a, b], become: "degraded")
                        // Load for as long as it is away, and all of it ends before it is back.
                        var next = 500
                        while ContinuousClock.now - crashed < .seconds(10) {
                            try await load.create(
                                next..<(next + 20), through: next.isMultiple(of: 40) ? [a, b] : [b, a], width: 4)
                            next += 20
                        }
                        try await load.finish()
                        #expect(try await a.web.metric("skein_redis_up") == 0)
                        try await redis.start()
                        try await all([a, b], become: "ready")
                        #expect(try await a.web.metric("skein_redis_up") == 1)

                        try await load.create(next..<(next + 100), through: [a, b])
                        try await load.finish()
                        try await load.verify()
                        #expect(try await load.recoveries().executions.isEmpty, "nobody lost an execution over it")
                        print("redis loss: \(flushes) flushes, \(load.count) executions")
                    }
                }
            }
        }

        private func all(_ instances: [Instance], become status: String) async throws {
            for instance in instances {
                try await until("\(instance.process.label) is \(status)") { await instance.web.readiness() == status }
            }
        }
    }

    /// Empties Redis again and again while `body` runs. Returns how often.
    static func flushing(_ redis: OwnRedis, _ body: () async throws -> Void) async throws -> Int {
        let client = try redis.client()
        let flushes = Task {
            var count = 0
            while !Task.isCancelled {
                if (try? await client.command(["FLUSHALL"])) != nil { count += 1 }
                // check: allow, because it is the pace of the fault.
                try? await Task.sleep(for: .milliseconds(20))
            }
            return count
        }
        let result: Result<Void, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        flushes.cancel()
        let count = await flushes.value
        await client.close()
        try result.get()
        return count
    }
}

import RedisClient
import Skein
import SkeinCore
import SkeinRedis
import SkeinTesting
import Testing

@Suite("When Redis fails", .needsRedisServer, .serialized, .timeLimit(.minutes(3)))
struct BreakerTests {
    private let id = ExecutionID(raw: UniqueID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001))

    private func grant(_ coordination: Coordination) async throws {
        _ = try await coordination.locks.acquire("a", holder: "w", ttl: .milliseconds(1))
    }

    @Test("stopped: calls fail at once, wakes and events stay within the process, and it heals by itself")
    func stopped() async throws {
        try await OwnRedisServer.run { server in
            let witness = Witness()
            let one = try witness.coordination(server.url)
            try await one.whileRunning {
                try await grant(one)
                let hints = one.wakes.hints()
                let notices = one.events.notices(root: id)
                server.stop()
                #expect(await witness.nextChange() == false)
                #expect(!one.health.isUp)
                for _ in 0..<100 { await #expect(throws: CoordinationUnavailable.self) { try await grant(one) } }
                await #expect(throws: CoordinationUnavailable.self) {
                    try await one.wakes.takeDue(at: SystemClock().now, limit: 1)
                }
                one.wakes.signal([WakeHint(executionID: id, reason: "new")])
                #expect(await hints.first { $0.executionID == id } == WakeHint(executionID: id, reason: "new"))
                let notice = EventNotice(executionID: id, rootID: id, position: 3)
                one.events.publish(notice)
                #expect(await notices.first { $0 != nil } == notice)
                #expect(await !one.health.check().isFine)

                let after = one.wakes.hints()
                try server.start()
                #expect(await witness.nextChange() == true)
                #expect(await after.first { $0.executionID == nil && !$0.isQueued } != nil)
                try await grant(one)
                #expect(one.health.isUp)
                #expect(await one.health.check().isFine)
            }
            #expect(witness.warnings.count == 1, "\(witness.warnings)")
            #expect(witness.infos.filter { $0 == "redis is back" }.count == 1)
        }
    }

    @Test("never there: known without a call, and found when it comes")
    func absent() async throws {
        try await OwnRedisServer.run(isStarted: false) { server in
            let witness = Witness()
            let one = try witness.coordination(server.url)
            try await one.whileRunning {
                #expect(await witness.nextChange() == false)
                await #expect(throws: CoordinationUnavailable.self) { try await grant(one) }
                one.events.publish(EventNotice(executionID: id, rootID: id, position: 9))
                try server.start()
                let redis = try TestRedis.client(url: server.url)
                #expect(await witness.nextChange() == true)
                try await grant(one)
                let hints = one.wakes.hints()
                try await TestRedis.waitForSubscribers(1, pattern: "skein:wake", redis)
                one.wakes.signal([WakeHint(executionID: id, reason: "new")])
                #expect(await hints.first { $0.executionID == id }?.isQueued == true)
                await redis.close()
            }
            #expect(witness.warnings.count == 1, "\(witness.warnings)")
        }
    }

    @Test("frozen or paused: a caller waits for its budget only, then not at all")
    func frozen() async throws {
        try await OwnRedisServer.run { server in
            let witness = Witness()
            let one = try witness.coordination(server.url) { $0.commandTimeout = .seconds(2) }
            try await one.whileRunning {
                try await grant(one)
                server.freeze()
                await #expect(throws: CoordinationUnavailable.self) { try await grant(one) }
                #expect(await witness.nextChange() == false)
                await #expect(throws: CoordinationUnavailable.self) { try await grant(one) }
                server.thaw()
                #expect(await witness.nextChange() == true)
                try await grant(one)

                let redis = try TestRedis.client(url: server.url)
                _ = try await redis.command(["CLIENT", "PAUSE", "4000", "ALL"])
                for _ in 0..<3 { await #expect(throws: CoordinationUnavailable.self) { try await grant(one) } }
                #expect(await witness.nextChange() == false)
                #expect(await witness.nextChange() == true)
                try await grant(one)
                await redis.close()
            }
            #expect(witness.warnings.count == 2)
        }
    }

    @Test("flushed: noticed, and everything goes on")
    func flushed() async throws {
        try await OwnRedisServer.run { server in
            let witness = Witness()
            let one = try witness.coordination(server.url)
            let redis = try TestRedis.client(url: server.url)
            try await one.whileRunning {
                let mark = { try await redis.command(["GET", "skein:incarnation"]).string }
                try await TestRedis.poll("the mark is there") { try await mark() != nil }
                let first = try await mark()
                #expect(await one.health.check().isFine)
                _ = try await one.locks.acquire("a", holder: "w", ttl: .seconds(60))
                let hints = one.wakes.hints()
                _ = try await redis.command(["FLUSHALL"])
                #expect(await hints.first { $0.reason == "flushed" } == WakeHint(executionID: nil, reason: "flushed"))
                #expect(witness.flushes == 1)
                try await TestRedis.poll("a new mark is there") { try await ![nil, first].contains(mark()) }
                #expect(try await one.locks.acquire("a", holder: "w2", ttl: .seconds(60)) != nil)
                #expect(one.health.isUp)
            }
            await redis.close()
            #expect(witness.warnings.isEmpty)
        }
    }

    @Test("killed connections: commands come back, listeners are told of the gap")
    func killed() async throws {
        try await OwnRedisServer.run { server in
            let witness = Witness()
            let one = try witness.coordination(server.url)
            let redis = try TestRedis.client(url: server.url)
            try await one.whileRunning {
                try await grant(one)
                let hints = one.wakes.hints()
                let notices = one.events.notices(root: id)
                try await TestRedis.waitForSubscribers(1, pattern: "skein:wake", redis)
                try await TestRedis.waitForSubscribers(1, pattern: "skein:events:*", redis)
                _ = try await redis.command(["CLIENT", "KILL", "TYPE", "pubsub"])
                #expect(await hints.first { $0.reason == "reconnected" } != nil)
                var gaps = 0
                for await notice in notices {
                    if notice == nil { gaps += 1 }
                    if gaps == 3 { break }  // established, interrupted, back
                }
                _ = try await redis.command(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])
                try await TestRedis.poll("commands are answered again") { (try? await grant(one)) != nil }
                #expect(await one.health.check().isFine)
            }
            await redis.close()
        }
    }

    @Test("demoted or full: answers PING, but takes no writes: counts as down until it does")
    func refusingWrites() async throws {
        try await OwnRedisServer.run { server in
            let witness = Witness()
            let one = try witness.coordination(server.url)
            let redis = try TestRedis.client(url: server.url)
            try await one.whileRunning {
                try await grant(one)
                for (bad, good) in [
                    (["REPLICAOF", "127.0.0.1", "1"], ["REPLICAOF", "NO", "ONE"]),
                    (["CONFIG", "SET", "maxmemory", "1"], ["CONFIG", "SET", "maxmemory", "0"]),
                ] {
                    _ = try await redis.command(bad)
                    for _ in 0..<3 { await #expect(throws: CoordinationUnavailable.self) { try await grant(one) } }
                    #expect(await witness.nextChange() == false)
                    #expect(await !one.health.check().isFine)
                    #expect(!one.health.isUp)
                    _ = try await redis.command(good)
                    #expect(await witness.nextChange() == true)
                    try await grant(one)
                }
                _ = try await redis.command(["CONFIG", "SET", "maxmemory", "1gb", "maxmemory-policy", "allkeys-lru"])
                let check = await one.health.check()
                #expect(!check.isFine && check.message.contains("noeviction"))
            }
            await redis.close()
            #expect(witness.warnings.count == 2)
        }
    }

    @Test("what is signalled last before the end still goes out")
    func lastWords() async throws {
        try await OwnRedisServer.run { server in
            let one = try Witness().coordination(server.url)
            let redis = try TestRedis.client(url: server.url)
            try await one.whileRunning {
                try await grant(one)
                one.wakes.signal([WakeHint(executionID: id, reason: "released")])
            }
            #expect(try await redis.command(["ZSCORE", "skein:due:0", "\(id)"]).isNull == false)
            await redis.close()
        }
    }
}

import RedisClient
import Skein
import SkeinCore
import SkeinRedis
import SkeinTesting
import Testing

@Suite("The key space in Redis", .needsRedis, .serialized, .timeLimit(.minutes(2)))
struct RedisKeySpaceTests {
    private let id = ExecutionID(raw: UniqueID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001))
    private let text = "01900000-0000-7000-8000-000000000001"

    @Test("keys, values and times to live are what the contract says, and nothing lives for ever")
    func keys() async throws {
        try await TestRedis.withInstances { one, _, redis, prefix in
            let scope = IdempotencyScope(tenantID: "t", flowID: "f", key: "k")
            _ = try await one.locks.acquire("exec:\(text)", holder: "w1", ttl: .seconds(30))
            _ = try await one.leaders.campaign("schedules", candidate: "w1:7", ttl: .seconds(10))
            try await one.idempotency.remember(
                IdempotencyAnswer(executionID: id, fingerprint: [0xAB, 1]), for: scope, ttl: .milliseconds(86_400_000))
            let due = Timestamp(microseconds: SystemClock().now.microseconds / 1_000_000 * 1_000_000) + .seconds(60)
            one.wakes.signal([WakeHint(executionID: id, at: due, reason: "timer")])
            try await TestRedis.poll("the timer is there") {
                try await redis.command(["EXISTS", "\(prefix):due:0"]).int == 1
            }

            let lock = try await redis.command(["GET", "\(prefix):lock:exec:\(text)"]).string ?? ""
            #expect(lock.split(separator: "|").count == 3)
            #expect(lock.hasPrefix("w1|"))
            #expect(try await redis.command(["GET", "\(prefix):leader:schedules"]).string == "w1:7")
            let idempotency = try await TestRedis.keys(prefix, redis).filter { $0.hasPrefix("\(prefix):idem:") }
            #expect(idempotency.map { $0.count - prefix.count } == ["(:idem:)".count - 2 + 32])
            let key = try #require(idempotency.first)
            #expect(try await redis.command(["GET", key]).string == "\(text):ab01")
            let left = try await redis.command(["PTTL", key]).int ?? 0
            #expect((86_340_000...86_400_000).contains(left))
            let score = try await redis.command(["ZSCORE", "\(prefix):due:0", text]).int
            #expect(score == due.microseconds / 1_000)
            for key in try await TestRedis.keys(prefix, redis) {
                #expect(try await redis.command(["PTTL", key]).int ?? -1 > 0, "\(key) has a time to live")
            }
        }
    }

    @Test("a timer far ahead is left to the store, and the set keeps the earliest when it is full")
    func bounds() async throws {
        var options = TestRedis.patient
        options.maximumDue = 5
        let prefix = "coordtest:bounds:\(UInt64.random(in: 0...(.max)))"
        let redis = try TestRedis.client()
        let one = try Coordination.redis(TestRedis.url, prefix: prefix, logger: TestRedis.quiet, options: options)
        let now = SystemClock().now
        try await one.whileRunning {
            one.wakes.signal([WakeHint(executionID: id, at: now + .seconds(3_600), reason: "timer")])
            let ids = (0..<20).map { ExecutionID(raw: UniqueID(high: 1, low: $0)) }
            one.wakes.signal(
                ids.enumerated().map { WakeHint(executionID: $1, at: now + .seconds(100 + $0), reason: "timer") })
            try await TestRedis.poll("the timers are there") {
                try await redis.command(["EXISTS", "\(prefix):due:0"]).int == 1
            }
            let (taken, next) = try await one.wakes.takeDue(at: now + .seconds(9_999), limit: 100)
            #expect(taken == Array(ids.prefix(5)))
            #expect(next == nil)
        }
        _ = try await redis.command(["UNLINK", "\(prefix):due:0", "\(prefix):incarnation"])
        await redis.close()
    }

    @Test("members that are no ids are thrown away")
    func invalidMembers() async throws {
        try await TestRedis.withInstances { one, _, redis, prefix in
            _ = try await redis.command(["ZADD", "\(prefix):due:0", "1", "nonsense", "2", text, "inf", "later"])
            _ = try await redis.command(["EXPIRE", "\(prefix):due:0", "60"])
            let (ids, next) = try await one.wakes.takeDue(at: SystemClock().now, limit: 10)
            #expect(ids == [id])
            #expect(next == nil)
        }
    }

    @Test("a person's message on the wake channel is heard; noise is not")
    func publishedByHand() async throws {
        try await TestRedis.withInstances { one, two, redis, prefix in
            let streams = [one.wakes.hints(), two.wakes.hints()]
            try await TestRedis.waitForSubscribers(2, pattern: "\(prefix):wake", redis)
            for message in ["noise", "[]", #"{"executionId":"\#(text)"}"#] {
                _ = try await redis.command(["PUBLISH", "\(prefix):wake", message])
            }
            for stream in streams {
                let hint = await stream.first { $0.reason != "listening" }
                #expect(hint == WakeHint(executionID: id, reason: "published"))
            }
        }
    }

    @Test("events are published for whoever listens outside, the latest position of each execution")
    func eventsForOthers() async throws {
        try await TestRedis.withInstances { one, _, redis, prefix in
            let subscription = try await redis.subscribe(["\(prefix):events:\(text)"])
            for position: Int64 in 1...100 {
                one.events.publish(EventNotice(executionID: id, rootID: id, position: position))
            }
            var messages: [String] = []
            for await message in subscription {
                messages.append(message.text ?? "")
                if messages.last == #"{"executionId":"\#(text)","seq":100}"# { break }
            }
            #expect(messages.count <= 20)
        }
    }

    @Test("a lock that would never end is nobody's, one that ends is respected whoever set it")
    func foreignLocks() async throws {
        try await TestRedis.withInstances { one, _, redis, prefix in
            _ = try await redis.command(["SET", "\(prefix):lock:a", "somebody"])
            _ = try await redis.command(["RPUSH", "\(prefix):lock:b", "x"])
            _ = try await redis.command(["SET", "\(prefix):lock:c", "operator", "EX", "60"])
            #expect(try await one.locks.holder(of: "a")?.holder == "somebody")
            #expect(try await one.locks.holder(of: "b") == nil)
            #expect(try await one.locks.acquire("a", holder: "w", ttl: .seconds(9)) != nil)
            #expect(try await one.locks.acquire("b", holder: "w", ttl: .seconds(9)) != nil)
            #expect(try await one.locks.acquire("c", holder: "w", ttl: .seconds(9)) == nil)
            #expect(try await one.locks.holder(of: "c")?.holder == "operator")
        }
    }

    @Test("keys of the wrong type heal or count as absent")
    func wrongTypes() async throws {
        try await TestRedis.withInstances { one, two, redis, prefix in
            let scope = IdempotencyScope(tenantID: nil, flowID: "f", key: "k")
            let answer = IdempotencyAnswer(executionID: id, fingerprint: [1])
            try await one.idempotency.remember(answer, for: scope, ttl: .seconds(60))
            let idempotency = try #require(try await TestRedis.keys(prefix, redis).first { $0.contains(":idem:") })
            for key in ["\(prefix):due:0", "\(prefix):leader:schedules", "\(prefix):incarnation", idempotency] {
                _ = try await redis.command(["UNLINK", key])
                _ = try await redis.command(["HSET", key, "a", "b"])
            }
            #expect(try await one.idempotency.lookUp(scope) == nil)
            try await one.idempotency.remember(answer, for: scope, ttl: .seconds(60))
            #expect(try await two.idempotency.lookUp(scope) == answer)
            #expect(try await one.leaders.leader(of: "schedules") == nil)
            #expect(try await one.leaders.campaign("schedules", candidate: "a", ttl: .seconds(60)))
            await #expect(throws: CoordinationUnavailable.self) {
                try await two.wakes.takeDue(at: SystemClock().now, limit: 1)
            }
            one.wakes.signal([WakeHint(executionID: id, reason: "new")])
            try await TestRedis.poll("the set is a set again") {
                try await redis.command(["TYPE", "\(prefix):due:0"]).string == "zset"
            }
            #expect(try await two.wakes.takeDue(at: SystemClock().now + .seconds(1), limit: 1).ids == [id])
            #expect(await one.health.check().isFine)
            #expect(try await redis.command(["TYPE", "\(prefix):incarnation"]).string == "string")
            #expect(one.health.isUp && two.health.isUp)
        }
    }
}

import RedisClient
import Skein
import SkeinCore
import SkeinRedis
import SkeinTesting
import Testing

struct Lie: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let script: FakeRedisServer.Script

    init(_ description: String, _ script: @escaping FakeRedisServer.Script) {
        testDescription = description
        self.script = script
    }
}

@Suite("When Redis lies", .timeLimit(.minutes(3)))
struct LyingRedisTests {
    private static let id = ExecutionID(raw: UniqueID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001))

    static let repertoire: [Lie] = [
        Lie("OK to everything") { _ in "+OK\r\n" },
        Lie("1 to everything") { _ in ":1\r\n" },
        Lie("nothing to everything") { _ in "$-1\r\n" },
        Lie("silence") { _ in nil },
        Lie("an empty list to everything") { _ in "*0\r\n" },
        Lie("somebody else's list to everything") { _ in "*2\r\n*1\r\n$3\r\nfoo\r\n$4\r\n1e99\r\n" },
        Lie("two replies for one") { _ in "+OK\r\n+OK\r\n" },
        Lie("a reply larger than the world") { _ in "$9999999999999\r\n" },
        Lie("no Redis at all") { _ in "HTTP/1.1 400 Bad Request\r\n\r\n" },
        Lie("endless nesting") { _ in String(repeating: "*1\r\n", count: 10_000) },
        Lie("an error to everything") { _ in "-NOPERM no\r\n" },
        Lie("NOSCRIPT to everything") { _ in "-NOSCRIPT no\r\n" },
        Lie("another mark each time") { _ in "$4\r\n\(Int.random(in: 1_000...9_999))\r\n" },
    ]

    @Test(
        "every call ends with an answer or as unavailable, and what is within the process goes on",
        arguments: repertoire)
    func lies(_ lie: Lie) async throws {
        try await FakeRedisServer.run(script: lie.script) { url in
            let one = try Witness().coordination(url) { $0.budget = .milliseconds(100) }
            try await one.whileRunning {
                let notices = one.events.notices(root: Self.id)
                let scope = IdempotencyScope(tenantID: nil, flowID: "f", key: "k")
                for _ in 0..<3 {
                    try await attempt { _ = try await one.locks.acquire("a", holder: "w", ttl: .seconds(1)) }
                    try await attempt {
                        _ = try await one.locks.extend(LockGrant(name: "a", value: "v"), ttl: .seconds(1))
                    }
                    try await attempt { try await one.locks.release(LockGrant(name: "a", value: "v")) }
                    try await attempt { _ = try await one.locks.holder(of: "a") }
                    try await attempt { _ = try await one.locks.list(limit: 10) }
                    try await attempt { _ = try await one.wakes.takeDue(at: SystemClock().now, limit: 10) }
                    try await attempt { _ = try await one.leaders.campaign("d", candidate: "c", ttl: .seconds(1)) }
                    try await attempt { _ = try await one.leaders.leader(of: "d") }
                    try await attempt {
                        let answer = try await one.idempotency.lookUp(scope)
                        #expect(answer == nil)
                    }
                }
                _ = await one.health.check()
                one.wakes.signal([WakeHint(executionID: Self.id, reason: "new")])
                let notice = EventNotice(executionID: Self.id, rootID: Self.id, position: 1)
                one.events.publish(notice)
                #expect(await notices.first { $0 != nil } == notice)
            }
        }
    }

    /// A position from the network must not silence what is really committed.
    @Test("a position beyond all others silences nobody", .needsRedis)
    func hugePosition() async throws {
        try await TestRedis.withInstances { one, two, redis, prefix in
            let notices = two.events.notices(root: Self.id)
            try await TestRedis.waitForSubscribers(1, pattern: "\(prefix):events:*", redis)
            let lie = #"{"executionId":"\#(Self.id)","seq":9223372036854775807}"#
            _ = try await redis.command(["PUBLISH", "\(prefix):events:\(Self.id)", lie])
            for await notice in notices where notice?.position == .max { break }
            let heard = two.events.notices(root: Self.id)
            let local = EventNotice(executionID: Self.id, rootID: Self.id, position: 1)
            two.events.publish(local)
            #expect(await heard.first { $0 != nil } == local)
            let remote = EventNotice(executionID: Self.id, rootID: Self.id, position: 2)
            one.events.publish(remote)
            #expect(await heard.first { $0 == remote } != nil)
        }
    }

    private func attempt(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch is CoordinationUnavailable {
            return
        }
    }
}

import RedisClient
import Skein
import SkeinCore

/// Locks as keys with a time to live. A lock tells others to leave something alone; it never permits a write.
struct RedisLockManager: LockManager {
    /// Keys that one `list` looks at, and rounds it takes: a large foreign key space is not searched to its end.
    private static let scanSize = "1000"
    private static let maximumRounds = 100

    let gate: RedisGate
    let keys: RedisKeys
    let clock: any EngineClock

    func acquire(_ name: String, holder: String, ttl: Duration) async throws -> LockGrant? {
        let value = LockValue.make(holder: holder, since: clock.now, random: .random(in: .min ... .max))
        let reply = try await gate.eval(Scripts.acquire, key: keys.lock(name), [value, RedisKeys.milliseconds(ttl)])
        #if SKEIN_FAILPOINTS
        await Failpoint.reach("redis.afterLock")
        #endif
        return reply.int == 1 ? LockGrant(name: name, value: value) : nil
    }

    func extend(_ grant: LockGrant, ttl: Duration) async throws -> Bool {
        try await gate.eval(Scripts.extend, key: keys.lock(grant.name), [grant.value, RedisKeys.milliseconds(ttl)]).int
            == 1
    }

    func release(_ grant: LockGrant) async throws {
        _ = try await gate.eval(Scripts.release, key: keys.lock(grant.name), [grant.value])
    }

    func holder(of name: String) async throws -> LockInfo? {
        try await describe([keys.lock(name)]).first
    }

    func list(limit: Int) async throws -> [LockInfo] {
        var found: Set<String> = []
        var cursor = "0"
        for _ in 0..<Self.maximumRounds where found.count < limit {
            let reply = try await gate.command(["SCAN", cursor, "MATCH", keys.lockPattern, "COUNT", Self.scanSize])
            guard let parts = reply.array, parts.count == 2, let next = parts[0].string, let names = parts[1].strings
            else {
                throw CoordinationUnavailable(service: "redis", reason: "SCAN was answered with something else")
            }
            found.formUnion(names.compactMap(\.self))
            cursor = next
            if cursor == "0" { break }
        }
        var locks: [LockInfo] = []
        var rest = Array(found.prefix(max(0, limit)))[...]
        while !rest.isEmpty {
            locks += try await describe(Array(rest.prefix(250)))
            rest = rest.dropFirst(250)
        }
        return locks
    }

    /// The holders of those keys that exist and are locks.
    private func describe(_ names: [String]) async throws -> [LockInfo] {
        let replies = try await gate.ask(names.flatMap { [["GET", $0], ["PTTL", $0]] })
        guard replies.count == names.count * 2 else { return [] }
        let prefix = keys.lock("")
        return names.indices.compactMap { index in
            guard let text = replies[index * 2].string, names[index].hasPrefix(prefix) else { return nil }
            let value = LockValue(text)
            let left = replies[index * 2 + 1].int.flatMap { $0 > 0 ? Duration.milliseconds($0) : nil }
            return LockInfo(
                name: String(names[index].dropFirst(prefix.count)), holder: value.holder, since: value.since, ttl: left)
        }
    }
}

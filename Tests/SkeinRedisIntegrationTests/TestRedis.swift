import Foundation
import Logging
import RedisClient
import Skein
import SkeinRedis
import SkeinTesting
import Testing

/// The shared server that these tests may use, each case under a prefix of its own.
enum TestRedis {
    static let url = ProcessInfo.processInfo.environment["SKEIN_TEST_REDIS_URL"] ?? "redis://127.0.0.1:56379"
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Whether the tests are to run: always where a server is promised, otherwise when one answers.
    static func isEnabled() async -> Bool {
        if ProcessInfo.processInfo.environment["CI"] != nil { return true }
        guard let client = try? client() else { return false }
        let answers = (try? await client.command(["PING"])) != nil
        await client.close()
        return answers
    }

    /// A patient client of the tests' own.
    static func client(url: String = url) throws -> RedisClient {
        var configuration = try RedisConfiguration(url: url)
        configuration.commandTimeout = .seconds(20)
        configuration.connectTimeout = .seconds(5)
        return RedisClient(configuration: configuration, logger: quiet)
    }

    /// Options under which a busy machine is not taken for a slow Redis.
    static var patient: RedisCoordinationOptions {
        var options = RedisCoordinationOptions()
        options.budget = .seconds(10)
        options.commandTimeout = .seconds(10)
        options.connectTimeout = .seconds(10)
        return options
    }

    /// Two running instances over an empty key space, which is emptied again.
    static func withInstances(
        _ body: (_ first: Coordination, _ second: Coordination, _ redis: RedisClient, _ prefix: String) async throws ->
            Void
    ) async throws {
        let prefix = "coordtest:\(UUID().uuidString.lowercased())"
        let redis = try client()
        let first = try Coordination.redis(url, prefix: prefix, logger: quiet, options: patient)
        let second = try Coordination.redis(url, prefix: prefix, logger: quiet, options: patient)
        try await first.whileRunning { try await second.whileRunning { try await body(first, second, redis, prefix) } }
        let keys = try await keys(prefix, redis)
        if !keys.isEmpty { _ = try await redis.command(["UNLINK"] + keys) }
        await redis.close()
    }

    /// All keys that begin with the prefix.
    static func keys(_ prefix: String, _ redis: RedisClient) async throws -> [String] {
        var (keys, cursor): (Set<String>, String) = ([], "0")
        repeat {
            let reply = try await redis.command(["SCAN", cursor, "MATCH", "\(prefix):*", "COUNT", "1000"]).array ?? []
            cursor = reply.first?.string ?? "0"
            keys.formUnion(reply.last?.strings?.compactMap(\.self) ?? [])
        } while cursor != "0"
        return Array(keys)
    }

    /// Returns when so many clients are subscribed to channels that match, each channel counted by itself.
    static func waitForSubscribers(_ count: Int, pattern: String, _ redis: RedisClient) async throws {
        try await poll("\(count) subscribers of \(pattern)") {
            let channels = try await redis.command(["PUBSUB", "CHANNELS", pattern]).strings?.compactMap(\.self) ?? []
            guard !channels.isEmpty else { return count == 0 }
            let pairs = try await redis.command(["PUBSUB", "NUMSUB"] + channels).pairs ?? []
            return pairs.reduce(0) { $0 + ($1.value.int ?? 0) } == count
        }
    }

    /// Asks until it is so; the question itself takes the time in between.
    static func poll(_ what: String, _ isSo: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while try await !isSo() {
            guard ContinuousClock.now < deadline else { throw ConformanceViolation("in time: \(what)") }
            await Task.yield()
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips loudly where no Redis answers, but never where `CI` is set.
    static var needsRedis: Self {
        .enabled("needs a Redis server, see SKEIN_TEST_REDIS_URL") { await TestRedis.isEnabled() }
    }

    /// Skips loudly where there is no `redis-server` to start, but never where `CI` is set.
    static var needsRedisServer: Self {
        .enabled("needs the program redis-server") {
            ProcessInfo.processInfo.environment["CI"] != nil || OwnRedisServer.executable != nil
        }
    }
}

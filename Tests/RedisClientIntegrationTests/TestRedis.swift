import Foundation
import Logging
import RedisClient
import Testing

/// The shared server that these tests may use, under their own key prefix only.
enum TestRedis {
    static let url = ProcessInfo.processInfo.environment["SKEIN_TEST_REDIS_URL"] ?? "redis://127.0.0.1:56379"

    /// Whether the tests are to run: always where a server is promised, otherwise when one answers.
    static func isEnabled() async -> Bool {
        if ProcessInfo.processInfo.environment["CI"] != nil { return true }
        guard let client = try? client() else { return false }
        let answers = (try? await client.command(["PING"])) != nil
        await client.close()
        return answers
    }

    static func client(
        url: String = url, _ change: (inout RedisConfiguration) -> Void = { _ in }
    ) throws -> RedisClient {
        var configuration = try RedisConfiguration(url: url)
        configuration.commandTimeout = .seconds(20)
        configuration.connectTimeout = .seconds(5)
        change(&configuration)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return RedisClient(configuration: configuration, logger: logger)
    }

    /// A key that no other test uses.
    static func key(_ name: String) -> String {
        "clienttest:\(UUID().uuidString):\(name)"
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips loudly where no Redis answers, but never where `CI` is set.
    static var needsRedis: Self {
        .enabled("needs a Redis server, see SKEIN_TEST_REDIS_URL") { await TestRedis.isEnabled() }
    }

    /// Skips loudly where there is no `redis-server` to start, but never where `CI` is set.
    static var needsRedisServer: Self {
        .enabled("needs the programs redis-server and openssl") {
            ProcessInfo.processInfo.environment["CI"] != nil || OwnRedisServer.executable != nil
        }
    }
}

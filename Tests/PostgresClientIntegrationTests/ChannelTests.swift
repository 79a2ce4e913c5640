import Logging
import PostgresClient
import Synchronization
import Testing

@Suite("Channels", .needsServer, .timeLimit(.minutes(1)))
struct ChannelTests {
    private final class Seen: Sendable {
        let identities = Mutex<[PostgresServerIdentity]>([])
    }

    private func pid(_ channel: PostgresChannel) async throws -> Int32 {
        try await channel.query(statement("SELECT pg_backend_pid()")).rows[0].int32(0)
    }

    @Test("a channel connects with the first command and again after a loss, and says so")
    func heals() async throws {
        let seen = Seen()
        let channel = PostgresChannel(configuration: TestServer.configuration, logger: TestServer.logger) { identity in
            seen.identities.withLock { $0.append(identity) }
        }
        #expect(channel.identity == nil)
        let first = try await pid(channel)
        let admin = try await TestServer.connect()
        let sleeper = Task { try await channel.query(statement("SELECT pg_sleep(63)")) }
        try await waitUntil(
            admin, "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $1 AND query LIKE '%(63)%'", [.int4(first)])
        _ = try await admin.run("SELECT pg_terminate_backend($1)", [.int4(first)])
        let error = try await failure { try await sleeper.value }
        #expect(error.outcomeUnknown)
        #expect(error.isConnectionFailure)
        let second = try await pid(channel)
        #expect(second != first)
        let identities = seen.identities.withLock(\.self)
        #expect(identities.map(\.backendPID) == [first, second])
        #expect(identities[0].isSameIncarnation(as: identities[1]))
        #expect(channel.identity == identities[1])
        await channel.close()
        #expect(try await failure { try await pid(channel) }.code == .closed)
    }

    @Test("commands issued while the server is away fail at their deadline, as not sent")
    func deadline() async throws {
        var configuration = TestServer.configuration
        configuration.connectionString = "postgres://x@127.0.0.1:1/x"
        let channel = PostgresChannel(configuration: configuration, logger: TestServer.logger)
        let error = try await failure { try await channel.query(statement("SELECT 1"), timeout: .milliseconds(100)) }
        #expect(error.code == .commandTimeout)
        #expect(!error.outcomeUnknown)
        let waiting = Task { try await channel.query(statement("SELECT 1")) }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        await channel.close()
    }

    @Test("a command past its deadline fails its neighbours too, then the channel is back")
    func timeout() async throws {
        let channel = PostgresChannel(configuration: TestServer.configuration, logger: TestServer.logger)
        let first = try await pid(channel)
        let error = try await failure {
            try await channel.query(statement("SELECT pg_sleep(64)"), timeout: .milliseconds(50))
        }
        #expect(error.code == .commandTimeout)
        #expect(error.outcomeUnknown)
        #expect(try await pid(channel) != first)
        await channel.close()
    }

    @Test("a channel that is never used closes at once")
    func unused() async throws {
        let channel = PostgresChannel(configuration: TestServer.configuration, logger: TestServer.logger)
        await channel.close()
        #expect(channel.isClosed)
        #expect(try await failure { try await pid(channel) }.code == .closed)
    }
}

import Logging
import Testing

@testable import RedisClient

@Suite("Against a server that misbehaves", .timeLimit(.minutes(1)))
struct LyingServerTests {
    /// Throws so that the closures that call it are throwing ones; the macros in them do not make them so.
    static func client(_ configuration: RedisConfiguration) throws -> RedisClient {
        RedisClient(configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("A reply that comes too late never answers a later command")
    func lateReply() async throws {
        try await FakeRedisServer.run { server, connection, command in
            switch command {
            case ["GET", "slow"]: return nil
            case ["GET", "next"]:
                server.send("$4\r\nlate\r\n", to: 0)
                return "$4\r\nnext\r\n"
            default: return "+OK\r\n"
            }
        } body: { server, configuration in
            var configuration = configuration
            configuration.commandTimeout = .seconds(2)
            let client = try Self.client(configuration)
            #expect(try await client.command(["SET", "a", "b"]).isOK)
            let failure = await #expect(throws: RedisError.self) { try await client.command(["GET", "slow"]) }
            #expect(failure?.code == .timeout)
            #expect(try await client.command(["GET", "next"]).string == "next")
            #expect(server.connectionCount == 2)
            #expect(client.statistics.timeouts == 1)
            #expect(client.statistics.reconnects == 1)
            await client.close()
        }
    }

    @Test(
        "Nonsense discards the connection and the next command gets a new one",
        arguments: [
            "$9999999999\r\n", "*1000000000\r\n", "garbage", "$-7\r\n",
            "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
        ])
    func nonsense(text: String) async throws {
        try await FakeRedisServer.run { _, connection, command in
            connection == 0 && command == ["GET", "bad"] ? text : "+OK\r\n"
        } body: { server, configuration in
            let client = try Self.client(configuration)
            #expect(try await client.command(["PING"]).isOK)
            let failure = await #expect(throws: RedisError.self) { try await client.command(["GET", "bad"]) }
            #expect(failure?.code == .protocolViolation)
            #expect(try await client.command(["PING"]).isOK)
            #expect(server.connectionCount == 2)
            #expect(client.statistics.protocolViolations == 1)
            await client.close()
        }
    }

    @Test("A reply that nobody asked for discards the connection")
    func unsolicited() async throws {
        try await FakeRedisServer.run { _, connection, command in
            connection == 0 && command == ["GET", "two"] ? "+one\r\n+two\r\n" : "+OK\r\n"
        } body: { server, configuration in
            let client = try Self.client(configuration)
            #expect(try await client.command(["GET", "two"]).string == "one")
            while client.isConnected {
                await Task.yield()
            }
            #expect(try await client.command(["PING"]).isOK)
            #expect(client.statistics.protocolViolations == 1)
            await client.close()
        }
    }

    @Test("A host with several addresses is used at the one that answers")
    func severalAddresses() async throws {
        try await FakeRedisServer.run { _, _, _ in
            "+OK\r\n"
        } body: { server, configuration in
            var configuration = configuration
            guard case .tcp(_, let port) = configuration.address else { return }
            configuration.address = .tcp(host: "localhost", port: port)
            configuration.commandTimeout = .seconds(5)
            let client = try Self.client(configuration)
            #expect(try await client.command(["PING"]).isOK)
            await client.close()
        }
    }

    @Test("A reply over the size limit discards the connection")
    func tooLarge() async throws {
        try await FakeRedisServer.run { _, _, _ in
            "*2\r\n$600\r\n" + String(repeating: "x", count: 600) + "\r\n$600\r\n"
        } body: { _, configuration in
            var configuration = configuration
            configuration.maximumReplyBytes = 1000
            let client = try Self.client(configuration)
            let failure = await #expect(throws: RedisError.self) { try await client.command(["GET", "big"]) }
            #expect(failure?.code == .protocolViolation)
            await client.close()
        }
    }

    @Test("A demoted primary is left behind")
    func readOnly() async throws {
        try await FakeRedisServer.run { _, connection, command in
            connection == 0 && command[0] == "SET" ? "-READONLY You are a replica.\r\n" : "+OK\r\n"
        } body: { server, configuration in
            var configuration = configuration
            configuration.minimumBackoff = .zero
            let client = try Self.client(configuration)
            let failure = await #expect(throws: RedisError.self) { try await client.command(["SET", "a", "b"]) }
            #expect(failure?.code == .server("READONLY"))
            #expect(!client.isConnected)
            #expect(try await client.command(["SET", "a", "b"]).isOK)
            #expect(server.connectionCount == 2)
            await client.close()
        }
    }

    @Test("A cancelled task stops waiting, and its reply answers nobody else")
    func cancellation() async throws {
        let (arrived, arrival) = AsyncStream.makeStream(of: Void.self)
        try await FakeRedisServer.run { server, connection, command in
            switch command {
            case ["GET", "held"]:
                arrival.yield()
                return nil
            case ["GET", "after"]: return "+held\r\n+after\r\n"
            default: return "+OK\r\n"
            }
        } body: { server, configuration in
            var configuration = configuration
            configuration.commandTimeout = .seconds(30)
            let client = try Self.client(configuration)
            let held = Task { try await client.command(["GET", "held"]) }
            for await _ in arrived { break }
            held.cancel()
            let result = await held.result
            #expect(throws: RedisError(.cancelled, "the waiting task was cancelled")) { try result.get() }
            #expect(try await client.command(["GET", "after"]).string == "after")
            #expect(server.connectionCount == 1)
            await client.close()
        }
    }

    @Test("Commands beyond the queue's bound fail at once")
    func overloaded() async throws {
        let (arrived, arrival) = AsyncStream.makeStream(of: Void.self)
        try await FakeRedisServer.run { server, connection, command in
            guard command == ["GET", "held"] else { return "+OK\r\n" }
            arrival.yield()
            return nil
        } body: { server, configuration in
            var configuration = configuration
            configuration.commandTimeout = .seconds(30)
            configuration.maximumQueued = 1
            let client = try Self.client(configuration)
            async let held = client.command(["GET", "held"])
            for await _ in arrived { break }
            let failure = await #expect(throws: RedisError.self) { try await client.command(["PING"]) }
            #expect(failure?.code == .overloaded)
            server.send("+held\r\n", to: 0)
            #expect(try await held.string == "held")
            #expect(try await client.command(["PING"]).isOK)
            await client.close()
        }
    }

    @Test("Closing fails what is in flight, and everything later")
    func close() async throws {
        let (arrived, arrival) = AsyncStream.makeStream(of: Void.self)
        try await FakeRedisServer.run { _, _, _ in
            arrival.yield()
            return nil
        } body: { _, configuration in
            var configuration = configuration
            configuration.commandTimeout = .seconds(30)
            let client = try Self.client(configuration)
            let held = Task { try await client.command(["GET", "held"]) }
            for await _ in arrived { break }
            await client.close()
            let result = await held.result
            let first = #expect(throws: RedisError.self) { try result.get() }
            #expect(first?.code == .closed)
            let second = await #expect(throws: RedisError.self) { try await client.command(["PING"]) }
            #expect(second?.code == .closed)
            let third = await #expect(throws: RedisError.self) { try await client.subscribe(["c"]) }
            #expect(third?.code == .closed)
        }
    }

    @Test("A server that accepts and stays silent fails the login, and waiting commands before that")
    func silentLogin() async throws {
        try await FakeRedisServer.run { _, _, _ in
            nil
        } body: { _, configuration in
            var configuration = configuration
            configuration.clientName = "named"
            configuration.commandTimeout = .milliseconds(20)
            let client = try Self.client(configuration)
            let failure = await #expect(throws: RedisError.self) { try await client.command(["PING"]) }
            #expect(failure?.code == .timeout)
            #expect(!client.isConnected)
            #expect(client.statistics.commandsSent == 0)
            await client.close()
        }
    }

    @Test("A pub/sub connection that does not answer a ping is discarded and made anew")
    func silentPubSub() async throws {
        try await FakeRedisServer.run { server, connection, command in
            switch command[0] {
            case "SUBSCRIBE": "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
            case "PING": connection == 0 ? nil : "*2\r\n$4\r\npong\r\n$0\r\n\r\n"
            default: "+OK\r\n"
            }
        } body: { server, configuration in
            var configuration = configuration
            configuration.keepaliveInterval = .milliseconds(10)
            configuration.commandTimeout = .seconds(2)
            let client = try Self.client(configuration)
            let subscription = try await client.subscribe(["c"])
            var messages = subscription.makeAsyncIterator()
            #expect(await messages.next() == .interrupted)
            #expect(await messages.next() == .gap)
            server.send("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n", to: 1)
            #expect(await messages.next() == .message(channel: "c", pattern: nil, payload: Array("hi".utf8)))
            await client.close()
            #expect(await messages.next() == nil)
        }
    }
}

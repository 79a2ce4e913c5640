import Foundation
import RedisClient
import Testing

@Suite("Logins, scripts and lost connections", .needsRedisServer, .timeLimit(.minutes(2)))
struct ServerTests {
    @Test("A script that the server has forgotten is sent again")
    func noScript() async throws {
        try await OwnRedisServer.run { server in
            let client = try TestRedis.client(url: server.url)
            let script = RedisScript("return {KEYS[1], ARGV[1], redis.call('INCR', 'runs')}")
            let first = try await client.eval(script, keys: ["k"], arguments: ["a"])
            #expect(first == .array([.bulk([107]), .bulk([97]), .integer(1)]))
            let known = try await client.command(["SCRIPT", "EXISTS", script.sha1])
            #expect(known == .array([.integer(1)]))
            #expect(try await client.command(["SCRIPT", "FLUSH"]).isOK)
            #expect(try await client.eval(script, keys: ["k"], arguments: ["a"]).array?.last == .integer(2))
            let broken = RedisScript("return redis.call('INCR', KEYS[1], 'too', 'many')")
            await #expect(throws: RedisError.self) { try await client.eval(broken, keys: ["k"], arguments: []) }
            await client.close()
        }
    }

    @Test("Passwords, users and databases are used, and refusals are clear")
    func logins() async throws {
        let users = ["--user", "worker", "on", ">p%w", "~app:*", "&*", "+@all", "-select"]
        try await OwnRedisServer.run(arguments: ["--port", "0", "--requirepass", "s3cret"] + users) { server in
            let path = "@\(server.directory.path)/redis.sock"
            let owner = try TestRedis.client(url: "redis+unix://:s3cret\(path)?db=3")
            #expect(try await owner.command(["SET", "where", "three"]).isOK)
            #expect(try await owner.command(["CLIENT", "INFO"]).string?.contains("db=3") == true)
            await owner.close()

            let worker = try TestRedis.client(url: "redis+unix://worker:p%25w\(path)")
            #expect(try await worker.command(["SET", "app:a", "1"]).isOK)
            let denied = await #expect(throws: RedisError.self) { try await worker.command(["GET", "other"]) }
            #expect(denied?.code == .server("NOPERM"))
            await worker.close()

            let stranger = try TestRedis.client(url: "redis+unix://:wrong-one\(path)")
            let refused = await #expect(throws: RedisError.self) { try await stranger.command(["PING"]) }
            #expect(refused?.code == .server("WRONGPASS"))
            #expect(refused?.isUnavailable == true)
            #expect(refused?.description.contains("wrong-one") == false)
            await stranger.close()

            let nobody = try TestRedis.client(url: "redis+unix://\(server.directory.path)/redis.sock")
            let unknown = await #expect(throws: RedisError.self) { try await nobody.command(["PING"]) }
            #expect(unknown?.code == .server("NOAUTH"))
            await nobody.close()

            let misplaced = try TestRedis.client(url: "redis+unix://:s3cret\(path)?db=999")
            let database = await #expect(throws: RedisError.self) { try await misplaced.command(["PING"]) }
            #expect(database?.message.contains("database 999") == true)
            await misplaced.close()
        }
    }

    @Test("A killed connection fails what is in flight, and the next command works")
    func killed() async throws {
        try await OwnRedisServer.run { server in
            let client = try TestRedis.client(url: server.url)
            let killer = try TestRedis.client(url: server.url)
            let id = try #require(try await client.command(["CLIENT", "ID"]).string)
            // Pausing writes keeps the command in flight until its connection is gone.
            #expect(try await killer.command(["CLIENT", "PAUSE", "60000", "WRITE"]).isOK)
            let held = Task { try await client.command(["SET", "a", "b"]) }
            while try await killer.command(["INFO", "clients"]).string?.contains("blocked_clients:1") != true {}
            #expect(try await killer.command(["CLIENT", "KILL", "ID", id]).int == 1)
            let result = await held.result
            let failure = #expect(throws: RedisError.self) { try result.get() }
            #expect(failure?.code == .connection)
            #expect(try await client.command(["PING"]) == .simple("PONG"))
            #expect(client.statistics.reconnects == 1)
            await client.close()
            await killer.close()
        }
    }

    @Test("A stopped server is an error, and its return is noticed")
    func restarted() async throws {
        let first = try OwnRedisServer()
        defer { try? FileManager.default.removeItem(at: first.directory) }
        let client = try TestRedis.client(url: first.url) { $0.minimumBackoff = .milliseconds(1) }
        #expect(try await client.command(["PING"]) == .simple("PONG"))
        first.stop()
        for _ in 0..<3 {
            let failure = await #expect(throws: RedisError.self) { try await client.command(["PING"]) }
            #expect(failure?.code == .connection)
        }
        let second = try OwnRedisServer(directory: first.directory)
        defer { second.stop() }
        while (try? await client.command(["PING"])) == nil {
            await Task.yield()
        }
        #expect(client.isConnected)
        await client.close()
    }

    @Test("Running keeps the client connected until it is cancelled")
    func run() async throws {
        try await OwnRedisServer.run { server in
            let client = try TestRedis.client(url: server.url) { $0.keepaliveInterval = .milliseconds(1) }
            let running = Task { await client.run() }
            while client.statistics.repliesReceived < 3 {
                await Task.yield()
            }
            #expect(client.isConnected)
            running.cancel()
            await running.value
            await client.close()
        }
    }

    @Test("A hung server times out, and is used again when it goes on")
    func hung() async throws {
        try await OwnRedisServer.run { server in
            let client = try TestRedis.client(url: server.url) {
                $0.commandTimeout = .seconds(2)
                $0.connectTimeout = .seconds(2)
                $0.minimumBackoff = .milliseconds(1)
            }
            #expect(try await client.command(["PING"]) == .simple("PONG"))
            kill(server.pid, SIGSTOP)
            let failure = await #expect(throws: RedisError.self) { try await client.command(["PING"]) }
            #expect(failure?.code == .timeout)
            kill(server.pid, SIGCONT)
            while (try? await client.command(["PING"])) == nil {
                await Task.yield()
            }
            await client.close()
        }
    }
}

import RedisClient
import Testing

@Suite("Commands", .needsRedis, .timeLimit(.minutes(2)))
struct CommandTests {
    @Test("Ten thousand concurrent commands each get their own reply")
    func concurrent() async throws {
        let client = try TestRedis.client()
        let mismatches = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<10_000 {
                group.addTask {
                    try await client.command(["ECHO", "number \(number)"]).string != "number \(number)"
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(mismatches == 0)
        #expect(client.statistics.connectionsOpened == 1)
        #expect(client.statistics.commandsSent == 10_000)
        await client.close()
    }

    @Test("Keys and values may hold any byte")
    func binary() async throws {
        let client = try TestRedis.client()
        let all = (0...255).map { UInt8($0) }
        let key = Array(TestRedis.key("\r\nDEL %s %b\0").utf8) + all
        #expect(try await client.command(bytes: [Array("SET".utf8), key, all, Array("EX".utf8), [54, 48]]).isOK)
        #expect(try await client.command(bytes: [Array("GET".utf8), key]) == .bulk(all))
        #expect(try await client.command(bytes: [Array("DEL".utf8), key]) == .integer(1))
        await client.close()
    }

    @Test("Large values go through in both directions")
    func large() async throws {
        let client = try TestRedis.client()
        let key = TestRedis.key("large")
        let value = [UInt8](repeating: 120, count: 8 << 20)
        #expect(try await client.command(bytes: [Array("SET".utf8), Array(key.utf8), value]).isOK)
        #expect(try await client.command(["GET", key]) == .bulk(value))
        #expect(try await client.command(["DEL", key]).int == 1)
        await client.close()
    }

    @Test("A single command throws the server's error, a pipeline returns it")
    func errors() async throws {
        let client = try TestRedis.client()
        let key = TestRedis.key("list")
        let replies = try await client.pipeline([
            ["RPUSH", key, "a", "b"], ["EXPIRE", key, "60"], ["INCR", key], ["LRANGE", key, "0", "-1"],
        ])
        #expect(replies[0] == .integer(2))
        #expect(replies[2].serverError?.code == .server("WRONGTYPE"))
        #expect(replies[3].strings == ["a", "b"])
        let failure = await #expect(throws: RedisError.self) { try await client.command(["INCR", key]) }
        #expect(failure?.code == .server("WRONGTYPE"))
        #expect(failure?.isUnavailable == false)
        #expect(try await client.pipeline([]) == [])
        _ = try await client.command(["DEL", key])
        await client.close()
    }

    @Test("Null, hash and transaction replies have their shapes")
    func shapes() async throws {
        let client = try TestRedis.client()
        let key = TestRedis.key("hash")
        #expect(try await client.command(["GET", key]).isNull)
        let replies = try await client.pipeline([["MULTI"], ["HSET", key, "f", "1"], ["EXPIRE", key, "60"], ["EXEC"]])
        #expect(replies.last == .array([.integer(1), .integer(1)]))
        let pairs = try await client.command(["HGETALL", key]).pairs
        #expect(pairs?.first?.name == "f")
        #expect(pairs?.first?.value.int == 1)
        _ = try await client.command(["DEL", key])
        await client.close()
    }

    @Test("The connection carries its name")
    func name() async throws {
        let client = try TestRedis.client { $0.clientName = "clienttest" }
        #expect(try await client.command(["CLIENT", "GETNAME"]).string == "clienttest")
        await client.close()
    }

    @Test("Nobody listening is a clear error at once")
    func refused() async throws {
        let client = try TestRedis.client(url: "redis://127.0.0.1:1")
        let failure = await #expect(throws: RedisError.self) { try await client.command(["PING"]) }
        #expect(failure?.code == .connection)
        #expect(failure?.isUnavailable == true)
        #expect(!client.isConnected)
        await client.close()
    }
}

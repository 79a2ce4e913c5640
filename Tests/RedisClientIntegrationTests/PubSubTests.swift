import Foundation
import RedisClient
import Testing

@Suite("Publishing and subscribing", .needsRedisServer, .timeLimit(.minutes(2)))
struct PubSubTests {
    @Test("Messages arrive in order by channel and by pattern")
    func delivery() async throws {
        try await OwnRedisServer.run { server in
            let client = try TestRedis.client(url: server.url)
            let named = try await client.subscribe(["news", "sport"])
            let matching = try await client.subscribe([], patterns: ["n*"])
            for number in 0..<100 {
                #expect(try await client.command(["PUBLISH", "news", "\(number)"]).int == 2)
            }
            let binary: [[UInt8]] = [Array("PUBLISH".utf8), Array("sport".utf8), [0, 13, 10, 255]]
            #expect(try await client.command(bytes: binary).int == 1)
            var byName = named.makeAsyncIterator()
            var byPattern = matching.makeAsyncIterator()
            for number in 0..<100 {
                let payload = Array("\(number)".utf8)
                #expect(await byName.next() == .message(channel: "news", pattern: nil, payload: payload))
                #expect(await byPattern.next() == .message(channel: "news", pattern: "n*", payload: payload))
            }
            #expect(await byName.next() == .message(channel: "sport", pattern: nil, payload: [0, 13, 10, 255]))
            await client.close()
            #expect(await byName.next() == nil)
        }
    }

    @Test("A killed pub/sub connection is made anew, with a gap reported before the next message")
    func killed() async throws {
        try await OwnRedisServer.run { server in
            let client = try TestRedis.client(url: server.url)
            let subscription = try await client.subscribe(["news"], patterns: ["s*"])
            var messages = subscription.makeAsyncIterator()
            for round in 1...3 {
                #expect(try await client.command(["CLIENT", "KILL", "TYPE", "pubsub"]).int == 1)
                #expect(await messages.next() == .interrupted)
                #expect(await messages.next() == .gap)
                #expect(try await client.command(["PUBLISH", "news", "n\(round)"]).int == 1)
                #expect(await messages.next()?.text == "n\(round)")
                #expect(try await client.command(["PUBLISH", "sport", "s\(round)"]).int == 1)
                #expect(await messages.next()?.text == "s\(round)")
            }
            #expect(client.statistics.reconnects == 3)
            await client.close()
        }
    }

    @Test("The server hears when the last subscriber of a channel goes away")
    func unsubscribe() async throws {
        try await OwnRedisServer.run { server in
            let client = try TestRedis.client(url: server.url)
            let first = try await client.subscribe(["news"])
            var second: RedisSubscription? = try await client.subscribe(["news", "sport"])
            #expect(second != nil)
            second = nil
            while try await client.command(["PUBSUB", "CHANNELS"]).strings != ["news"] {}
            first.cancel()
            while try await client.command(["PUBSUB", "CHANNELS"]).strings != [] {}
            let again = try await client.subscribe(["news"])
            #expect(try await client.command(["PUBLISH", "news", "x"]).int == 1)
            var messages = again.makeAsyncIterator()
            #expect(await messages.next()?.text == "x")
            await client.close()
        }
    }

    @Test("A slow reader loses the oldest messages and is told so")
    func overflow() async throws {
        try await OwnRedisServer.run { server in
            let client = try TestRedis.client(url: server.url) { $0.subscriptionBuffer = 10 }
            let subscription = try await client.subscribe(["news"])
            for number in 1...100 {
                _ = try await client.command(["PUBLISH", "news", "\(number)"])
            }
            while client.statistics.messagesReceived < 100 {
                await Task.yield()
            }
            var messages = subscription.makeAsyncIterator()
            #expect(await messages.next() == .gap)
            for number in 91...100 {
                #expect(await messages.next()?.text == "\(number)")
            }
            #expect(client.statistics.messagesDropped == 90)
            await client.close()
        }
    }

    @Test("A channel that the user may not have is refused, and others go on")
    func refused() async throws {
        let users = ["--user", "worker", "on", ">pw", "~*", "resetchannels", "&open*", "+@all"]
        try await OwnRedisServer.run(arguments: ["--port", "0"] + users) { server in
            let client = try TestRedis.client(url: "redis+unix://worker:pw@\(server.directory.path)/redis.sock")
            let open = try await client.subscribe(["open"])
            let failure = await #expect(throws: RedisError.self) { try await client.subscribe(["secret"]) }
            #expect(failure?.code == .server("NOPERM"))
            #expect(try await client.command(["PUBLISH", "open", "x"]).int == 1)
            var messages = open.makeAsyncIterator()
            #expect(await messages.next()?.text == "x")
            await client.close()
        }
    }

    @Test("Subscribing where nobody listens is a clear error")
    func unreachable() async throws {
        let client = try TestRedis.client(url: "redis://127.0.0.1:1")
        let failure = await #expect(throws: RedisError.self) { try await client.subscribe(["news"]) }
        #expect(failure?.code == .connection)
        await client.close()
    }
}

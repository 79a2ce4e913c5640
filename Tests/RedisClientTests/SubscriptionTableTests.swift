import Testing

@testable import RedisClient

@Suite("Who is subscribed to what")
struct SubscriptionTableTests {
    let news = RedisTopic.channel("news")
    let all = RedisTopic.pattern("n*")

    @Test("A subscriber is established when everything it wants is confirmed")
    func establish() {
        var table = SubscriptionTable()
        #expect(table.add(1, topics: [news, all]).requests == [])
        var serials: [RedisTopic: Int] = [:]
        for case .subscribe(let topic, let serial) in table.connected() {
            serials[topic] = serial
        }
        #expect(table.confirm(news, serial: serials[news] ?? 0) == [])
        #expect(table.confirm(all, serial: serials[all] ?? 0) == [.established(1)])
        #expect(table.add(2, topics: [news]).event == .established(2))
    }

    @Test("Only the last subscriber's end is told to the server")
    func remove() {
        var table = SubscriptionTable()
        _ = table.connected()
        #expect(table.add(1, topics: [news]).requests == [.subscribe(news, serial: 1)])
        #expect(table.add(2, topics: [news]).requests == [])
        #expect(table.remove(1) == [])
        #expect(table.remove(1) == [])
        #expect(table.remove(2) == [.unsubscribe(news)])
        #expect(table.isEmpty)
    }

    @Test("The confirmation of an abandoned request counts for nothing")
    func staleConfirmation() {
        var table = SubscriptionTable()
        _ = table.connected()
        _ = table.add(1, topics: [news])
        _ = table.remove(1)
        _ = table.add(2, topics: [news])
        #expect(table.confirm(news, serial: 1) == [])
        #expect(table.confirm(news, serial: 2) == [.established(2)])
    }

    @Test("After a lost connection the established recover and the others have failed")
    func recover() {
        var table = SubscriptionTable()
        _ = table.connected()
        _ = table.add(1, topics: [news])
        _ = table.confirm(news, serial: 1)
        _ = table.add(2, topics: [all])
        let lost = table.disconnected()
        #expect(lost.interrupted == [1])
        #expect(lost.failed == [2])
        _ = table.remove(2)
        #expect(table.connected() == [.subscribe(news, serial: 3)])
        #expect(table.confirm(news, serial: 3) == [.recovered(1)])
    }

    @Test("A full buffer drops the oldest and reports a gap in its place")
    func overflow() async {
        let buffer = MessageBuffer(capacity: 2)
        for number in UInt8(1)...4 {
            let dropped = buffer.append(.message(channel: "c", pattern: nil, payload: [number]))
            #expect(dropped == (number > 2))
        }
        buffer.finish()
        #expect(await buffer.next() == .gap)
        #expect(await buffer.next()?.payload == [3])
        #expect(await buffer.next()?.payload == [4])
        #expect(await buffer.next() == nil)
    }

    @Test("A cancelled reader takes no message with it")
    func cancelledReader() async {
        let buffer = MessageBuffer(capacity: 2)
        let reader = Task { await buffer.next() }
        reader.cancel()
        #expect(await reader.value == nil)
        _ = buffer.append(.message(channel: "c", pattern: nil, payload: [1]))
        #expect(await buffer.next()?.payload == [1])
    }

    @Test("Replies on the pub/sub connection are told apart")
    func pushes() {
        func reply(_ parts: String...) -> RedisReply { .array(parts.map { .bulk(Array($0.utf8)) }) }
        #expect(PubSubPush(reply("message", "c", "p")) == .message(topic: .channel("c"), channel: "c", payload: [112]))
        #expect(
            PubSubPush(reply("pmessage", "c*", "cc", "p"))
                == .message(topic: .pattern("c*"), channel: "cc", payload: [112]))
        #expect(PubSubPush(reply("pong", "")) == .pong)
        #expect(PubSubPush(.simple("PONG")) == .pong)
        #expect(PubSubPush(reply("message", "c")) == nil)
        #expect(PubSubPush(.simple("OK")) == nil)
        #expect(PubSubPush(.array([])) == nil)
    }
}

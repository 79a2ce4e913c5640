import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import SkeinCore
import Synchronization
import Testing

extension EndToEnd {
    @Suite(.serialized, .timeLimit(.minutes(1)))
    struct EventStreamTests {
        @Test("a stream of events is whole on any instance, goes on where it was left, and closes at the end")
        func stream() async throws {
            try await Ledger.run { ledger in
                try await Cluster.run { cluster in
                    let a = try await cluster.serve("a")
                    let b = try await cluster.serve("b", arguments: ["--api-only"])
                    let load = Load(cluster, ledger)
                    try await a.web.register(load.flow)
                    ledger.close { $0.step == "three" }
                    let id = try await b.web.create("load", ["number": 1])
                    async let whole = read(b, id, after: nil, until: nil)
                    // Left in the middle: the third step still runs.
                    let first = try await read(b, id, after: nil, until: 3)
                    #expect(first == Array(1...(first.last ?? 0)))
                    try await until("the third step runs") { ledger.held.count == 1 }
                    async let rest = read(a, id, after: first.last, until: nil)
                    ledger.open()
                    #expect(try await first + rest == Array(1...(try await whole.count)))
                    #expect(try await whole == first + rest)
                    let events = try await a.web.events(id)
                    #expect(try await whole == events.compactMap(\.seq.int))
                    #expect(events.last?.type.string == "execution.completed")
                    #expect(
                        try await read(b, id, after: events.count - 2, until: nil) == [events.count - 1, events.count])
                    #expect(
                        try await read(b, id, after: events.count, until: nil).isEmpty,
                        "nothing can follow: closed at once")
                }
            }
        }

        @Test("a stream ends when its instance stops, and another instance goes on with it")
        func streamOfAStoppingInstance() async throws {
            try await Ledger.run { ledger in
                try await Cluster.run { cluster in
                    let a = try await cluster.serve("a")
                    let b = try await cluster.serve("b", arguments: ["--api-only"])
                    let load = Load(cluster, ledger)
                    try await a.web.register(load.flow)
                    ledger.close { $0.step == "three" }
                    let id = try await a.web.create("load", ["number": 1])
                    try await until("the third step runs") { ledger.held.count == 1 }
                    let seen = Seen()
                    async let cut = read(b, id, after: nil, until: nil, seen)
                    try await until("the stream gives events") { seen.count.withLock { $0 > 0 } }
                    b.process.send(SIGTERM)
                    let first = try await cut
                    #expect(try await b.process.waitForExit() == .code(0))
                    ledger.open()
                    let rest = try await read(a, id, after: first.last ?? 0, until: nil)
                    let all = try await a.web.events(id).compactMap(\.seq.int)
                    #expect(first + rest == all)
                }
            }
        }

        /// How many events a stream has given so far.
        private final class Seen: Sendable {
            let count = Mutex(0)
        }

        /// The ids of the events of a stream, until it closes or until one of at least `until` was read.
        private func read(_ instance: Instance, _ id: String, after last: Int?, until end: Int?, _ seen: Seen? = nil)
            async throws -> [Int]
        {
            var headers = [("accept", "text/event-stream")]
            if let last { headers.append(("last-event-id", "\(last)")) }
            let request = instance.web.request(.GET, "/v1/executions/\(id)/events", headers: headers)
            let response = try await Web.client.execute(request, timeout: .seconds(40))
            #expect(response.status == .ok)
            #expect(response.headers["content-type"] == ["text/event-stream"])
            var ids: [Int] = []
            var text = ""
            for try await part in response.body {
                text += String(buffer: part)
                while let line = text.firstIndex(of: "\n") {
                    if text[..<line].hasPrefix("id: "), let id = Int(text[..<line].dropFirst(4)) { ids.append(id) }
                    text.removeSubrange(...line)
                }
                seen?.count.withLock { $0 = ids.count }
                if let end, let last = ids.last, last >= end { break }
            }
            return ids
        }
    }
}

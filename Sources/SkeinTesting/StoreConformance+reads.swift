// Reads for people.

import Skein
import SkeinCore

extension StoreConformance {
    static let reads: [Case] = [
        Case("what never was is not there") { scene in
            let id = scene.executionID()
            try expect(try await scene.store.record(id) == nil, "there is no record")
            try expect("its rows", try await scene.store.rows(of: id, from: 1, limit: 10), is: [])
        },
        Case("rows are read from a position on, whole, up to about a limit of events") { scene in
            let id = try await scene.create()
            try await scene.commit(scene.step(id, at: 2, count: 3))
            try await scene.commit(scene.step(id, at: 5))
            try await scene.commit(scene.step(id, at: 6, count: 4))
            func positions(from position: Int64, limit: Int) async throws -> [Int64] {
                try await scene.store.rows(of: id, from: position, limit: limit).map(\.position)
            }
            try expect("from the beginning", try await positions(from: 1, limit: 100), is: [1, 2, 5, 6])
            try expect("from inside a row", try await positions(from: 3, limit: 100), is: [2, 5, 6])
            try expect("from the last event of a row", try await positions(from: 4, limit: 100), is: [2, 5, 6])
            try expect("from behind it", try await positions(from: 5, limit: 100), is: [5, 6])
            try expect("from the last event", try await positions(from: 9, limit: 100), is: [6])
            try expect("from behind the end", try await positions(from: 10, limit: 100), is: [])
            try expect("one event", try await positions(from: 1, limit: 1), is: [1])
            try expect("an event of a longer row", try await positions(from: 2, limit: 1), is: [2])
            let few = try await positions(from: 1, limit: 4)
            try expect(
                few.starts(with: [1, 2]) && few.count <= 3, "about four events begin with rows 1 and 2, not \(few)")
        },
        Case("a log is read page by page without a gap") { scene in
            let id = try await scene.create()
            var end: Int64 = 2
            for index in 0..<60 {
                let count = Int16(index % 4 + 1)
                try await scene.commit(scene.step(id, at: end, count: count))
                end += Int64(count)
            }
            var next: Int64 = 1
            while true {
                let page = try await scene.store.rows(of: id, from: next, limit: 7)
                if page.isEmpty { break }
                for row in page {
                    try expect("the position of a row", row.position, is: next)
                    next += Int64(row.count)
                }
            }
            try expect("the end of the log", next, is: end)
        },
        Case("an owner is seen while its lease runs") { scene in
            let worker = try await scene.worker()
            let held = try await scene.held(worker)
            try expect("the owner", try await scene.record(held.executionID).owner, is: worker)
            try expect("the status", try await scene.store.list(ExecutionQuery()).map(\.status), is: [.running])
            scene.advance(StoreScenario.lease)
            try expect("the owner", try await scene.record(held.executionID).owner, is: nil)
            try expect("the owner in a list", try await scene.store.list(ExecutionQuery()).map(\.owner), is: [nil])
            try expect("the status", try await scene.store.list(ExecutionQuery()).map(\.status), is: [.pending])
        },
    ]

    static let lists: [Case] = [
        Case("lists are newest first, by pages and from a cursor on") { scene in
            var ids: [ExecutionID] = []
            for _ in 0..<9 {
                ids.insert(try await scene.create(), at: 0)
                scene.advance(.seconds(1))
            }
            func list(_ change: (inout ExecutionQuery) -> Void) async throws -> [ExecutionID] {
                var query = ExecutionQuery()
                change(&query)
                return try await scene.store.list(query).map(\.creation.id)
            }
            try expect("all", try await list { _ in }, is: ids)
            try expect("the first page", try await list { $0.limit = 4 }, is: Array(ids[0..<4]))
            let second = try await list { query in
                query.offset = 4
                query.limit = 4
            }
            try expect("the second page", second, is: Array(ids[4..<8]))
            try expect("beyond the end", try await list { $0.offset = 20 }, is: [])
            let cursor = try await list { query in
                query.before = ids[5]
                query.limit = 2
            }
            try expect("from a cursor on", cursor, is: Array(ids[6..<8]))
        },
        Case("lists are filtered by what executions were created as") { scene in
            let root = try await scene.create(scene.creation(flow: "a", tenant: "t", tag: "red"))
            scene.advance(.seconds(10))
            let between = scene.now
            scene.advance(.seconds(10))
            let child = try await scene.create(
                scene.creation(flow: "b", tenant: "t", tag: "blue", parent: root, root: root))
            scene.advance(.seconds(1))
            let grandchild = try await scene.create(scene.creation(flow: "b", tenant: "u", parent: child, root: root))
            scene.advance(.seconds(1))
            let alone = try await scene.create(scene.creation(flow: "a"))
            func list(_ change: (inout ExecutionQuery) -> Void) async throws -> [ExecutionID] {
                var query = ExecutionQuery()
                change(&query)
                return try await scene.store.list(query).map(\.creation.id)
            }
            try expect("by flow", try await list { $0.flowID = "a" }, is: [alone, root])
            try expect("by tag", try await list { $0.tag = "blue" }, is: [child])
            try expect("by tenant", try await list { $0.tenantID = "t" }, is: [child, root])
            try expect("by parent", try await list { $0.parentID = root }, is: [child])
            try expect("by root", try await list { $0.rootID = root }, is: [grandchild, child, root])
            try expect("by a root that has no children", try await list { $0.rootID = alone }, is: [alone])
            try expect("after a time", try await list { $0.createdAfter = between }, is: [alone, grandchild, child])
            try expect("before a time", try await list { $0.createdBefore = between }, is: [root])
            let both = try await list { query in
                query.flowID = "b"
                query.tenantID = "t"
            }
            try expect("by flow and tenant", both, is: [child])
            try expect("by a flow that has none", try await list { $0.flowID = "c" }, is: [])
        },
        Case("lists say and filter the status as it is now") { scene in
            let worker = try await scene.worker()
            var expected: [ExecutionID: ExecutionStatus] = [:]
            let pending = try await scene.create(readyAt: .distantFuture)
            expected[pending] = .pending
            let running = try await scene.held(worker).executionID
            expected[running] = .running
            let waiting = try await scene.create(readyAt: .distantFuture)
            try await scene.commit(scene.park(waiting, at: 2, snapshot: "waiting"))
            expected[waiting] = .waiting
            for status in [ExecutionStatus.completed, .failed] {
                let id = try await scene.create()
                try await scene.commit(scene.end(id, at: 2, status: status))
                expected[id] = status
            }
            let cancelled = try await scene.create()
            _ = try await scene.store.cancel(
                cancelled, operationID: scene.operationID(), at: scene.now, body: scene.cancelBody())
            expected[cancelled] = .cancelled
            // Running again after a wait: whatever the snapshot says.
            let again = try await scene.create(readyAt: .distantFuture)
            try await scene.commit(scene.park(again, at: 2, due: scene.now, snapshot: "again"))
            _ = try await scene.hold(again, worker)
            expected[again] = .running
            let all = try await scene.store.list(ExecutionQuery())
            try expect(
                "the statuses", Dictionary(uniqueKeysWithValues: all.map { ($0.creation.id, $0.status) }), is: expected)
            try expect(
                "the snapshot", all.first { $0.creation.id == waiting }?.record.snapshot, is: Array("waiting".utf8))
            try expect("the owner", all.first { $0.creation.id == running }?.owner, is: worker)
            for statuses in [
                [.running], [.pending, .waiting], [.completed], [.failed, .cancelled], [.paused], [.running, .failed],
            ]
                as [[ExecutionStatus]]
            {
                var query = ExecutionQuery()
                query.statuses = statuses
                let found = Set(try await scene.store.list(query).map(\.creation.id))
                try expect(
                    "those that are \(statuses)", found, is: Set(expected.filter { statuses.contains($0.value) }.keys))
            }
        },
    ]
}

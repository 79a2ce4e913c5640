import PostgresClient
import Skein
import SkeinCore
import SkeinPostgres
import Testing

@Suite(.enabled(if: TestDatabase.isSet, TestDatabase.reason), .timeLimit(.minutes(2)))
struct CommitTests {
    /// The log of every execution is without gap, overlap or double operation.
    private func expectWholeLogs(_ schema: TestSchema) async throws {
        let broken = try await schema.count(
            """
            SELECT count(*) FROM (
                SELECT seq, lag(seq + n, 1, 1::bigint) OVER (PARTITION BY execution_id ORDER BY seq) AS expected FROM log) l
            WHERE seq <> expected
            """)
        #expect(broken == 0)
        #expect(try await schema.count("SELECT count(*) - count(DISTINCT op_id) FROM log") == 0)
    }

    @Test func `writers whose connections are killed know every row in the end`() async throws {
        try await TestDatabase.withStore { store, schema in
            let rounds: Int64 = 30
            let (progress, report) = AsyncStream.makeStream(of: Void.self)
            let killed = try await withThrowingTaskGroup(of: Int64.self) { group in
                for writer in 0..<2 {
                    group.addTask {
                        let ids = Sample.executions(40)
                        expectCommitted(try await store.commit(ids.map { Sample.create($0) }, writer: writer))
                        for position in 2...rounds {
                            report.yield()
                            let isLast = position == rounds
                            var rows: [Append] = []
                            for id in ids {
                                rows.append(isLast ? Sample.end(id, at: position) : Sample.park(id, at: position))
                            }
                            expectCommitted(try await store.commit(rows, writer: writer))
                        }
                        return 0
                    }
                }
                group.addTask { try await schema.killBackends(at: progress) }
                for _ in 0..<2 { _ = try await group.next() }
                report.finish()
                return try await group.reduce(0, +)
            }
            #expect(killed > 0)
            try await expectWholeLogs(schema)
            #expect(try await schema.count("SELECT count(*) FROM log") == 80 * rounds)
            #expect(try await schema.count("SELECT count(*) FROM outcomes WHERE status = 10") == 80)
            #expect(try await schema.count("SELECT count(*) FROM ready") == 0)
        }
    }

    @Test func `of two stores that append at the same place one is fenced, and only the winner's park happens`()
        async throws
    {
        try await TestDatabase.withStore { first, schema in
            let second = schema.store()
            let ids = Sample.executions(120)
            _ = try await first.commit(ids.map { Sample.create($0) }, writer: 0)
            var winners: [ExecutionID: String] = [:]
            for round in 0..<6 {
                let some = ids[round * 20..<(round + 1) * 20]
                async let left = first.commit(some.map { Sample.park($0, at: 2, needs: "left") }, writer: 0)
                async let right = second.commit(
                    some.reversed().map { Sample.park($0, at: 2, needs: "right") }, writer: 0)
                let outcomes = (try await left, try await right.reversed())
                for (id, (left, right)) in zip(some, zip(outcomes.0, outcomes.1)) {
                    #expect(left.isCommitted != right.isCommitted)
                    #expect(left.isFenced != right.isFenced)
                    winners[id] = left.isCommitted ? "left" : "right"
                }
            }
            for (id, loaded) in try await first.load(ids) { #expect(loaded.record.needs == winners[id]) }
            try await expectWholeLogs(schema)
            await second.close()
        }
    }

    @Test func `a row sent twice is committed once, and its successor stays the last`() async throws {
        try await TestDatabase.withStore { store, schema in
            let ids = Sample.executions(5)
            let creates = ids.map { Sample.create($0) }
            _ = try await store.commit(creates, writer: 0)
            let steps = ids.map { Sample.step($0, at: 2, count: 3) }
            _ = try await store.commit(Array(steps.prefix(2)), writer: 0)
            expectCommitted(try await store.commit(steps, writer: 1))
            expectCommitted(try await store.commit(creates, writer: 1))
            expectCommitted(try await store.commit(ids.map { Sample.step($0, at: 5) }, writer: 0))
            expectFenced(try await store.commit(ids.map { Sample.step($0, at: 2) }, writer: 0))
            try await expectWholeLogs(schema)
        }
    }

    @Test func `one bad row among fifty is refused alone`() async throws {
        try await TestDatabase.withStore { store, schema in
            let ids = Sample.executions(50)
            var rows = ids.map { Sample.create($0) }
            rows[17] = Sample.create(ids[17], needs: "a\0b")
            rows[31] = Sample.create(ids[31], readyAt: Timestamp(microseconds: .min + 2))
            rows[44] = Sample.create(ids[44], count: 0)
            let outcomes = try await store.commit(rows, writer: 0)
            #expect(outcomes.indices.filter { outcomes[$0].isRefused } == [17, 31, 44])
            #expect(outcomes.indices.filter { outcomes[$0].isCommitted }.count == 47)
            #expect(try await schema.count("SELECT count(*) FROM ready") == 47)
            #expect(try await schema.count("SELECT count(*) FROM executions") == 47)
        }
    }

    @Test func `a row behind a lock waits alone`() async throws {
        try await TestDatabase.withStore { store, schema in
            let ids = Sample.executions(9).sorted()
            _ = try await store.commit(ids.map { Sample.create($0) }, writer: 0)
            let holder = try await schema.connect()
            try await holder.simple("BEGIN")
            let locked = ids[4]
            _ = try await holder.query(
                PostgresQuery(
                    PostgresStatement("lock", "SELECT FROM ready WHERE execution_id = $1 FOR UPDATE"),
                    [
                        .uuid(PostgresUUID(high: locked.raw.high, low: locked.raw.low))
                    ]))
            async let outcomes = store.commit(ids.map { Sample.park($0, at: 2) }, writer: 0)
            while try await schema.count("SELECT count(*) FROM log WHERE seq = 2") < 8 { await Task.yield() }
            #expect(try await store.rows(of: locked, from: 2, limit: 1).isEmpty)
            try await holder.simple("ROLLBACK")
            let settled = try await outcomes
            #expect(settled.areCommitted)
            await holder.close()
            try await expectWholeLogs(schema)
        }
    }

    @Test func `cancels and appends to the same executions leave whole logs`() async throws {
        try await TestDatabase.withStore { store, schema in
            let ids = Sample.executions(30)
            _ = try await store.commit(ids.map { Sample.create($0) }, writer: 0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    var alive = ids
                    var position: Int64 = 2
                    while !alive.isEmpty {
                        let outcomes = try await store.commit(alive.map { Sample.step($0, at: position) }, writer: 0)
                        alive = zip(alive, outcomes).filter { $1.isCommitted }.map(\.0)
                        position += 1
                    }
                }
                for id in ids {
                    group.addTask {
                        let operation = Sample.operation()
                        let outcome = try await store.cancel(
                            id, operationID: operation, at: Sample.time, body: Sample.cancellation)
                        let again = try await store.cancel(
                            id, operationID: operation, at: Sample.time, body: Sample.cancellation)
                        #expect(outcome == again)
                        #expect(outcome != .notAlive)
                    }
                }
                try await group.waitForAll()
            }
            try await expectWholeLogs(schema)
            #expect(try await schema.count("SELECT count(*) FROM log WHERE kind = 6") == 30)
            #expect(try await schema.count("SELECT count(*) FROM outcomes WHERE status = 12") == 30)
            #expect(try await schema.count("SELECT count(*) FROM ready") == 0)
            let late = try await store.cancel(
                ids[0], operationID: Sample.operation(), at: Sample.time, body: Sample.cancellation)
            #expect(late == .notAlive)
        }
    }

    @Test func `a cancel leaves the snapshot and what it covers`() async throws {
        try await TestDatabase.withStore { store, _ in
            let id = Sample.execution()
            let state = Array("{\"a\":1}".utf8)
            _ = try await store.commit([Sample.create(id)], writer: 0)
            _ = try await store.commit(
                [Sample.park(id, at: 2, snapshot: Snapshot(status: .waiting, bytes: state))], writer: 0)
            #expect(
                try await store.cancel(id, operationID: Sample.operation(), at: Sample.time, body: Sample.cancellation)
                    == .cancelled(position: 3))
            let record = try #require(try await store.record(id))
            #expect(record.snapshot == state)
            #expect(record.rows.map(\.position) == [3])
            #expect(try await store.list(ExecutionQuery()).first?.status == .cancelled)
        }
    }

    @Test func `a closed store says unavailable`() async throws {
        let store = TestSchema(name: "skein_test_closed").store()
        await store.close()
        let error = await #expect(throws: StoreError.self) {
            try await store.commit([Sample.step(Sample.execution(), at: 1)], writer: 0)
        }
        #expect(error?.code == .unavailable)
    }

    @Test func `a server that cannot be reached is unavailable`() async throws {
        var configuration = PostgresExecutionStore.Configuration()
        configuration.acquireTimeout = .milliseconds(100)
        configuration.commandTimeout = .milliseconds(100)
        let store = PostgresExecutionStore(
            url: "host=127.0.0.1 port=1 user=nobody", configuration: configuration, logger: TestDatabase.logger)
        let error = await #expect(throws: StoreError.self) {
            try await store.commit([Sample.step(Sample.execution(), at: 1)], writer: 0)
        }
        #expect(error?.code == .unavailable)
        await store.close()
    }
}

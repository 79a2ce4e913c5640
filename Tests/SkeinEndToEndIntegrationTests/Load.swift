import PostgresClient
import SkeinCore
import Synchronization
import Testing

/// Many executions of a flow of five steps, each of which calls the ledger once.
final class Load: Sendable {
    static let steps = ["one", "two", "three", "four", "five"]

    let cluster: Cluster
    let ledger: Ledger
    private let created = Mutex<[Int: String]>([:])

    init(_ cluster: Cluster, _ ledger: Ledger) {
        self.cluster = cluster
        self.ledger = ledger
    }

    /// The flow. No step is ever repeated unless its attempt was interrupted.
    var flow: JSONValue {
        var steps = JSONObject()
        for (step, next) in zip(Self.steps, Self.steps.dropFirst().map { JSONValue.string($0) } + [.null]) {
            steps[step] = [
                "type": "http", "outputKey": .string(step), "transitions": ["onSuccess": next],
                "config": [
                    "url": .string("\(ledger.url)/work/${number}/\(step)"), "method": "POST",
                    "body": ["number": "${number}"],
                ],
            ]
        }
        return ["id": "load", "version": "1.0.0", "initialStepId": "one", "steps": .object(steps)]
    }

    /// How many are there for certain.
    var count: Int { created.withLock { $0.count } }

    /// Creates executions through the first instance that answers, as a client does that has been told of all of them:
    /// with a key, so that a creation whose answer was lost can be repeated elsewhere.
    func create(_ numbers: Range<Int>, through instances: [Instance], width: Int = 16, withKeys: Bool = true)
        async throws
    {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (place, number) in numbers.enumerated() {
                if place >= width { try await group.next() }
                group.addTask { try await self.create(number, through: instances, withKey: withKeys) }
            }
            try await group.waitForAll()
        }
    }

    private func create(_ number: Int, through instances: [Instance], withKey: Bool) async throws {
        var failures: [String] = []
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            for instance in instances where instance.process.isRunning {
                do {
                    let id = try await instance.web.create(
                        "load", ["number": .int(Int64(number))],
                        headers: withKey ? [("idempotency-key", "load-\(number)")] : [])
                    created.withLock { $0[number] = id }
                    return
                } catch {
                    failures.append("\(error)")
                    guard withKey else { throw error }
                }
            }
            // check: allow, because it is the pause between two tries against another process.
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Web.Unexpected(description: "execution \(number) could not be created: \(failures.suffix(3))")
    }

    /// Waits until everything that was created has ended.
    func finish(within limit: Duration = .seconds(60)) async throws {
        let count = count
        do {
            try await until("\(count) executions end", within: limit, every: .milliseconds(100)) {
                try await cluster.ended >= count
            }
        } catch is Overdue {
            let rest = try await cluster.texts(
                """
                SELECT concat_ws(' ', needs, CASE WHEN owner IS NULL THEN 'free' ELSE 'held' END, count(*), min(next_at - now()))
                FROM ready GROUP BY needs, owner IS NULL
                """
            )
            throw Overdue(what: "\(try await cluster.ended) of \(count) executions ended; the rest: \(rest)")
        }
    }

    // MARK: - Judgement

    /// That every execution completed, each step's result was recorded once, the log has no gaps, and the ledger saw
    /// nothing twice that was not interrupted.
    func verify(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await verifyLog(sourceLocation: sourceLocation)
        let ids = created.withLock { $0 }
        #expect(Set(ids.values).count == ids.count, "one execution for each number", sourceLocation: sourceLocation)
        let stored = try await cluster.number("SELECT count(*) FROM executions WHERE flow = 'load'")
        #expect(stored == ids.count, "no execution that nobody asked for", sourceLocation: sourceLocation)
        let completed = try await cluster.number("SELECT count(*) FROM outcomes WHERE flow = 'load' AND status = 10")
        #expect(completed == ids.count, "every execution completed", sourceLocation: sourceLocation)
        let open = try await cluster.number("SELECT count(*) FROM ready WHERE flow = 'load'")
        #expect(open == 0, "nothing is left to do", sourceLocation: sourceLocation)
        try await verifyResults(of: ids, sourceLocation: sourceLocation)
        try await verifyRepetitions(sourceLocation: sourceLocation)
    }

    private func verifyLog(sourceLocation: SourceLocation) async throws {
        let gaps = try await cluster.texts(
            """
            SELECT execution_id::text FROM events GROUP BY execution_id
            HAVING min(seq) <> 1 OR max(seq) <> count(*) OR count(DISTINCT seq) <> count(*)
            """)
        #expect(gaps.isEmpty, "events are numbered 1, 2, … without a gap", sourceLocation: sourceLocation)
        let misfits = try await cluster.texts(
            "SELECT problem FROM verify_logs(ARRAY(SELECT id FROM executions)) LIMIT 5")
        #expect(misfits == [], "every row fits to the one before it", sourceLocation: sourceLocation)
        let odd = try await cluster.texts(
            """
            SELECT execution_id::text FROM events GROUP BY execution_id
            HAVING count(*) FILTER (WHERE type = 'execution.created') <> 1 OR count(*) FILTER (WHERE type = 'execution.started') <> 1
                OR count(*) FILTER (WHERE type = 'execution.completed') <> 1
                OR count(*) FILTER (WHERE type IN ('execution.failed', 'execution.cancelled', 'step.failed', 'step.timed_out')) > 0
            """)
        #expect(odd.isEmpty, "created, started and completed once, without failures", sourceLocation: sourceLocation)
    }

    /// What a step recorded is what the ledger answered to that step of that execution.
    private func verifyResults(of ids: [Int: String], sourceLocation: SourceLocation) async throws {
        let keys = Dictionary(ledger.entries.map { ("\($0.execution)/\($0.step)", $0.key) }) { first, _ in first }
        var results: [String: Int] = [:]
        var wrong: [String] = []
        let rows = try await cluster.rows(
            """
            SELECT execution_id::text, step_id, metadata -> 'o' -> 'body' ->> 'receipt', (metadata -> 'o' -> 'body' ->> 'number')::bigint
            FROM events WHERE type = 'step.completed'
            """)
        for row in rows {
            let (id, step) = (try row.string(0), try row.string(1))
            let (receipt, number) = (try row.stringIfPresent(2), try row.int64IfPresent(3))
            results["\(id)/\(step)", default: 0] += 1
            if receipt != keys["\(id)/\(step)"] || ids[Int(number ?? -1)] != id { wrong.append("\(id)/\(step)") }
        }
        let expected = Set(ids.values.flatMap { id in Self.steps.map { "\(id)/\($0)" } })
        #expect(Set(results.keys) == expected, "every step has a result", sourceLocation: sourceLocation)
        #expect(results.values.allSatisfy { $0 == 1 }, "and only one", sourceLocation: sourceLocation)
        #expect(wrong.isEmpty, "which is what the ledger answered", sourceLocation: sourceLocation)
    }

    /// A step was called again only where an owner was lost during it: it is the one that completed first after a
    /// take-over.
    private func verifyRepetitions(sourceLocation: SourceLocation) async throws {
        var interruptions: [String: Int] = [:]
        let rows = try await cluster.rows(
            """
            SELECT r.execution_id::text,
                (SELECT s.step_id FROM events s WHERE s.execution_id = r.execution_id AND s.seq > r.seq AND s.type = 'step.completed'
                    ORDER BY s.seq LIMIT 1)
            FROM events r WHERE r.type = 'execution.recovered'
            """)
        for row in rows { interruptions["\(try row.string(0))/\(try row.stringIfPresent(1) ?? "")", default: 0] += 1 }
        var calls: [String: Int] = [:]
        for entry in ledger.entries { calls["\(entry.execution)/\(entry.step)", default: 0] += 1 }
        let repeated = calls.filter { $0.value > 1 }
        let unexplained = repeated.filter { $0.value - 1 > interruptions[$0.key, default: 0] }
        #expect(unexplained.isEmpty, "only interrupted attempts were repeated", sourceLocation: sourceLocation)
        let keys = Set(ledger.entries.map(\.key))
        #expect(
            keys.count == calls.count, "one key for all attempts of a step, and for no other",
            sourceLocation: sourceLocation)
    }

    /// How often an owner was lost, and the time of the last take-over in seconds since 1970.
    func recoveries() async throws -> (executions: Set<String>, last: Double) {
        let rows = try await cluster.rows(
            "SELECT execution_id::text, EXTRACT(EPOCH FROM at)::double precision FROM events WHERE type = 'execution.recovered'"
        )
        var executions: Set<String> = []
        var last = 0.0
        for row in rows {
            executions.insert(try row.string(0))
            last = max(last, try row.double(1))
        }
        return (executions, last)
    }
}

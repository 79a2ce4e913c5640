import PostgresClient
import SkeinCore

/// Gives every execution what it waits for until all have ended.
package struct Finisher: Sendable {
    private let lab: Lab
    private let client: LoadClient

    package init(_ lab: Lab, _ client: LoadClient) {
        self.lab = lab
        self.client = client
    }

    /// Returns how long it took. Executions of the flow `pill` are left out: they are to be set aside.
    ///
    /// - Throws: when nothing has ended for as long as the limit.
    @discardableResult
    package func finish(within limit: Duration) async throws -> Duration {
        let start = ContinuousClock.now
        var worst: Int64 = 0
        var fewest = Int.max
        var lastStep = start
        while true {
            let overdue = try await overdueMilliseconds()
            worst = max(worst, overdue)
            lab.remember("worstOverdueMs", .int(worst))
            let left = try await lab.number(
                """
                SELECT (SELECT count(*) FROM ready WHERE flow <> 'pill') + (SELECT count(*) FROM fanin)
                    + (SELECT count(*) FROM cascades)
                """)
            let spent = ContinuousClock.now - start
            if left == 0 {
                lab.remember("quiescentAfterMs", .int(spent.milliseconds))
                return spent
            }
            if left < fewest { (fewest, lastStep) = (left, ContinuousClock.now) }
            // Many that wait for an answer take long; what nobody moves any more is lost.
            guard ContinuousClock.now - lastStep < limit else {
                lab.remember("unfinished", .int(Int64(left)))
                throw ChaosFailure("\(left) executions have not ended \(spent) after the last fault healed")
            }
            // What waits for a person waits as long as the person takes: the bound counts from the last answer.
            if await answerAll() > 0 {
                lab.remember("answeredAfterMs", .int((ContinuousClock.now - start).milliseconds))
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Gives, while a storm goes on, what has been waited for for some seconds: people answer in all weathers.
    package func attend() async {
        while !Task.isCancelled {
            _ = await answerHidden(after: .seconds(4))
            try? await Task.sleep(for: .milliseconds(500))
        }
    }

    /// How long the most overdue row has been due for, since its last transition: one that was paused over its time is not
    /// late.
    private func overdueMilliseconds() async throws -> Int64 {
        Int64(
            try await lab.number(
                """
                SELECT COALESCE((SELECT max(extract(epoch FROM clock_timestamp() - GREATEST(r.next_at,
                        (SELECT max(l.at) FROM log l WHERE l.execution_id = r.execution_id))) * 1000)::bigint
                    FROM ready r WHERE r.next_at <= clock_timestamp() AND r.flow <> 'pill'), 0)
                """))
    }

    /// Returns how many were given something.
    private func answerAll() async -> Int {
        guard let web = lab.instances.first?.web else { return 0 }
        let path = "/v1/executions?status=waiting&status=paused&limit=1000"
        guard let items = try? await web.get(path).json.items.array else { return 0 }
        let waiting = items.filter {
            $0.flowId.string != "pill"
                && ($0.status.string == "paused" || ["signal", "manual"].contains($0.wait["kind"]?.string))
        }
        await withDiscardingTaskGroup { group in
            for item in waiting.prefix(200) {
                guard let id = item.id.string else { continue }
                group.addTask { await answer(id, item) }
            }
        }
        if waiting.isEmpty { return await answerHidden() }
        return waiting.count
    }

    /// One branch failed for good, another waits: the list shows such an execution as running, without a wait.
    private func answerHidden(after silence: Duration = .zero) async -> Int {
        let sql = """
            SELECT r.execution_id::text FROM ready r
            WHERE r.owner IS NULL AND r.flow <> 'pill' AND r.next_at > clock_timestamp() + INTERVAL '5 seconds'
                AND (SELECT max(l.at) FROM log l WHERE l.execution_id = r.execution_id)
                    < clock_timestamp() - $1 * INTERVAL '1 microsecond'
                AND (r.next_at < 'infinity' OR $1 > 0) LIMIT 50
            """
        guard let rows = try? await lab.run(sql, [.int8(silence.microseconds)]) else { return 0 }
        let ids = rows.compactMap { try? $0.string(0) }
        await withDiscardingTaskGroup { group in
            for id in ids {
                group.addTask {
                    for name in ["go", "other"] { await client.signal(-1, id, name) }
                    await client.resume(-1, id)
                }
            }
        }
        return ids.count
    }

    private func answer(_ id: String, _ execution: JSONValue) async {
        if execution.status.string == "paused" { return await client.resume(-1, id) }
        // The list shows one wait; other branches may wait for another signal.
        switch execution.wait["kind"]?.string {
        case "signal": await client.signal(-1, id, execution.wait.signal.string ?? "go")
        case "manual": await client.resume(-1, id)
        default: break
        }
    }
}

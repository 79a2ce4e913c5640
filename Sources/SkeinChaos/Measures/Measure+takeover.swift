import Foundation
import PostgresClient
import SkeinCore

extension Measure {
    /// From the death of an instance to the row that takes each of its executions over, by the database's clock.
    static let takeover = Scenario(
        "takeover", "from kill -9 or SIGTERM to the take-over, default lease",
        world: { settings in
            settings.lease = .seconds(10)
            settings.sweep = .seconds(5)
            settings.dawdle = .zero
        }
    ) { stage in
        var latencies: [Double] = []
        for _ in 0..<3 {
            let (victim, held) = try await stage.loaded(40)
            let time = presentTime()
            victim.process.send(SIGKILL)
            try await victim.process.waitForExit()
            latencies += try await stage.takeovers(of: held, after: time, within: .seconds(30))
            try await stage.reman()
        }
        stage.report("take-over after kill -9, lease 10 s (bar 11,000)", latencies.summary)
        var handoffs: [Double] = []
        for _ in 0..<3 {
            let (victim, held) = try await stage.loaded(40, flow: "patient")
            let worker = try await victim.web.get("/v1/stats").json.workerId.string ?? ""
            let time = presentTime()
            try await stage.lab.stopGracefully(victim)
            handoffs += try await stage.handovers(of: held, from: worker, after: time, within: .seconds(30))
            try await stage.reman()
        }
        stage.report("hand-over after SIGTERM, from the last row of who leaves (bar 2,000)", handoffs.summary)
    }
}

extension Stage {
    /// An instance that runs at least half as many long steps as were started.
    func loaded(_ count: Int, flow: String = "long") async throws -> (LabInstance, Set<String>) {
        if family.flow(flow) == nil {
            try await register([
                [
                    "id": .string(flow), "version": "1.0.0", "initialStepId": "s0",
                    "steps": [
                        "s0": [
                            "type": "slow", "config": ["delay": flow == "long" ? 4_000 : 700],
                            "transitions": ["onSuccess": "s1"],
                        ],
                        "s1": ["type": "work", "transitions": ["onSuccess": "s2"]],
                        "s2": ["type": "slow", "config": ["delay": 700], "transitions": [:]],
                    ],
                ]
            ])
        }
        await withDiscardingTaskGroup { group in
            for index in 0..<count * 2 {
                group.addTask { [client] in await client.create(index, flow) }
            }
        }
        return try await eventually("an instance runs some") {
            for instance in lab.instances {
                let held = running(in: instance, flow: flow)
                if held.count >= count / 4 { return (instance, held) }
            }
            return nil
        }
    }

    /// Milliseconds from a time to the first row of another owner in each execution, once all have one.
    func takeovers(of ids: Set<String>, after time: Int64, within limit: Duration) async throws -> [Double] {
        let sql = """
            SELECT (extract(epoch FROM min(l.at)) * 1000000)::bigint FROM log l
            WHERE l.execution_id = ANY($1::text[]::uuid[]) AND l.kind = 5 AND l.at > to_timestamp($2)
            GROUP BY l.execution_id
            """
        var found: [Double] = []
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            found = []
            for row in try await lab.run(sql, [.array(.texts(Array(ids))), .double(Double(time) / 1e6)]) {
                found.append(Double(try row.int64(0) - time) / 1_000)
            }
            let open = try await lab.number(
                "SELECT count(*) FROM ready WHERE execution_id = ANY($1::text[]::uuid[])", [.array(.texts(Array(ids)))])
            if found.count == ids.count || open == 0 { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        return found
    }

    /// Milliseconds from the last row that an instance which stops has written, or from the signal, to the first row of
    /// another owner.
    func handovers(
        of ids: Set<String>, from worker: String, after time: Int64, within limit: Duration
    ) async throws -> [Double] {
        let held: [PostgresParameter] = [.array(.texts(Array(ids)))]
        try await until("all that was handed over has ended", within: limit, every: .milliseconds(100)) {
            try await lab.number("SELECT count(*) FROM ready WHERE execution_id = ANY($1::text[]::uuid[])", held) == 0
        }
        let sql = """
            WITH rows AS (
                SELECT execution_id, at, convert_from(body, 'UTF8')::jsonb ->> 'w' = $2 AS leaves
                FROM log WHERE execution_id = ANY($1::text[]::uuid[])
            ), ends AS (
                SELECT execution_id, greatest(max(at) FILTER (WHERE leaves), to_timestamp($3)) AS at
                FROM rows GROUP BY execution_id
            )
            SELECT (extract(epoch FROM min(r.at) - e.at) * 1000000)::bigint
            FROM ends e JOIN rows r USING (execution_id) WHERE NOT r.leaves AND r.at > e.at
            GROUP BY execution_id, e.at
            """
        return try await lab.run(sql, held + [.text(worker), .double(Double(time) / 1e6)]).map {
            Double(try $0.int64(0)) / 1_000
        }
    }
}

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
            let time = presentTime()
            try await stage.lab.stopGracefully(victim)
            handoffs += try await stage.takeovers(of: held, after: time, within: .seconds(30))
            try await stage.reman()
        }
        stage.report("hand-over after SIGTERM (bar 2,000 beyond the grace)", handoffs.summary)
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
}

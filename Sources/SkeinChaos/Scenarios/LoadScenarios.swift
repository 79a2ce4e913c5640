// Much of something, the same thing twice, and handlers that misbehave.

import Foundation
import PostgresClient
import SkeinCore

/// L1-L5, H1-H5, D1-D5, X1.
enum LoadScenarios {
    static let all: [Scenario] = [
        Scenario("L1", "two thousand timers at one instant", [.a, .b]) { stage in
            let count = 2_000
            let began = presentTime()
            let due = began + 4_000_000
            try await stage.createTimers(count, at: due)
            try await until("all have fired", within: .seconds(60), every: .milliseconds(100)) {
                try await stage.lab.number("SELECT count(*) FROM ready WHERE flow = 'timer'") == 0
            }
            let fired = try await stage.lab.number(
                "SELECT count(*) FROM events WHERE type = 'execution.resumed' AND metadata->>'cause' = 'timer'")
            stage.sometimes("L1 timers fired", fired)
            let early = try await stage.lab.number(
                """
                SELECT count(*) FROM events e JOIN executions x ON x.id = e.execution_id
                WHERE x.flow = 'timer' AND e.type = 'execution.resumed' AND e.at < to_timestamp($1)
                    AND x.created_at > to_timestamp($2)
                """, [.double(Double(due) / 1e6), .double(Double(began) / 1e6)])
            guard early == 0 else { throw ChaosFailure("\(early) timers fired too early") }
        },
        Scenario("L2", "a thousand signals to one execution") { stage in
            guard let id = await stage.client.create(0, "sleeper") else { throw ChaosFailure("not created") }
            await withDiscardingTaskGroup { group in
                for index in 0..<1_000 {
                    if index % 2 == 0 {
                        group.addTask { [client = stage.client] in await client.signal(index, id, "other") }
                    }
                }
            }
            await stage.client.signal(0, id, "go")
            try await stage.storm { try await stage.progress(10) }
        },
        Scenario("L3", "a thousand schedules of one instant, and their leader killed at it") { stage in
            let due = Timestamp(microseconds: presentTime() + 20_000_000)
            let web = try await stage.leader().0.web
            for part in 0..<20 {
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for index in 0..<50 {
                        let schedule: JSONValue = [
                            "name": .string("crowd-\(part)-\(index)"), "flowId": "brief", "at": .string("\(due)"),
                        ]
                        group.addTask { try await web.post("/v1/schedules", schedule).status }
                    }
                    for try await status in group where status != 201 { throw ChaosFailure("refused: \(status)") }
                }
            }
            guard presentTime() < due.microseconds else { throw ChaosFailure("not all were made before their time") }
            let leader = try await stage.leader().0
            try await until("it is time", within: .seconds(30), every: .milliseconds(1)) {
                presentTime() >= due.microseconds
            }
            try await stage.lab.kill(leader)
            let decided = "SELECT count(*) FROM schedule_ticks WHERE decision = 0 AND execution_id IS NOT NULL"
            try await until("all have ticked", within: .seconds(60), every: .milliseconds(100)) {
                try await stage.lab.number(decided) == 1_000
            }
            let made = try await stage.lab.number("SELECT count(*) FROM executions WHERE flow = 'brief'")
            guard made == 1_000 else { throw ChaosFailure("\(made) executions for 1,000 ticks") }
            try await stage.reman()
        },
        Scenario("L4", "many readers of streams") { stage in
            let readers = try Subscribers(stage.lab, stage.client)
            await withDiscardingTaskGroup { group in
                group.addTask { await readers.run(count: 100) }
                try? await stage.storm { try await stage.progress(60, within: .seconds(60)) }
                group.cancelAll()
            }
        },
        Scenario(
            "L5", "claims before a backlog of a million rows",
            skipped: "plans are tested in SkeinPostgresIntegrationTests"),
        Scenario("H1", "a handler that never returns") { stage in
            try await stage.register([
                [
                    "id": "stuck", "version": "1.0.0", "initialStepId": "s0",
                    "steps": ["s0": ["type": "hang", "timeoutMs": 1_000, "transitions": [:]]],
                ]
            ])
            for _ in 0..<10 { await stage.client.create(0, "stuck") }
            try await stage.storm { try await stage.progress(20) }
        },
        Scenario("H2", "a handler that kills its process, again and again") { stage in
            try await stage.register([
                [
                    "id": "pill", "version": "1.0.0", "initialStepId": "s0",
                    "steps": ["s0": ["type": "pill", "transitions": [:]]],
                ]
            ])
            try await stage.storm {
                // Not by the client: nobody else is to touch it.
                let reply = try await stage.lab.instances[0].web.post("/v1/executions", ["flowId": "pill"])
                guard reply.status == 201 else { throw ChaosFailure("not created: \(reply.text)") }
                let held = "SELECT count(*) FROM events WHERE type = 'execution.quarantined'"
                try await until("it is set aside", within: .seconds(120), every: .milliseconds(200)) {
                    try await stage.reman()
                    return try await stage.lab.number(held) == 1
                }
                try await stage.progress(10)
            }
        },
        Scenario("H3", "results that cannot be stored", skipped: "limits are tested in SkeinTests"),
        Scenario("H4", "a handler that leaks", skipped: "no bound is promised for handlers of the same process"),
        Scenario(
            "H5", "code that changes its mind in a replay",
            skipped: "tested in SkeinTests (WORKFLOW_DEFINITION_CHANGED)"),
        Scenario("W1", "signals that arrive while their executions fall asleep", [.a, .b]) { stage in
            let slow = try await stage.lab.start(points: "sleep.beforeCommit=delay(80)%100")
            var ids: [String] = []
            for index in 0..<40 {
                if let id = await stage.client.create(index, "sleeper", at: slow) { ids.append(id) }
                await stage.client.signal(index, ids.last ?? "", "go")
            }
            // Nobody sends anything else: what was missed stays asleep.
            try await until("all have heard their signals", within: .seconds(15)) {
                try await stage.lab.number(
                    "SELECT count(*) FROM ready WHERE execution_id = ANY($1::text[]::uuid[])", [.array(.texts(ids))])
                    == 0
            }
            try await stage.lab.stopGracefully(slow)
        },
        Scenario("D1", "one resume a hundred times at once") { stage in
            guard let id = await stage.client.create(0, "sleeper") else { throw ChaosFailure("not created") }
            await withDiscardingTaskGroup { group in
                for index in 0..<100 {
                    group.addTask { [client = stage.client] in await client.signal(index, id, "go") }
                }
            }
        },
        Scenario("D2", "one key two hundred times at once, while Redis forgets", [.a, .b]) { stage in
            try await stage.storm {
                for _ in 0..<4 {
                    await stage.lab.redis.command(["FLUSHALL"])
                    try await stage.contend(over: "chain", count: 50)
                }
            }
            stage.sometimes("D2 refused", LineFile.read(stage.lab.folder.client).count { $0.status.int == 422 })
        },
        Scenario("D3", "one key with many payloads at once") { stage in
            for _ in 0..<10 {
                let key = "payloads-\(stage.client.newPayload())"
                await withDiscardingTaskGroup { group in
                    for index in 0..<20 {
                        group.addTask { [client = stage.client] in await client.create(index, "brief", key: key) }
                    }
                }
            }
        },
        Scenario(
            "D4", "a key at the instant of its end",
            skipped: "tested with a virtual clock in the stores' conformance suite"),
        Scenario("D5", "cancel, signal, resume and end at one moment", [.a, .b]) { stage in
            var ids: [String] = []
            for index in 0..<60 { if let id = await stage.client.create(index, "sleeper") { ids.append(id) } }
            await withDiscardingTaskGroup { group in
                for (index, id) in ids.enumerated() {
                    group.addTask { [client = stage.client] in await client.cancel(index, id) }
                    group.addTask { [client = stage.client] in await client.signal(index, id, "go") }
                    group.addTask { [client = stage.client] in await client.resume(index, id) }
                    group.addTask { [client = stage.client] in await client.cancel(index + 100, id) }
                }
            }
            let ends = try await stage.lab.run(
                "SELECT status::integer, count(*) FROM outcomes WHERE execution_id = ANY($1::text[]::uuid[]) GROUP BY 1",
                [.array(.texts(ids))])
            for row in ends { stage.report("D5 status \(try row.int32(0))", "\(try row.int64(1))") }
        },
    ]
}

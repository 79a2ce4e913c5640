// A PostgreSQL that crashes, hangs and loses answers.

import Foundation
import SkeinCore

/// P1f-P16f.
enum PostgresScenarios {
    static let all: [Scenario] = [
        Scenario("P1f", "sessions are terminated at random") { stage in
            try await stage.storm {
                var count = 0
                for _ in 0..<20 {
                    count += try await stage.lab.terminateConnections(limit: 4)
                    try await stage.progress(2)
                }
                stage.sometimes("P1f terminated", count)
            }
        },
        Scenario("P2f", "commits whose answer is lost", [.a, .b]) { stage in
            try await stage.storm {
                let before = stage.point("commit.mine")
                try await until("a commit was found to be ours", within: .seconds(40), every: .milliseconds(200)) {
                    for instance in stage.lab.instances { instance.postgres.set { $0.swallowNext = 2 } }
                    return stage.point("commit.mine") > before + 1
                }
                stage.sometimes("P2f ambiguous, had committed", stage.point("commit.mine") - before)
            }
        },
        Scenario("P2s", "signals whose answer is lost", [.a, .b]) { stage in
            var ids: [String] = []
            for index in 0..<12 { if let id = await stage.client.create(index, "sleeper") { ids.append(id) } }
            try await until("all wait") {
                try await stage.lab.number("SELECT count(*) FROM ready WHERE flow = 'sleeper' AND owner IS NULL")
                    >= ids.count
            }
            for id in ids {
                // Nothing else is committed now: the next one is the signal.
                for instance in stage.lab.instances { instance.postgres.set { $0.swallowNext = 1 } }
                await stage.client.signal(0, id, "nobody")
            }
            let swallowed = stage.lab.all.reduce(0) { $0 + $1.postgres.tally.swallowed }
            stage.sometimes("P2s answers lost", swallowed)
        },
        Scenario("P3f", "commits that are lost", [.a, .b]) { stage in
            try await stage.storm {
                let before = stage.point("commit.reapplied")
                try await until("a commit was done again", within: .seconds(40), every: .milliseconds(200)) {
                    for instance in stage.lab.instances { instance.postgres.set { $0.dropNext = 2 } }
                    return stage.point("commit.reapplied") > before + 1
                }
                stage.sometimes("P3f ambiguous, had not committed", stage.point("commit.reapplied") - before)
            }
        },
        Scenario("P2c", "claims whose answer is lost", [.a, .b]) { stage in
            for _ in 0..<2 {
                for instance in stage.lab.instances { instance.postgres.set { $0.swallowClaims = 2 } }
                try await stage.createTimers(30, at: presentTime() + 500_000)
                // Whoever has forgotten that it owns something must not keep it.
                try await until("all timers have fired", within: stage.lab.settings.lease * 3 + .seconds(10)) {
                    try await stage.lab.number("SELECT count(*) FROM ready WHERE flow = 'timer'") == 0
                }
            }
        },
        Scenario("P4f", "commits that hang for a standby that is not there, then are cut", [.a, .b]) { stage in
            try await stage.storm {
                try await stage.progress(3)
                try await stage.lab.configure("synchronous_standby_names", to: "ghost")
                let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                try await until("commits hang") { try await stage.lab.number(waiting) > 1 }
                let cut = try await stage.lab.number(
                    """
                    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'
                    """)
                stage.sometimes("P4f cut while in flight", cut)
                try await stage.lab.configure("synchronous_standby_names", to: "")
                try await stage.progress(3)
            }
        },
        Scenario("P5f", "PostgreSQL crashes and recovers, again and again", [.a, .b]) { stage in
            try await stage.storm {
                for _ in 0..<4 {
                    try await stage.progress(2, within: .seconds(60))
                    stage.lab.note("postgres crash")
                    try await stage.lab.postgres.crash()
                    try await stage.lab.postgres.start()
                    try await stage.contend(over: "brief", count: 20)
                }
            }
        },
        Scenario("P6f", "kill -9 of one backend, which resets all") { stage in
            try await stage.storm {
                for _ in 0..<2 {
                    try await stage.progress(3, within: .seconds(60))
                    let pid = try await stage.lab.number(
                        """
                        SELECT pid FROM pg_stat_activity WHERE application_name = 'skein-' || current_schema() LIMIT 1
                        """)
                    kill(Int32(pid), SIGKILL)
                }
                try await stage.progress(5, within: .seconds(60))
            }
        },
        Scenario("P7f", "the data volume is full", skipped: "needs a tablespace on a small mounted volume"),
        Scenario("P8f", "the volume of the WAL is full", skipped: "needs a second cluster on a small mounted volume"),
        Scenario("P9f", "somebody else locks the tables") { stage in
            try await stage.storm {
                try await stage.progress(3)
                for table in ["ready", "executions", "log"] {
                    try await stage.lab.hold(table, for: .seconds(2))
                    try await stage.progress(3, within: .seconds(60))
                }
            }
        },
        Scenario(
            "P10f", "serialisation failures and deadlocks by force",
            skipped: "statements set their isolation themselves; no injector is written"),
        Scenario("P11f", "no connection is left") { stage in
            try await stage.storm {
                try await stage.progress(3)
                _ = try await stage.lab.terminateConnections(limit: 1_000)
                try await stage.lab.configure("max_connections", to: "", alsoHold: 150)
                try await stage.progress(5, within: .seconds(60))
            }
        },
        Scenario("P12f", "links to PostgreSQL with 200 ms of latency") { stage in
            try await stage.storm {
                for instance in stage.lab.instances { instance.postgres.set { $0.delay = .milliseconds(100) } }
                let before = try await stage.recoveries()
                try await stage.progress(10, within: .seconds(60))
                let taken = try await stage.recoveries() - before
                guard taken == 0 else { throw ChaosFailure("\(taken) leases were lost on a slow link") }
            }
        },
        Scenario(
            "P13f", "fail-over to a standby that lags",
            skipped: "needs a second cluster; the engine's side is tested in SkeinPostgresIntegrationTests"),
        Scenario("P14f", "an older backup is restored", skipped: "needs a second cluster"),
        Scenario("P15f", "a migration and VACUUM FULL during load") { stage in
            try await stage.storm {
                try await stage.progress(5)
                for table in ["ready", "inbox", "outcomes_default"] {
                    _ = try await stage.lab.run("VACUUM FULL \(table)")
                    try await stage.progress(2)
                }
            }
        },
        Scenario("P16f", "pgbouncer in between", skipped: "pgbouncer is not installed"),
    ]
}

extension Stage {
    /// How often a named point had effect, over all instances.
    func point(_ name: String) -> Int { lab.folder.pointCounts[name] ?? 0 }

    /// One key many times at once over all instances, once in five with another payload.
    func contend(over flow: String, count: Int) async throws {
        let (key, marker) = ("contended-\(client.newPayload())", client.newPayload())
        await withDiscardingTaskGroup { group in
            for index in 0..<count {
                group.addTask { [client] in
                    await client.create(70 + index, flow, key: key, marker: index % 5 == 4 ? nil : marker)
                }
            }
        }
    }
}

extension Lab {
    /// Changes a setting of the server; empty: back to its default.
    func configure(_ setting: String, to value: String, alsoHold connections: Int = 0) async throws {
        if connections > 0 { return try await hold(connections) }
        _ = try await run(value.isEmpty ? "ALTER SYSTEM RESET \(setting)" : "ALTER SYSTEM SET \(setting) = '\(value)'")
        _ = try await run("SELECT pg_reload_conf()")
    }
}

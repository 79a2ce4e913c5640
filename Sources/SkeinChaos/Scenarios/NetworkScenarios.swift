// Links that are silent, deaf or come and go.

import Foundation
import PostgresClient
import SkeinCore

/// N1-N6, C1-C3.
enum NetworkScenarios {
    static let all: [Scenario] = [
        Scenario("N1", "an instance is cut off from PostgreSQL alone") { stage in
            try await stage.storm {
                let victim = try await stage.holder(of: "slow", count: 3)
                let before = try await stage.recoveries()
                victim.postgres.set { faults in
                    faults.silence = .both
                    faults.refuses = true
                }
                try await until("what it held is taken over", within: .seconds(40)) {
                    try await stage.recoveries() > before
                }
                victim.postgres.heal()
                try await stage.progress(5)
            }
        },
        Scenario("N2", "an instance is cut off from Redis alone") { stage in
            try await stage.storm {
                stage.lab.instances.first?.redis?.set { faults in
                    faults.silence = .both
                    faults.refuses = true
                }
                try await stage.progress(20)
            }
        },
        Scenario("N3", "requests arrive at PostgreSQL, answers do not come back") { stage in
            try await stage.storm {
                let victim = stage.lab.instances[0]
                victim.postgres.set { $0.silence = .toClient }
                try await stage.progress(15, within: .seconds(60))
                try await until("its connections are given up", within: .seconds(40)) {
                    victim.process.err.contains("has not answered") || !victim.process.isRunning
                        || stage.lab.folder.count("fenced", of: victim) > 0
                }
                victim.postgres.heal()
                try await stage.progress(5)
            }
        },
        Scenario("N4", "half-open connections to PostgreSQL") { stage in
            try await stage.storm {
                let victim = stage.lab.instances[0]
                victim.postgres.set { $0.silence = .both }
                try await stage.progress(10, within: .seconds(60))
                // New connections pass; the old ones stay dead, and nobody says so.
                victim.postgres.set { $0.silence = nil }
                try await until("it answers from the database again", within: .seconds(30)) {
                    (try? await victim.web.get("/v1/executions?limit=1", within: .seconds(2)).status) == 200
                }
            }
        },
        Scenario("N5", "a link that comes and goes") { stage in
            try await stage.storm {
                for _ in 0..<6 {
                    for instance in stage.lab.instances {
                        for link in instance.links {
                            link.set { $0.refuses = true }
                            link.cut()
                        }
                    }
                    try await Task.sleep(for: .milliseconds(700))
                    for instance in stage.lab.instances { for link in instance.links { link.heal() } }
                    try await stage.progress(3, within: .seconds(60))
                }
            }
        },
        Scenario("N7", "a claim that arrives in two pieces, more than a lease apart", [.a, .b]) { stage in
            let lease = stage.lab.settings.lease
            for instance in stage.lab.instances {
                instance.postgres.set { faults in
                    faults.stallClaims = 2
                    faults.stall = lease * 1.2
                }
            }
            // What nobody is born with has to be claimed.
            let items = [JSONValue](repeating: ["flowId": "slow"], count: 30)
            let reply = try await stage.lab.instances[0].web.post("/v1/executions/batch", ["items": .array(items)])
            let ids = (reply.json.items.array ?? []).compactMap { $0.execution.id.string }
            guard ids.count == 30 else { throw ChaosFailure(String(reply.text.prefix(500))) }
            let mine: [PostgresParameter] = [.array(.texts(ids))]
            try await until("all have ended", within: .seconds(40), every: .milliseconds(100)) {
                // Somebody looks while what was claimed late still runs.
                await stage.lab.redis.command(["PUBLISH", "\(stage.lab.name):wake", #"{"reason":"look"}"#])
                return try await stage.lab.number(
                    "SELECT count(*) FROM ready WHERE execution_id = ANY($1::text[]::uuid[])", mine) == 0
            }
            let taken = try await stage.recovered(of: Set(ids))
            guard taken == 0 else { throw ChaosFailure("\(taken) leases were over before their owners had them") }
        },
        Scenario("N8", "an instance without its database is asked to create, then dies", [.a, .b]) { stage in
            let victim = stage.lab.instances[0]
            // It knows the flow then, and has nothing to ask before it commits.
            for index in 0..<3 { await stage.client.create(index, "brief", at: victim) }
            victim.postgres.set { $0.silence = .toServer }
            await withDiscardingTaskGroup { group in
                for index in 0..<10 {
                    group.addTask { [client = stage.client] in
                        await client.create(index, "brief", patience: 1, at: victim)
                    }
                }
                try? await Task.sleep(for: .seconds(1))
                try? await stage.lab.kill(victim)
            }
        },
        Scenario("N6", "names that do not resolve", skipped: "needs a network namespace of its own"),
        Scenario("C1", "instances whose clocks are off", skipped: "libfaketime does not go together with jemalloc"),
        Scenario("C2", "a database whose clock jumps", skipped: "the lab does not start the database's first server"),
        Scenario(
            "C3", "daylight saving", skipped: "tested in SkeinCoreTests, and against an oracle by scripts/cron-oracle"),
    ]
}

// Processes that die, freeze and stop.

import Foundation
import PostgresClient
import SkeinCore

/// F1-F12.
enum ProcessScenarios {
    static let all: [Scenario] = [
        Scenario("F1", "kill -9 in the middle of a handler", [.a, .b]) { stage in
            try await stage.storm {
                try await stage.progress(5)
                let victim = try await stage.holder(of: "slow", count: 3)
                let before = try await stage.recoveries()
                try await stage.lab.kill(victim)
                try await until("its executions are taken over") { try await stage.recoveries() > before }
                stage.sometimes("F1 taken over", try await stage.recoveries() - before)
                try await stage.reman()
            }
        },
        point("F2", "killed after the handler, before the commit", ["step.afterHandler=crash@8"], [.a, .b]),
        point("F3", "killed after a commit, before its answer is heard", ["commit.afterSend=crash@8"], [.a, .b]),
        point(
            "F4", "killed between a commit and its announcement",
            ["signal.afterCommit=crash@2", "sleep.afterCommit=crash@3"], [.a, .b]),
        point(
            "F4+", "killed at every other named point",
            [
                "claim.afterCommit=crash@2", "step.beforeHandler=crash@5", "commit.beforeSend=crash@6",
                "sleep.beforeCommit=crash@3", "create.afterCommit=crash@4", "heartbeat.beforeSend=crash@2",
                "redis.afterLock=crash@1",
            ]),
        Scenario("F5", "kill -9 of every instance in turn") { stage in
            try await stage.storm {
                for _ in 0..<12 {
                    try await stage.progress(3)
                    guard let victim = stage.lab.instances.first else { continue }
                    try await stage.lab.kill(victim)
                    try await stage.reman()
                }
            }
            stage.sometimes("F5 taken over", try await stage.recoveries())
        },
        Scenario("F6", "a zombie: frozen beyond its lease, then on again", [.a, .b]) { stage in
            try await stage.storm {
                // One that notices how late it is before it writes has nothing to be fenced: then another is frozen.
                var fenced = 0
                for _ in 0..<8 where fenced == 0 {
                    let victim = try await stage.holder(of: "slow", count: 5)
                    let before = stage.lab.folder.count("fenced", of: victim)
                    stage.lab.note("freeze", ["instance": .string(victim.label)])
                    victim.process.send(SIGSTOP)
                    let held = stage.running(in: victim)
                    try await until("what it held is taken over", within: .seconds(40)) {
                        try await stage.recovered(of: held) > 0
                    }
                    stage.lab.note("thaw", ["instance": .string(victim.label)])
                    victim.process.send(SIGCONT)
                    try await until("it is fenced, or has let go") {
                        fenced = stage.lab.folder.count("fenced", of: victim) - before
                        return fenced > 0 || stage.running(in: victim).isDisjoint(with: held)
                    }
                }
                stage.sometimes("F6 fenced writes", fenced)
            }
        },
        Scenario("F7", "frozen for less than its lease") { stage in
            for _ in 0..<6 { await stage.client.create(0, "slow") }
            let victim = try await stage.holder(of: "slow", count: 2)
            let before = try await stage.recoveries()
            victim.process.send(SIGSTOP)
            try await Task.sleep(for: stage.lab.settings.lease * 0.4)
            victim.process.send(SIGCONT)
            try await stage.progress(4)
            let taken = try await stage.recoveries() - before
            guard taken == 0 else {
                throw ChaosFailure("\(taken) executions were taken from an owner within its lease")
            }
        },
        Scenario("F8", "the schedules' leader frozen across a tick") { stage in
            try await stage.storm {
                let (leader, worker) = try await stage.leader()
                stage.lab.note("freeze", ["instance": .string(leader.label)])
                leader.process.send(SIGSTOP)
                let last = "SELECT decided_by::text FROM schedule_ticks ORDER BY decided_at DESC LIMIT 1"
                try await until("another decides", within: .seconds(40)) {
                    guard let row = try await stage.lab.run(last).first else { return false }
                    return try row.stringIfPresent(0) != worker
                }
                stage.lab.note("thaw", ["instance": .string(leader.label)])
                leader.process.send(SIGCONT)
                try await stage.progress(10)
            }
        },
        Scenario("F9", "handlers that compute on all cores for two leases") { stage in
            try await stage.register([
                [
                    "id": "burn", "version": "1.0.0", "initialStepId": "s0",
                    "steps": ["s0": ["type": "burn", "config": ["delay": 4_000], "transitions": [:]]],
                ]
            ])
            for _ in 0..<6 { await stage.client.create(0, "burn") }
            try await stage.storm { try await stage.progress(20, within: .seconds(60)) }
        },
        Scenario("F10", "a cold start with thousands asleep") { stage in
            let due = presentTime() + 12_000_000
            try await stage.createTimers(3_000, at: due)
            for instance in stage.lab.instances { try await stage.lab.kill(instance) }
            try await stage.reman()
            try await until("all timers have fired", within: .seconds(90), every: .milliseconds(200)) {
                try await stage.lab.number("SELECT count(*) FROM ready WHERE flow = 'timer'") == 0
            }
        },
        Scenario("F11", "SIGTERM, and a second one in the middle of the drain") { stage in
            try await stage.storm {
                let victim = try await stage.holder(of: "slow", count: 2)
                try await stage.lab.stopGracefully(victim)
                try await stage.reman()
                let second = try await stage.lab.start(points: "shutdown.midDrain=hang@1")
                try await stage.progress(10)
                stage.lab.note("sigterm", ["instance": .string(second.label)])
                second.process.send(SIGTERM)
                try await until("it drains") { stage.lab.folder.count("shutdown.midDrain", of: second) > 0 }
                try await stage.lab.kill(second)
            }
        },
        Scenario("F12", "two versions of the engine at once", skipped: "there is one version"),
    ]

    /// Instances that are killed at named points, one after the other, under load.
    static func point(_ name: String, _ title: String, _ points: [String], _ tiers: Set<Scenario.Tier> = [.b])
        -> Scenario
    {
        Scenario(name, title, tiers) { stage in
            try await stage.storm {
                for point in points {
                    let victim = try await stage.lab.start(points: point, isReady: false)
                    try await until("\(victim.label) dies at \(point)", within: .seconds(40)) {
                        // Locks are taken by requests that say so; the load has few.
                        if point.hasPrefix("redis.") { await stage.lock(by: victim) }
                        return !victim.process.isRunning
                    }
                    let mark = String(point.prefix { $0 != "=" })
                    stage.sometimes("\(name) \(mark)", stage.lab.folder.count(mark, of: victim))
                }
                try await stage.progress(5)
            }
        }
    }
}

extension Stage {
    /// An instance in which so many executions of a flow run at this moment; starts some until there is one.
    func holder(of flow: String, count: Int) async throws -> LabInstance {
        try await eventually("an instance runs \(count) of '\(flow)'", within: .seconds(40)) {
            for index in 0..<count { await client.create(90 + index, flow) }
            return lab.instances.first { running(in: $0, flow: flow).count >= count }
        }
    }

    /// Who leads the schedules.
    func leader() async throws -> (LabInstance, worker: String) {
        try await eventually("an instance leads the schedules", within: .seconds(40)) {
            for instance in lab.instances {
                guard let id = try? await instance.web.get("/v1/workers").json.leaders.schedules.string else {
                    continue
                }
                for other in lab.instances {
                    if try await other.web.get("/v1/stats").json.workerId.string == id { return (other, id) }
                }
            }
            return nil
        }
    }

    /// Asks an instance for something that it takes a lock for.
    func lock(by instance: LabInstance) async {
        guard let id = client.executions.last else { return }
        _ = try? await instance.web.post("/v1/executions/\(id)/pause", within: .seconds(1))
        _ = try? await instance.web.post("/v1/executions/\(id)/resume", within: .seconds(1))
    }

    /// Starts executions that all wait for one instant.
    func createTimers(_ count: Int, at due: Int64, chunk: Int = 500, tenant: String? = nil) async throws {
        let until = JSONValue.string(Timestamp(microseconds: due).description)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for start in stride(from: 0, to: count, by: chunk) {
                let size = min(chunk, count - start)
                let instances = lab.instances
                let web = instances[(start / chunk) % instances.count].web
                if start / chunk >= 4 { _ = try await group.next() }
                group.addTask {
                    var item: JSONObject = ["flowId": "timer", "context": ["until": until]]
                    item["tenantId"] = tenant.map { .string($0) }
                    let items = [JSONValue](repeating: .object(item), count: size)
                    let reply = try await web.post(
                        "/v1/executions/batch", ["items": .array(items)], within: .seconds(60))
                    guard (200..<300).contains(reply.status) else { throw ChaosFailure(reply.text) }
                }
            }
            try await group.waitForAll()
        }
    }
}

extension RunFolder {
    /// How often a named point had effect in an instance.
    func count(_ point: String, of instance: LabInstance) -> Int {
        let text = (try? String(contentsOfFile: points(instance.label), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").count { $0 == point }
    }
}

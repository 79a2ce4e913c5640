import Foundation
import SkeinCore
import Testing

extension EndToEnd {
    /// Schedules over several instances whose leader is lost.
    @Suite(.serialized, .timeLimit(.minutes(3)))
    struct ScheduleTests {
        static let flow: JSONValue = [
            "id": "tick", "version": "1.0.0", "initialStepId": "only",
            "steps": ["only": ["type": "log", "config": ["message": "tick"], "transitions": ["onSuccess": nil]]],
        ]

        /// What was decided must be the instants of the schedule without a gap, each with one execution where it fired.
        private func verify(_ cluster: Cluster) async throws {
            let gaps = try await cluster.number(
                """
                SELECT count(*) FROM (SELECT tick_at - lag(tick_at) OVER (PARTITION BY schedule_id ORDER BY tick_at) AS step FROM schedule_ticks) t
                WHERE step <> interval '1 second'
                """)
            #expect(gaps == 0, "no tick is missing and none is another's")
            let lonely = try await cluster.number(
                "SELECT count(*) FROM schedule_ticks k WHERE k.decision = 0 AND NOT EXISTS (SELECT FROM executions e WHERE e.id = k.execution_id)"
            )
            #expect(lonely == 0)
            let (fired, executions) = (
                try await cluster.number("SELECT count(*) FROM schedule_ticks WHERE decision = 0"),
                try await cluster.number("SELECT count(*) FROM executions")
            )
            #expect(fired == executions, "a tick that fired has one execution, an execution its tick")
        }

        private func leader(_ cluster: Cluster, of instances: [Instance]) async throws -> Instance {
            try await eventually("an instance leads the schedules") {
                for instance in instances where instance.process.isRunning {
                    guard let id = try? await instance.web.get("/v1/workers").json.leaders.schedules.string else {
                        continue
                    }
                    return instances.first { $0.workerID == id && $0.process.isRunning }
                }
                return nil
            }
        }

        private func decided(_ cluster: Cluster) async throws -> Int {
            try await cluster.number("SELECT count(*) FROM schedule_ticks")
        }

        /// Who has decided the last tick.
        private func decider(_ cluster: Cluster) async throws -> String? {
            try await cluster.texts("SELECT decided_by::text FROM schedule_ticks ORDER BY decided_at DESC LIMIT 1")
                .first
        }

        private func start(_ cluster: Cluster) async throws -> [Instance] {
            let instances = [try await cluster.serve("a"), try await cluster.serve("b"), try await cluster.serve("c")]
            try await instances[0].web.register(Self.flow)
            // However slow the machine is, every tick fires.
            let body: JSONValue = [
                "name": "every-second", "flowId": "tick", "intervalMs": 1_000, "overlap": "allow", "missed": "all",
            ]
            let made = try await instances[1].web.post("/v1/schedules", body)
            #expect(made.status == 201)
            try await until("ticks are decided") { try await decided(cluster) >= 2 }
            return instances
        }

        @Test("kill -9 of the leader: another leads under a later term, and every tick is decided once")
        func killedLeader() async throws {
            try await Cluster.run { cluster in
                let instances = try await start(cluster)
                let first = try await leader(cluster, of: instances)
                first.process.send(SIGKILL)
                try await first.process.waitForExit()
                let killed = ContinuousClock.now
                try await until("another decides", within: .seconds(20)) {
                    try await decider(cluster).map { $0 != first.workerID } ?? false
                }
                let lost = ContinuousClock.now - killed
                let present = try await decided(cluster)
                try await until("it goes on") { try await decided(cluster) >= present + 3 }
                try await verify(cluster)
                print("killed leader: another decided after \(lost)")
                let terms = try await cluster.number("SELECT token FROM fences WHERE name = 'leader:schedules'")
                #expect(terms >= 2)
            }
        }

        @Test("SIGTERM of the leader: another leads, and every tick fires")
        func stoppedLeader() async throws {
            try await Cluster.run { cluster in
                let instances = try await start(cluster)
                let first = try await leader(cluster, of: instances)
                first.process.send(SIGTERM)
                let stopped = ContinuousClock.now
                let others = instances.filter { $0.workerID != first.workerID }
                try await until("another leads", every: .milliseconds(5)) {
                    let id = try await others[0].web.get("/v1/workers").json.leaders.schedules.string
                    return others.contains { $0.workerID == id }
                }
                let lost = ContinuousClock.now - stopped
                try await first.process.waitForExit()
                let present = try await decided(cluster)
                try await until("it goes on") { try await decided(cluster) >= present + 2 }
                try await verify(cluster)
                #expect(try await cluster.number("SELECT count(*) FROM schedule_ticks WHERE decision <> 0") == 0)
                print("stopped leader: another led after \(lost)")
            }
        }

        @Test("a leader that is frozen across ticks decides none of them again")
        func frozenLeader() async throws {
            try await Cluster.run { cluster in
                let instances = try await start(cluster)
                let first = try await leader(cluster, of: instances)
                first.process.send(SIGSTOP)
                try await until("another decides") { try await decider(cluster).map { $0 != first.workerID } ?? false }
                first.process.send(SIGCONT)
                let present = try await decided(cluster)
                try await until("it goes on") { try await decided(cluster) >= present + 4 }
                try await verify(cluster)
            }
        }

        @Test("without Redis every instance tries, and every tick is decided once")
        func withoutRedis() async throws {
            try await Cluster.run(["REDIS_URL": ""]) { cluster in
                let instances = try await start(cluster)
                let present = try await decided(cluster)
                try await until("it goes on") { try await decided(cluster) >= present + 4 }
                for instance in instances.dropFirst() {
                    instance.process.send(SIGKILL)
                    try await instance.process.waitForExit()
                }
                let rest = try await decided(cluster)
                try await until("one alone goes on") { try await decided(cluster) >= rest + 2 }
                try await verify(cluster)
            }
        }
    }
}

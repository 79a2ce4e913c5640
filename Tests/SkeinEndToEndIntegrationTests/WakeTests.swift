import Foundation
import PostgresClient
import RedisClient
import SkeinCore
import Synchronization
import Testing

extension EndToEnd {
    /// Nobody looks by itself within the time of these tests: what is found is found because somebody said so.
    @Suite(.serialized, .timeLimit(.minutes(2)))
    struct WakeTests {
        private static let settings = ["SKEIN_SWEEP_MS": "60000"]
        private static let limit = Duration.seconds(15)

        private static let sleeper: JSONValue = [
            "id": "sleeper", "version": "1.0.0", "initialStepId": "sleep",
            "steps": [
                "sleep": ["type": "wait", "config": ["reason": "until told"], "transitions": ["onSuccess": "after"]],
                "after": ["type": "transform", "config": ["mapping": ["by": "resumeData.by"]], "outputKey": "result"],
            ],
        ]

        @Test(
            "a resume through an instance that runs nothing wakes the sleeper of another at once, by a message in Redis"
        )
        func resumeElsewhere() async throws {
            try await Cluster.run(Self.settings) { cluster in
                let a = try await cluster.serve("a", arguments: ["--api-only"])
                let b = try await cluster.serve("b")
                try await a.web.register(Self.sleeper)
                let id = try await a.web.create("sleeper")
                _ = try await a.web.status(id, becomes: "waiting", within: Self.limit)
                let heard = try await Listener(cluster)
                let before = try await redisWakes([a, b])
                #expect(try await a.web.post("/v1/executions/\(id)/resume", ["data": ["by": "a"]]).status == 200)
                let ended = try await a.web.status(id, becomes: "completed", within: Self.limit)
                #expect(ended.context.result == ["by": "a"])
                #expect(try await redisWakes([a, b]) > before)
                try await until("the message is heard", within: Self.limit) { heard.executions.contains(id) }
                await heard.stop()
                let workers = try await a.web.events(id).filter { $0.type.string != "execution.created" }.map(
                    \.workerId.string)
                #expect(workers.allSatisfy { $0 == b.workerID })
            }
        }

        @Test("sleepers wake on another instance than the one that parked them")
        func wakeElsewhere() async throws {
            try await Cluster.run(Self.settings) { cluster in
                let b = try await cluster.serve("b")
                try await b.web.register(Self.sleeper)
                let ids = try await EndToEnd.concurrently(60) { _ in try await b.web.create("sleeper") }
                try await until("all sleep", within: Self.limit) {
                    try await cluster.number("SELECT count(*) FROM events WHERE type = 'execution.waiting'") == 60
                }
                let a = try await cluster.serve("a")
                let before = try await redisWakes([a, b])
                try await resume(ids[..<30], through: a)
                try await until("those wake that both could wake", within: Self.limit) { try await cluster.ended == 30 }
                #expect(try await redisWakes([a, b]) - before >= 30)

                b.process.send(SIGTERM)
                #expect(try await b.process.waitForExit() == .code(0))
                try await resume(ids[30...], through: a)
                try await until("the others wake", within: Self.limit) { try await cluster.ended == 60 }
                for id in ids[30...] {
                    let events = try await a.web.events(id)
                    #expect(events.first { $0.type.string == "execution.waiting" }?.workerId.string == b.workerID)
                    #expect(events.last?.workerId.string == a.workerID)
                }
            }
        }

        @Test("a thousand timers of one instant all fire, once each and none too early")
        func timers() async throws {
            try await Cluster.run(Self.settings) { cluster in
                let instances = [try await cluster.serve("a"), try await cluster.serve("b")]
                try await instances[0].web.register([
                    "id": "timer", "version": "1.0.0", "initialStepId": "sleep",
                    "steps": [
                        "sleep": [
                            "type": "delay", "config": ["until": "${until}"], "transitions": ["onSuccess": "after"],
                        ],
                        "after": [
                            "type": "transform", "config": ["mapping": ["done": ["literal": true]]],
                            "outputKey": "result",
                        ],
                    ],
                ])
                let instant = TestEnvironment.now + 15
                let text = Timestamp(microseconds: Int64(instant * 1e6)).description
                _ = try await EndToEnd.concurrently(20) { part in
                    for _ in 0..<50 { _ = try await instances[part % 2].web.create("timer", ["until": .string(text)]) }
                }
                try await until("a thousand sleep", within: Self.limit) {
                    try await cluster.number("SELECT count(*) FROM events WHERE type = 'execution.waiting'") == 1_000
                }
                #expect(TestEnvironment.now < instant, "they were all asleep before the instant")
                try await until("all have fired", within: Self.limit + .seconds(15)) {
                    try await cluster.ended == 1_000
                }
                let early = try await cluster.number(
                    "SELECT count(*) FROM events WHERE type = 'execution.resumed' AND at < to_timestamp($1)",
                    [.double(instant)])
                #expect(early == 0)
                #expect(
                    try await cluster.number("SELECT count(*) FROM events WHERE type = 'execution.resumed'") == 1_000)
                #expect(try await cluster.number("SELECT count(*) FROM events WHERE type = 'step.completed'") == 1_000)
                let bySweep = try await instances[0].web.metric("skein_wakes_total", #"source="sweep""#)
                print(
                    "timers: the last fired \(try await last(cluster) - instant) s after the instant; \(bySweep) by a sweep of the first instance"
                )
            }
        }

        private func last(_ cluster: Cluster) async throws -> Double {
            try await Double(
                cluster.number(
                    "SELECT (EXTRACT(EPOCH FROM max(at)) * 1000)::bigint FROM events WHERE type = 'execution.resumed'"))
                / 1_000
        }

        private func resume(_ ids: ArraySlice<String>, through instance: Instance) async throws {
            let ids = Array(ids)
            let statuses = try await EndToEnd.concurrently(ids.count) {
                try await instance.web.post("/v1/executions/\(ids[$0])/resume", ["data": ["by": "test"]]).status
            }
            #expect(statuses.allSatisfy { $0 == 200 })
        }

        private func redisWakes(_ instances: [Instance]) async throws -> Double {
            var sum = 0.0
            for instance in instances { sum += try await instance.web.metric("skein_wakes_total", #"source="redis""#) }
            return sum
        }
    }
}

/// Listens to the wakes of a cluster, as any program may.
private final class Listener: Sendable {
    private let client: RedisClient
    private let task: Task<Void, Never>
    private let heard: Heard

    private final class Heard: Sendable {
        let executions = Mutex<Set<String>>([])
    }

    init(_ cluster: Cluster) async throws {
        client = try OwnRedis.client(cluster.redisURL)
        let subscription = try await client.subscribe(["\(cluster.name):wake"])
        let heard = Heard()
        self.heard = heard
        task = Task {
            for await message in subscription {
                guard let payload = message.payload, let id = (try? JSONValue(parsing: payload))?.executionId.string
                else { continue }
                heard.executions.withLock { _ = $0.insert(id) }
            }
        }
    }

    var executions: Set<String> { heard.executions.withLock { $0 } }

    func stop() async {
        task.cancel()
        await client.close()
    }
}

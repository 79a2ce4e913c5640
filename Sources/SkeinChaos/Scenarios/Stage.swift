// Where scenarios act: a lab with clients and readers on it, and the helpers that let a fault wait for something that was
// seen, never for time.

import Foundation
import PostgresClient
import RedisClient
import SkeinCore
import SkeinSimulation
import Synchronization

/// A lab under load.
final class Stage: Sendable {
    private struct State {
        var sometimes: [(name: String, count: Int)] = []
        /// The highest value of each counter that an instance showed.
        var counters: [String: [String: Double]] = [:]
        var numbers: [(String, String)] = []
    }

    /// How many random families of flows there are.
    static let families = 6
    /// Instances that are there from the beginning to the end.
    static let crew = 3

    let lab: Lab
    let client: LoadClient
    let family: FlowFamily
    private let state = Mutex(State())
    private let storms = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    init(_ lab: Lab) throws {
        self.lab = lab
        client = try LoadClient(lab)
        family = FlowFamily(seed: lab.settings.seed, families: Self.families)
        lab.remember("loadSeed", .int(Int64(bitPattern: lab.settings.seed)))
        lab.remember("families", .int(Int64(Self.families)))
    }

    // MARK: - The crew and the flows

    /// Starts the crew and registers all flows.
    func open(_ count: Int = Stage.crew) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count { group.addTask { try await self.lab.start() } }
            try await group.waitForAll()
        }
        try await register(family.flows.map(\.definition))
    }

    func register(_ definitions: [JSONValue]) async throws {
        guard let web = lab.instances.first?.web else { throw ChaosFailure("no instance runs") }
        for flow in definitions {
            let reply = try await eventually("a flow is answered") { try? await web.post("/v1/flows", flow) }
            guard [200, 201].contains(reply.status) else { throw ChaosFailure("a flow was refused: \(reply.text)") }
        }
    }

    /// Instances up to the crew's number again.
    func reman(_ count: Int = Stage.crew) async throws {
        for _ in 0..<max(0, count - lab.instances.count) { try await lab.start() }
    }

    // MARK: - Load

    /// Mixed load from several clients, with readers of streams, for as long as the body takes.
    func storm(processes: Int = 4, pause: Duration = .milliseconds(60), _ body: () async throws -> Void) async throws {
        let (client, family) = (client, family)
        storms.continuation.yield()
        let readers = try Subscribers(lab, client)
        try await startSchedules()
        let load = MixedLoad(client, family, seed: lab.settings.seed)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await load.run(processes: processes, pause: pause) { false } }
            group.addTask { await readers.run(count: 4) }
            group.addTask { await self.watch() }
            group.addTask { [lab] in await Finisher(lab, client).attend() }
            defer { group.cancelAll() }
            try await body()
        }
    }

    /// Works outside, from the first storm until cancelled: what a storm left is due after it, too.
    func work() async {
        guard await storms.stream.first(where: { _ in true }) != nil else { return }
        await RemoteHands(lab).run(count: 3)
    }

    private func startSchedules() async throws {
        for schedule in LoadSchedule.all {
            let reply = try await eventually("a schedule is answered") {
                try? await lab.instances.first?.web.post("/v1/schedules", schedule.document)
            }
            // A second storm finds those of the first.
            guard [200, 201, 409].contains(reply.status) else {
                throw ChaosFailure("a schedule was refused: \(reply.text)")
            }
            _ = try await lab.instances.first?.web.post("/v1/schedules/\(schedule.name)/resume")
        }
    }

    /// Every tick that is due has been decided; no other follows.
    private func stopSchedules() async throws {
        let behind = "SELECT count(*) FROM schedules WHERE next_tick < clock_timestamp() AND NOT paused"
        try await until("no tick is overdue", within: .seconds(60), every: .milliseconds(50)) {
            try await lab.number(behind) == 0
        }
        for schedule in LoadSchedule.all {
            _ = try await eventually("a schedule is paused") {
                try? await lab.instances.first?.web.post("/v1/schedules/\(schedule.name)/pause")
            }
        }
    }

    /// Reads the counters of all instances again and again, as those of the dead are gone, and how much is due.
    private func watch() async {
        var turn = 0
        while !Task.isCancelled {
            if turn.isMultiple(of: 4) { await readCounters() }
            turn += 1
            let held = "SELECT count(*) FROM ready WHERE next_at <= clock_timestamp() OR owner IS NOT NULL"
            if let due = try? await lab.number(held) { client.isBehind = due > 30 }
            try? await Task.sleep(for: .milliseconds(200))
        }
    }

    private static let counters: [(name: String, metric: String, labels: String)] = [
        ("claims", "skein_claims_total", ""), ("fenced", "skein_fenced_total", ""),
        ("recovered", "skein_recovered_total", ""), ("wakes.local", "skein_wakes_total", #"source="local""#),
        ("wakes.redis", "skein_wakes_total", #"source="redis""#),
        ("wakes.sweep", "skein_wakes_total", #"source="sweep""#),
    ]

    func readCounters() async {
        for instance in lab.instances {
            guard let text = try? await instance.web.get("/metrics", within: .seconds(2)).text else { continue }
            let lines = text.split(separator: "\n")
            for counter in Self.counters {
                let value = lines.filter {
                    ($0.hasPrefix(counter.metric + "{") || $0.hasPrefix(counter.metric + " "))
                        && (counter.labels.isEmpty || $0.contains(counter.labels))
                }.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
                state.withLock { state in
                    let known = state.counters[counter.name, default: [:]][instance.label] ?? 0
                    state.counters[counter.name, default: [:]][instance.label] = max(known, value)
                }
            }
        }
    }

    /// A counter over all instances that ever ran.
    func counter(_ name: String) -> Int {
        state.withLock { Int(($0.counters[name] ?? [:]).values.reduce(0, +)) }
    }

    // MARK: - Gates

    /// Waits until so many more executions have ended.
    func progress(_ count: Int, within limit: Duration = .seconds(30)) async throws {
        let start = try await lab.number("SELECT count(*) FROM outcomes")
        try await until("\(count) more executions end", within: limit, every: .milliseconds(50)) {
            (try? await lab.number("SELECT count(*) FROM outcomes")) ?? 0 >= start + count
        }
    }

    /// Executions whose handler has started in an instance and not ended.
    func running(in instance: LabInstance, flow: String? = nil) -> Set<String> {
        var open: Set<String> = []
        for line in LineFile.read(lab.folder.ledger(instance.label)) {
            guard flow == nil || line.flow.string == flow, let id = line.execution.string else { continue }
            if line.event.string == "start" { open.insert(id) } else { open.remove(id) }
        }
        return open
    }

    /// How often executions were taken over from an instance; workers outside lose theirs in all weathers.
    func recoveries() async throws -> Int {
        try await lab.number(
            "SELECT count(*) FROM log l JOIN executions e ON e.id = l.execution_id WHERE l.kind = 5 AND e.flow <> 'errand'"
        )
    }

    /// How many of these executions were taken over.
    func recovered(of ids: Set<String>) async throws -> Int {
        try await lab.number(
            "SELECT count(DISTINCT execution_id) FROM log WHERE kind = 5 AND execution_id = ANY ($1::text[]::uuid[])",
            [.array(.texts(Array(ids)))])
    }

    // MARK: - What was seen

    /// Something that a run without it would prove nothing about.
    func sometimes(_ name: String, _ count: Int) {
        state.withLock { $0.sometimes.append((name, count)) }
    }

    /// A number for the report.
    func report(_ name: String, _ value: String) {
        state.withLock { $0.numbers.append((name, value)) }
    }

    var missed: [String] { state.withLock { $0.sometimes.filter { $0.count < 1 }.map(\.name) } }
    var numbers: [(String, String)] {
        state.withLock { state in
            state.sometimes.map { ($0.name, "\($0.count)") } + state.numbers
        }
    }

    // MARK: - The end

    /// Everything works again: all has to come to its end, and is written down.
    func close() async throws {
        for instance in lab.instances { for link in instance.links { link.heal() } }
        try await reman()
        try await stopSchedules()
        lab.healed()
        let limit = (lab.settings.lease + lab.settings.sweep) * 3 + .seconds(60)
        let finished: Result<Duration, any Error>
        do { finished = .success(try await Finisher(lab, client).finish(within: limit)) } catch {
            finished = .failure(error)
        }
        await readCounters()
        for (name, _, _) in Self.counters { report(name, "\(counter(name))") }
        let tallies = lab.all.map(\.postgres.tally)
        report("replies swallowed", "\(tallies.reduce(0) { $0 + $1.swallowed })")
        report("commits dropped", "\(tallies.reduce(0) { $0 + $1.dropped })")
        for (name, count) in lab.folder.pointCounts.sorted(by: { $0.key < $1.key }) { report(name, "\(count)") }
        try await countKeys()
        try await lab.dump()
        report("executions", "\(try await lab.number("SELECT count(*) FROM executions"))")
        report("all ended after", "\(try finished.get())")
    }

    /// Keys in Redis without an end, which nothing would ever remove.
    private func countKeys() async throws {
        guard lab.settings.redisURL == nil, let keys = await lab.redis.command(["KEYS", "*"])?.strings else { return }
        var endless: [String] = []
        for key in keys.compactMap({ $0 }).prefix(2_000) {
            // A sorted set of timers is bounded by what is due.
            if await lab.redis.command(["TTL", key])?.int == -1, !key.contains(":due:") { endless.append(key) }
        }
        lab.remember("redisKeysWithoutEnd", .int(Int64(endless.count)))
        if !endless.isEmpty { lab.remember("redisKeys", .array(endless.prefix(20).map { .string($0) })) }
    }
}

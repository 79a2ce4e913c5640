import Foundation
import PostgresClient
import SkeinCore

extension Measure {
    /// Lateness of a thousand timers of one instant: from the due time to the row that resumes, by the log's own times.
    static let wakesHealthy = Scenario(
        "wakes", "a thousand timers at one instant, Redis well", world: bare
    ) {
        try await lateness(of: 1_000, $0, label: "wake lateness, Redis well (bar: p99 <= max(25 ms, 6 commits))")
    }

    /// Slots for all, and handlers that do nothing: the wakes alone are measured.
    @Sendable private static func bare(_ settings: inout Lab.Settings) {
        settings.dawdle = .zero
        settings.environment["SKEIN_CONCURRENCY"] = "2000"
        settings.environment["SKEIN_CHAOS_RESOURCE"] = ""
    }

    /// The same without Redis.
    static let wakesDead = Scenario(
        "wakes-dead", "timers without Redis",
        world: { settings in
            bare(&settings)
            settings.redisURL = "redis://127.0.0.1:1/0"
        }
    ) {
        try await lateness(of: 1_000, $0, label: "wake lateness, Redis dead (bar: p99 <= 1,000 ms)")
    }

    private static func lateness(of count: Int, _ stage: Stage, label: String) async throws {
        for round in 0..<3 {
            let due = presentTime() + 5_000_000
            try await stage.createTimers(count, at: due)
            guard presentTime() < due else { throw ChaosFailure("the timers were not all made before their time") }
            try await until("all have fired", within: .seconds(60), every: .milliseconds(100)) {
                try await stage.lab.number("SELECT count(*) FROM ready WHERE flow = 'timer'") == 0
            }
            stage.report("\(label) #\(round + 1)", try await stage.firings(due).summary)
        }
        try await stage.reportCommit()
    }

    /// A hundred thousand timers of one tenant in one second, and another tenant beside them.
    static let drain = Scenario("drain", "100,000 timers in one second", world: { $0.dawdle = .zero }) { stage in
        let count = 100_000
        let before = try await stage.latencies(for: .seconds(4))
        stage.report("another tenant's latency before", before.summary)
        let made = ContinuousClock.now
        let due = presentTime() + 40_000_000
        try await stage.createTimers(count, at: due, chunk: 1_000, tenant: "crowd")
        stage.report("made in", "\(ContinuousClock.now - made)")
        try await until("it is time", within: .seconds(120), every: .milliseconds(50)) { presentTime() >= due }
        let beside = try await stage.latencies(for: .seconds(4))
        stage.report("another tenant's latency during the drain (bar: at most double)", beside.summary)
        try await until("all have fired", within: .seconds(300), every: .milliseconds(500)) {
            try await stage.lab.number("SELECT count(*) FROM ready WHERE flow = 'timer'") == 0
        }
        let times = try await stage.firings(due)
        guard times.count == count else { throw ChaosFailure("\(times.count) of \(count) timers fired") }
        stage.report("drain", times.summary)
        stage.report("drain rate", "\(Int(Double(count) / ((times.max() ?? 1) / 1_000))) timers/s")
    }
}

extension Stage {
    /// Milliseconds by which each timer of an instant was late.
    func firings(_ due: Int64) async throws -> [Double] {
        let rows = try await lab.run(
            """
            SELECT (extract(epoch FROM l.at) * 1000000)::bigint FROM log l JOIN executions e ON e.id = l.execution_id
            WHERE e.flow = 'timer' AND l.kind IN (2, 3, 4) AND l.at > to_timestamp($1)
                AND convert_from(l.body, 'UTF8') LIKE '%execution.resumed%'
            """, [.double(Double(due) / 1e6 - 0.5)])
        var late: [Double] = []
        for row in rows { late.append(Double(try row.int64(0) - due) / 1_000) }
        return late
    }

    /// How long a commit takes on this disk: single rows, one after the other.
    func reportCommit() async throws {
        _ = try await lab.run("CREATE TABLE IF NOT EXISTS commits (n integer)")
        var spans: [Double] = []
        for number in 0..<50 {
            let began = ContinuousClock.now
            _ = try await lab.run("INSERT INTO commits VALUES ($1)", [.int4(Int32(number))])
            spans.append(Double((ContinuousClock.now - began).microseconds) / 1_000)
        }
        report("one commit on this disk", spans.summary)
    }

    /// Milliseconds from creation to the end of short executions of one more tenant, one after the other.
    func latencies(for span: Duration) async throws -> [Double] {
        var spans: [Double] = []
        let end = ContinuousClock.now + span
        while ContinuousClock.now < end {
            let began = ContinuousClock.now
            guard let web = lab.instances.first?.web,
                let reply = try? await web.post("/v1/executions", ["flowId": "brief", "tenantId": "other"]),
                let id = reply.json.execution.id.string
            else { continue }
            _ = try? await web.get("/v1/executions/\(id)/wait?timeoutMs=20000", within: .seconds(25))
            spans.append((ContinuousClock.now - began) / .milliseconds(1))
        }
        return spans
    }
}

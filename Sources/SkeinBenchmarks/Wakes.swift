import Skein
import SkeinCore

/// How late a thousand timers of one instant fire, by the log's own times.
struct Wakes {
    let environment: BenchEnvironment
    static let count = 1_000

    init(_ environment: BenchEnvironment) { self.environment = environment }

    func run(_ report: Report) async throws {
        let metrics = CountingMetrics()
        let lateness = try await environment.withEngine(
            metrics: metrics, configure: { $0.concurrency = 2 * Self.count }
        ) { engine in
            let due = Timestamp(microseconds: Wall.microseconds()) + .seconds(6)
            engine.handle("pause") { _, _ in .wait(WaitRequest(until: .time(due))) }
            let flow: JSONValue = [
                "id": "timer", "version": "1.0.0", "initialStepId": "pause",
                "steps": ["pause": ["type": "pause", "transitions": ["onSuccess": nil]]],
            ]
            try await engine.register(flow)
            let ids = try await withThrowingTaskGroup(of: ExecutionID.self) { group in
                for _ in 0..<Self.count { group.addTask { try await engine.create("timer").execution.id } }
                return try await group.reduce(into: [ExecutionID]()) { $0.append($1) }
            }
            var lateness: [Double] = []
            for id in ids {
                _ = try await engine.wait(for: id, timeout: .seconds(60))
                let woke = try await engine.events(of: id).first { $0.type == "execution.resumed" }
                if let woke { lateness.append(Double((woke.at - due).microseconds) / 1_000) }
            }
            return lateness
        }
        let commit = report.value("commit.p50") ?? 0
        report.note("wakes.count", "timers that fired", value: Double(lateness.count), unit: "")
        report.note(
            "wakes.p50", "lateness of 1,000 timers at one instant, 2,000 slots", value: lateness.median, unit: "ms")
        report.note(
            "wakes.p99", "lateness of 1,000 timers at one instant, 2,000 slots", value: lateness.percentile(0.99),
            unit: "ms",
            limit: max(25, 6 * commit), ratio: lateness.percentile(0.99) / max(25, 6 * commit),
            target: "<= 1 of max(25 ms, 6 commits)")
        for source in ["redis", "sweep", "local"] {
            report.note(
                "wakes.\(source)", "found by \(source)", value: Double(metrics["skein_wakes_total{source=\(source)}"]),
                unit: "")
        }
    }
}

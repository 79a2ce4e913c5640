import Foundation
import SkeinCore

/// The factors to other engines, from the lines that their drivers printed in the same hour against the same servers.
struct PeerComparison {
    let path: String

    /// A peer's metric, ours, and whether less is better.
    private static let pairs: [(metric: String, ours: String, key: String, isLatency: Bool)] = [
        ("throughput_1step", "single.executions", "median", false),
        ("throughput_job", "single.executions", "median", false),
        ("throughput_10step", "transitions.steps", "median", false),
        ("throughput_chain10", "transitions.steps", "median", false),
        ("latency_enqueue_to_handler", "create-to-handler.p50", "p50_ms", true),
        ("durable_sleep_lateness", "wakes.p50", "p50_ms", true),
        ("scheduled_job_lateness", "wakes.p50", "p50_ms", true),
        ("eta_lateness", "wakes.p50", "p50_ms", true), ("idle_pg", "idle.statements", "statements_per_s", true),
        ("enqueue_rate", "http.creates", "median", false),
    ]

    func add(to report: Report) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for line in text.split(separator: "\n") {
            guard let json = try? JSONValue(parsing: String(line)), let peer = json["peer"]?.string,
                let metric = json["metric"]?.string,
                let pair = Self.pairs.first(where: { $0.metric == metric }), let theirs = json[pair.key]?.double,
                let ours = report.value(pair.ours)
            else { continue }
            let settings = ["workers", "clients", "poll_s", "pool", "kind"].compactMap { key in
                json[key].map { "\(key)=\($0)" }
            }.joined(separator: " ")
            report.note(
                "peer.\(peer).\(metric)",
                "\(peer) \(settings) against \(pair.ours); ratio = how many times better we are", value: theirs,
                unit: json["unit"]?.string ?? "", limit: ours,
                ratio: pair.isLatency ? theirs / max(ours, 1e-9) : ours / max(theirs, 1e-9))
        }
    }
}

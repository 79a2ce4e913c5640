import Foundation
import SkeinCore

/// A running instance under test: its process, its API, and its links to PostgreSQL and Redis.
package final class LabInstance: Sendable {
    package let label: String
    package let process: ManagedProcess
    package let web: LabWeb
    package let postgres: FaultProxy
    package let redis: FaultProxy?

    init(_ label: String, _ process: ManagedProcess, _ web: LabWeb, postgres: FaultProxy, redis: FaultProxy?) {
        self.label = label
        self.process = process
        self.web = web
        self.postgres = postgres
        self.redis = redis
    }

    /// Both links.
    var links: [FaultProxy] { [postgres] + (redis.map { [$0] } ?? []) }

    /// A counter of its metrics; 0 when it does not answer.
    package func metric(_ name: String, _ labels: String = "") async -> Double {
        guard let text = try? await web.get("/metrics").text else { return 0 }
        return text.split(separator: "\n").filter {
            ($0.hasPrefix("\(name){") || $0.hasPrefix("\(name) ")) && (labels.isEmpty || $0.contains(labels))
        }.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
    }
}

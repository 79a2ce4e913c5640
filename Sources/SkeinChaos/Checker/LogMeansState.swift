import SkeinCore
import SkeinSimulation

/// An independent reducer reads the log and comes to what the tables say; every transition is legal.
struct LogMeansState: Invariant {
    static let name = "I2  the log means the state"

    func check(_ history: History, _ finding: inout Evidence) {
        guard let seed = history.run.loadSeed.int64, let families = history.run.families.int else {
            finding.silence = "the run does not say which flows it had"
            return
        }
        let family = FlowFamily(seed: UInt64(bitPattern: seed), families: families)
        let outcomes = Dictionary(
            history.outcomes.map { ($0.id.string ?? "", $0.status.int ?? -1) }, uniquingKeysWith: { first, _ in first })
        for (id, row) in history.executions {
            guard let flow = family.flow(row.flow.string ?? "") else { continue }
            do {
                guard let (creation, events) = try history.events(of: id) else {
                    finding.expect(false, "\(id): the log does not begin with a creation")
                    continue
                }
                let said = ExecutionReducer(flow, creation, events)
                finding.expect(
                    said.problems.isEmpty, "\(id) (\(flow.id)): \(said.problems.prefix(3).joined(separator: "; "))")
                let status = Self.statuses[said.status]
                if let status, status >= 10 {
                    finding.expect(
                        row.status.int == status, "\(id): the log says \(said.status), the row \(row.status.int ?? -1)")
                    finding.expect(
                        outcomes[id] == status, "\(id): the log says \(said.status), outcomes \(outcomes[id] ?? -1)")
                } else {
                    finding.expect(outcomes[id] == nil, "\(id): the log says \(said.status), and there is an outcome")
                }
            } catch {
                finding.expect(false, "\(id): the log cannot be read: \(error)")
            }
        }
    }

    private static let statuses = [
        "pending": 0, "running": 1, "waiting": 2, "paused": 3, "rolling_back": 4, "completed": 10, "failed": 11,
        "cancelled": 12, "rolled_back": 13, "rollback_failed": 14,
    ]
}

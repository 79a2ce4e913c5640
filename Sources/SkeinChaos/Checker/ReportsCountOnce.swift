import SkeinCore

/// What the roll-ups have counted is what the log has: every end, and every attempt before it, once.
struct ReportsCountOnce: Invariant {
    static let name = "I18 reports count everything once"

    private static let ends = [
        "execution.completed": 10, "execution.failed": 11, "execution.cancelled": 12, "execution.rolled_back": 13,
        "execution.rollback_failed": 14,
    ]
    private static let outcomes = ["step.completed": 1, "step.failed": 2, "step.timed_out": 3, "step.suspended": 4]

    /// Ends of executions of a flow by their status, or, with a step, its attempts by their outcome.
    private struct Key: Hashable {
        var flow: String
        var step: String?
        var code: Int
    }

    func check(_ history: History, _ finding: inout Evidence) {
        let uncounted = Set(history.uncounted.map { "\($0.id.string ?? "") \($0.seq.int64 ?? 0)" })
        var counts: [Key: Int64] = [:]
        for (id, rows) in history.log {
            let flow = history.executions[id]?.flow.string ?? ""
            // Of one life: until an end, which a reopening may follow.
            var life: [Key: Int64] = [:]
            for row in rows {
                if row.types.contains("execution.reopened") { life = [:] }
                for (type, step) in zip(row.types, row.steps) {
                    if let code = Self.outcomes[type] {
                        life[Key(flow: flow, step: step, code: code), default: 0] += 1
                    }
                }
                guard let code = row.types.compactMap({ Self.ends[$0] }).last else { continue }
                life[Key(flow: flow, code: code), default: 0] += 1
                if !uncounted.contains("\(id) \(row.seq)") { counts.merge(life, uniquingKeysWith: +) }
                life = [:]
            }
        }
        for line in history.counts {
            let key = Key(flow: line.flow.string ?? "", step: line.step.string, code: line.code.int ?? 0)
            let (said, count) = (line.n.int64 ?? 0, counts.removeValue(forKey: key) ?? 0)
            finding.expect(said == count, "\(key): \(count), and the roll-ups have \(said)")
        }
        for (key, count) in counts { finding.expect(false, "\(key): \(count), and the roll-ups have none") }
    }
}

import SkeinCore

/// After a cancel was recorded no step starts, and nothing but a rollback follows.
struct CancelWins: Invariant {
    static let name = "I12 cancel wins"

    func check(_ history: History, _ finding: inout Evidence) {
        var cancels: [String: Int64] = [:]
        for (id, rows) in history.log {
            var cancelledAt: Int64?
            for row in rows {
                for (offset, type) in row.types.enumerated() {
                    if let at = cancelledAt {
                        finding.expect(
                            !type.hasPrefix("step.") || type.hasPrefix("step.compensat"),
                            "\(id): \(type) at \(row.seq + Int64(offset)), after the cancel at \(at)")
                    }
                    if type == "execution.reopened" { cancelledAt = nil }
                    if type == "execution.cancelled" || (type == "execution.rollback_started" && row.kind == 6) {
                        cancelledAt = row.seq + Int64(offset)
                        cancels[id] = cancelledAt
                    }
                }
            }
            finding.looked += cancelledAt == nil ? 0 : 1
        }
        for line in history.ledger where line.event.string == "start" && line.undo.bool != true {
            guard let id = line.execution.string, let at = cancels[id], let fence = line.fence.int64 else { continue }
            finding.expect(
                fence <= at,
                "\(id): \(line.step.string ?? "") started under the fence \(fence), after the cancel at \(at)")
        }
    }
}

import SkeinCore

/// A row of an owner is by whoever wrote the owner's row before it, unless that one had let go by a park, or the row says
/// that it takes over.
struct OnlyTheOwnerWrites: Invariant {
    static let name = "I4  only the owner writes"

    private static let ends: Set = ["step.completed", "step.failed", "step.timed_out", "step.skipped"]

    func check(_ history: History, _ finding: inout Evidence) {
        let graceful = Set((history.run.graceful.array ?? []).compactMap(\.string))
        for (id, rows) in history.log {
            var owner: String?
            var rounds: Set<String> = []
            var isIdle = false
            for row in rows {
                switch row.kind {
                case 2, 3, 4:
                    // Who lacks the handler lets go without a row: whoever hands the attempt out has claimed it since.
                    if let owner, let worker = row.worker, !row.isHandOut {
                        finding.expect(
                            owner == worker || graceful.contains(owner),
                            "\(id): the row at \(row.seq) (\(row.types)) is by \(worker), the owner is \(owner)")
                    }
                    for (type, step) in zip(row.types, row.steps) {
                        if type == "execution.children_created" {
                            rounds.insert(step)
                        } else if Self.ends.contains(type) {
                            rounds.remove(step)
                        }
                    }
                    // A park lets go; so may whoever has children to wait for, without a row.
                    isIdle = row.kind == 3 || !rounds.isEmpty
                    owner = isIdle ? nil : row.worker
                case 5:
                    finding.looked += 1
                    // Nothing to do, nothing to write: it goes back to its wait.
                    owner = isIdle ? nil : row.worker
                default:
                    // Its creator may keep it or not; everybody else's row takes the claim away.
                    owner = nil
                }
            }
        }
    }
}

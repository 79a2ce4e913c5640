import SkeinCore

/// Positions follow each other, one end and nothing after it, and a row to look at exactly while there is no end.
struct LogIsGapless: Invariant {
    static let name = "I3  the log has no gap"

    static let ends: Set = [
        "execution.completed", "execution.failed", "execution.cancelled", "execution.rolled_back",
        "execution.rollback_failed",
    ]

    func check(_ history: History, _ finding: inout Evidence) {
        let ready = Set(history.ready.compactMap(\.id.string))
        for (id, rows) in history.log {
            var next: Int64 = 1
            for row in rows {
                finding.expect(row.seq == next, "\(id): a row at \(row.seq) where \(next) was to come")
                finding.expect(
                    row.count == Int64(row.types.count), "\(id): the row at \(row.seq) has \(row.types.count) events")
                next = row.seq + row.count
            }
            let types = rows.flatMap(\.types)
            let isReopened = types.contains("execution.reopened")
            let ends = types.filter { Self.ends.contains($0) }
            finding.expect(ends.count <= 1 || isReopened, "\(id): \(ends.count) ends: \(ends)")
            let isEnded = types.last.map { Self.ends.contains($0) } ?? false
            finding.expect(ends.isEmpty || isEnded || isReopened, "\(id): something after the end")
            finding.expect(
                ready.contains(id) != isEnded, "\(id): \(isEnded ? "ended, and still" : "not ended, and not") in ready")
            if let row = history.executions[id] {
                finding.expect((row.seq.int64 ?? 0) < next, "\(id): the snapshot is ahead of the log")
            } else {
                finding.expect(false, "\(id): a log without an execution")
            }
        }
        for id in history.executions.keys {
            finding.expect(history.log[id] != nil, "\(id): an execution without a log")
        }
        for child in history.children {
            let id = child.id.string ?? ""
            finding.expect(history.log[id] != nil, "\(id): a child that was never created")
        }
    }
}

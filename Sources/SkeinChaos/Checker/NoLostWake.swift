import Skein
import SkeinCore

/// Nothing is due and left lying, and nothing was sent to somebody who sleeps over it.
struct NoLostWake: Invariant {
    static let name = "I7  no lost wake"

    func check(_ history: History, _ finding: inout Evidence) {
        let now = history.run.dumpedAt.int64 ?? .max
        finding.looked += history.log.count
        let unread = Dictionary(grouping: history.inbox.filter { $0.consumed.int64 == nil }) { $0.id.string ?? "" }
        for row in history.ready {
            let id = row.id.string ?? ""
            guard row.paused.bool != true else { continue }
            finding.looked += 1
            if let next = row.next.int64 {
                let late = now - max(next, history.log[id]?.last?.at ?? 0)
                finding.expect(
                    late <= history.bound,
                    "\(id) (\(row.flow.string ?? "")) is due for \(late / 1_000) ms and lies there")
            }
            let wait = lastWait(of: id, history)
            let sent = (unread[id] ?? []).filter {
                $0.name.string == wait && now - ($0.at.int64 ?? now) > history.bound
            }
            finding.expect(
                wait == nil || sent.isEmpty, "\(id) waits for '\(wait ?? "")', which was sent \(sent.count) times")
        }
        // All that was measured while it went on, too: a row may have been late and found in the end.
        if let worst = history.run.worstOverdueMs.int64 {
            finding.expect(
                worst * 1_000 <= history.bound,
                "after the faults something was due for \(worst) ms before anybody looked")
        }
    }

    /// The signal that an execution waits for; nil: none.
    private func lastWait(of id: String, _ history: History) -> String? {
        guard let last = history.log[id]?.last, last.types.last == "execution.waiting",
            let (_, events) = try? history.events(of: id)
        else { return nil }
        return events.last?.metadata["wait"]?.signal.string
    }
}

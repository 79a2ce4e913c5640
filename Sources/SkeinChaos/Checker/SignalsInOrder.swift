import SkeinCore

/// Signals are consumed once each, in the order of their acceptance.
struct SignalsInOrder: Invariant {
    static let name = "I10 signals in order"

    func check(_ history: History, _ finding: inout Evidence) {
        let items = Dictionary(grouping: history.inbox) { $0.id.string ?? "" }
        for (id, all) in items {
            var payloads: Set<String> = []
            for (name, signals) in Dictionary(
                grouping: all.filter { $0["kind"]?.int == 1 }, by: { $0.name.string ?? "" })
            {
                let ordered = signals.sorted { ($0.gen.int64 ?? 0) < ($1.gen.int64 ?? 0) }
                let consumed = ordered.compactMap { $0.consumed.int64 }
                finding.expect(consumed == consumed.sorted(), "\(id): '\(name)' was consumed out of order: \(consumed)")
                finding.expect(
                    Set(consumed).count == consumed.count || hasParallelRows(id, consumed, history),
                    "\(id): one row consumed '\(name)' twice: \(consumed)")
                for signal in ordered {
                    let payload = "\(name) \(signal.payload.string ?? "")"
                    finding.expect(payloads.insert(payload).inserted, "\(id): \(payload) was accepted twice")
                }
                let firstLeft = ordered.firstIndex { $0.consumed.int64 == nil } ?? ordered.count
                let skipped = ordered[firstLeft...].contains { $0.consumed.int64 != nil }
                finding.expect(!skipped, "\(id): a '\(name)' was passed over")
            }
        }
        for (id, rows) in history.log {
            let events = rows.reduce(0) { $0 + $1.types.count { $0 == "signal.consumed" } }
            let marked = (items[id] ?? []).count { $0["kind"]?.int == 1 && $0.consumed.int64 != nil }
            finding.expect(
                events == marked, "\(id): \(events) signals were consumed by the log, \(marked) by the inbox")
        }
    }

    /// A row of several branches may consume for each of them.
    private func hasParallelRows(_ id: String, _ positions: [Int64], _ history: History) -> Bool {
        for position in positions {
            let count = positions.count { $0 == position }
            let row = history.log[id]?.first { $0.seq == position }
            if (row?.types.count { $0 == "signal.consumed" } ?? 0) < count { return false }
        }
        return true
    }
}

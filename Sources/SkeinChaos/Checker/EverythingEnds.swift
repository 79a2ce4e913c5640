import SkeinCore

/// After the last fault has healed everything comes to its end within the bound, and nothing is left behind.
struct EverythingEnds: Invariant {
    static let name = "I15 everything ends"

    func check(_ history: History, _ finding: inout Evidence) {
        let left = history.ready.filter { $0.flow.string != "pill" }
        finding.expect(
            left.isEmpty, "\(left.count) executions have not ended: \(left.prefix(3).compactMap(\.id.string))")
        if let spent = history.run.quiescentAfterMs.int64 {
            // People's time is not the engine's.
            let own = spent - (history.run.answeredAfterMs.int64 ?? 0)
            finding.expect(
                own * 1_000 <= history.bound,
                "it took \(own) ms, more than \(history.bound / 1_000) ms after the faults and the last answer")
        }
        finding.expect(
            (history.left.fanin.int ?? 0) == 0, "\(history.left.fanin.int ?? 0) notes of children were never counted")
        finding.expect((history.left.cascades.int ?? 0) == 0, "\(history.left.cascades.int ?? 0) cascades are not over")
        if let keys = history.run.redisKeysWithoutEnd.int {
            finding.expect(keys == 0, "\(keys) keys in Redis never expire")
        }
    }
}

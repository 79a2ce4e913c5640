import SkeinCore

/// Between the first and the last tick of a schedule each was decided once; what fired has one execution, and an execution
/// of a schedule has its tick.
struct EachTickOnce: Invariant {
    static let name = "I8  each tick once"

    private static let fired = 0
    private static let buffered = 3

    func check(_ history: History, _ finding: inout Evidence) {
        let ticks = Dictionary(grouping: history.ticks) { $0.schedule.string ?? "" }
        for schedule in LoadSchedule.all {
            let own = ticks[schedule.name] ?? []
            let times = own.compactMap { $0.at.int64 }.sorted()
            let step = schedule.seconds * 1_000_000
            for (time, next) in zip(times, times.dropFirst()) {
                finding.expect(
                    next - time == step,
                    "\(schedule.name): after \(Timestamp(microseconds: time)) came \(next - time) us")
            }
            for time in times {
                finding.expect(time % step == 0, "\(schedule.name): no tick is at \(Timestamp(microseconds: time))")
            }
            var started: Set<String> = []
            for tick in own {
                let id = tick.execution.string
                let mustHave = tick.decision.int == Self.fired
                let mayHave = mustHave || tick.decision.int == Self.buffered
                finding.expect(
                    id != nil ? mayHave : !mustHave,
                    "\(schedule.name): decision \(tick.decision.int ?? -1), execution \(id ?? "none")")
                guard let id else { continue }
                finding.expect(started.insert(id).inserted, "\(schedule.name): \(id) is of two ticks")
                finding.expect(history.log[id] != nil, "\(schedule.name): \(id) is not there")
            }
            for (id, row) in history.executions where row.flow.string == schedule.name {
                finding.expect(started.contains(id), "\(schedule.name): \(id) has no tick")
            }
        }
    }
}

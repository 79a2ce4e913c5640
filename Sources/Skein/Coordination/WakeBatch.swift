package import SkeinCore

/// What a burst of hints comes down to: which executions become due when, and what instances are told. A pure value.
package struct WakeBatch: Sendable, Equatable {
    /// An execution and when it is due.
    package struct Due: Sendable, Equatable {
        package var executionID: ExecutionID
        package var at: Timestamp
        package var lane: UInt8 = 0
    }

    /// Each execution once, with its earliest time, in the order of their first hints.
    package private(set) var due: [Due] = []
    /// At most `individually + 4` messages, and one for each lane that asks to be let through.
    package private(set) var messages: [WakeHint] = []

    /// Merges hints.
    ///
    /// - Parameters:
    ///   - hints: in the order in which they were given; later times than one already known are forgotten.
    ///   - now: what a hint without a time means; earlier times count as now.
    ///   - horizon: timers further ahead are left to the store; nil: none is too far.
    ///   - individually: executions due now that are told one by one; the rest is one message with the reason `many`.
    package init(_ hints: [WakeHint], now: Timestamp, horizon: Duration?, individually: Int = 64) {
        var places: [ExecutionID: Int] = [:]
        var reasons: [String] = []
        var anything: WakeHint?
        var later: WakeHint?
        var yields: [UInt8: WakeHint] = [:]
        for hint in hints {
            if hint.reason == WakeHint.yield {
                yields[hint.lane] = hint
                continue
            }
            let at = hint.at ?? now
            if at == .distantFuture { continue }
            if let horizon, at > now + horizon { continue }
            if let id = hint.executionID {
                if let place = places[id] {
                    guard at < due[place].at else { continue }
                    due[place].at = at
                    reasons[place] = hint.reason
                } else {
                    places[id] = due.count
                    due.append(Due(executionID: id, at: at, lane: hint.lane))
                    reasons.append(hint.reason)
                }
            } else if at <= now {
                var merged = anything ?? WakeHint(executionID: nil, reason: hint.reason, needs: hint.needs)
                // For several handlers: for everybody.
                if merged.needs != hint.needs { merged.needs = nil }
                anything = merged
            } else if later?.at.map({ at < $0 }) ?? true {
                later = WakeHint(executionID: nil, at: at, reason: hint.reason)
            }
        }
        messages = Self.messages(due, reasons, now: now, individually: individually)
        messages += [anything, later].compactMap(\.self)
        messages += yields.keys.sorted().compactMap { yields[$0] }
    }

    private static func messages(_ due: [Due], _ reasons: [String], now: Timestamp, individually: Int) -> [WakeHint] {
        var messages: [WakeHint] = []
        var hasMore = false
        var timer: WakeHint?
        for (entry, reason) in zip(due, reasons) {
            if entry.at > now {
                let earliest = min(timer?.at ?? .distantFuture, entry.at)
                timer = WakeHint(
                    executionID: timer == nil ? entry.executionID : nil, at: earliest, reason: reason, isQueued: true)
            } else if messages.count < individually {
                messages.append(WakeHint(executionID: entry.executionID, reason: reason, isQueued: true))
            } else {
                hasMore = true
            }
        }
        if hasMore { messages.append(WakeHint(executionID: nil, reason: "many", isQueued: true)) }
        return messages + [timer].compactMap(\.self)
    }
}

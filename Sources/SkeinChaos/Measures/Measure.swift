// Numbers that are promised: how fast work is taken over, how late timers are, how long a hundred thousand of them take.

import Foundation
import SkeinCore

/// The measurements, as scenarios with a report.
enum Measure {
    static let all = [takeover, wakesHealthy, wakesDead, drain]
}

extension [Double] {
    /// A percentile of sorted or unsorted values; 0 where there are none.
    func percentile(_ share: Double) -> Double {
        guard !isEmpty else { return 0 }
        return sorted()[Swift.min(count - 1, Int((Double(count) * share).rounded(.up)) - 1)]
    }

    /// For people.
    var summary: String {
        func text(_ value: Double) -> String { String(format: "%.1f", value) }
        return "n \(count) p50 \(text(percentile(0.5))) p99 \(text(percentile(0.99))) max \(text(self.max() ?? 0)) ms"
    }
}

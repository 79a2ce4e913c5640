import CoreMetrics
import Synchronization

/// How values are distributed: how many are at most each bound, their number and their sum.
final class PrometheusHistogram: RecorderHandler, TimerHandler, PrometheusSeries {
    private struct State {
        var counts: [Int64]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    /// - Parameter bounds: upper bounds, growing, without infinity.
    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    /// Bounds for a name by its unit.
    static func bounds(of name: String) -> [Double] {
        if name.hasSuffix("_seconds") {
            return [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
        }
        if name.hasSuffix("_bytes") {
            return (0...10).map { Double(sign: .plus, exponent: 8 + 2 * $0, significand: 1) }
        }
        if name.hasSuffix("_size") { return [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] }
        return [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard !value.isNaN else { return }
        let place = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[place] += 1
            state.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }

    func write(_ name: String, _ labels: PrometheusLabels, to text: inout String) {
        let state = state.withLock { $0 }
        var total: Int64 = 0
        for (bound, count) in zip(bounds, state.counts) {
            total += count
            text += "\(name)_bucket\(labels.text(and: "le=\"\(PrometheusName.number(bound))\"")) \(total)\n"
        }
        total += state.counts.last ?? 0
        text += "\(name)_bucket\(labels.text(and: "le=\"+Inf\"")) \(total)\n"
        text += "\(name)_sum\(labels.text()) \(PrometheusName.number(state.sum))\n"
        text += "\(name)_count\(labels.text()) \(total)\n"
    }
}

import Metrics
import SkeinCore

/// The metrics of schedules.
struct ScheduleMetrics: Sendable {
    /// 1 while this instance leads the duty.
    let leads: Gauge
    /// How long after its instant a tick that fired was decided.
    let lateness: Recorder
    private let decisions: [TickDecision: Counter]

    init(_ factory: any MetricsFactory) {
        leads = Gauge(label: "skein_leader", dimensions: [("duty", Ticker.duty)], factory: factory)
        lateness = Recorder(
            label: "skein_schedule_lateness_seconds", dimensions: [], aggregate: true, factory: factory)
        decisions = Dictionary(
            uniqueKeysWithValues: TickDecision.allCases.map { decision in
                let name = "skein_schedule_decisions_total"
                return (decision, Counter(label: name, dimensions: [("decision", decision.name)], factory: factory))
            })
    }

    func count(_ decision: TickDecision) { decisions[decision]?.increment() }
}

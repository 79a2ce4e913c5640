public import CoreMetrics
import Synchronization

/// Metrics of this process in Prometheus' text format 0.0.4: a `MetricsFactory` without a server or a library behind
/// it.
///
/// Give one registry to the engine and to the server. Labels with dots become names with underscores, counters end in
/// `_total`, timers in `_seconds`. Recorders that aggregate are histograms, others gauges. The same name and labels
/// give the same metric.
public final class PrometheusRegistry: MetricsFactory, Sendable {
    private let families = Mutex<[String: PrometheusFamily]>([:])

    public init() {}

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        make(.counter, PrometheusName.counter(label), dimensions) { PrometheusCounter() }
    }

    public func makeFloatingPointCounter(label: String, dimensions: [(String, String)])
        -> any FloatingPointCounterHandler
    {
        make(.counter, PrometheusName.counter(label), dimensions) { PrometheusFloatingPointCounter() }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        make(.gauge, PrometheusName.metric(label), dimensions) { PrometheusGauge() }
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        let name = PrometheusName.metric(label)
        guard aggregate else { return make(.gauge, name, dimensions) { PrometheusGauge() } }
        return make(.histogram, name, dimensions) { PrometheusHistogram(bounds: PrometheusHistogram.bounds(of: name)) }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = PrometheusName.timer(label)
        return make(.histogram, name, dimensions) { PrometheusHistogram(bounds: PrometheusHistogram.bounds(of: name)) }
    }

    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    /// Everything, by name.
    public func text() -> String {
        let all = families.withLock { $0 }
        var text = ""
        for (name, family) in all.sorted(by: { $0.key < $1.key }) { family.write(name, to: &text) }
        return text
    }

    /// A metric of a name that has another kind is kept nowhere: one name has one kind.
    private func make<Series: PrometheusSeries>(
        _ kind: PrometheusFamily.Kind, _ name: String, _ dimensions: [(String, String)], _ new: () -> Series
    ) -> Series {
        let labels = PrometheusLabels(dimensions)
        return families.withLock { families in
            if let known = families[name]?.series[labels] as? Series, families[name]?.kind == kind { return known }
            let series = new()
            guard families[name].map({ $0.kind == kind && $0.series[labels] == nil }) ?? true else { return series }
            families[name, default: PrometheusFamily(kind: kind)].series[labels] = series
            return series
        }
    }

    private func remove(_ handler: AnyObject) {
        families.withLock { families in
            for name in families.keys {
                guard let labels = families[name]?.series.first(where: { $0.value === handler })?.key else { continue }
                families[name]?.series[labels] = nil
                if families[name]?.series.isEmpty == true { families[name] = nil }
                return
            }
        }
    }
}

import Metrics
import Skein

/// What the coordination service tells about itself, as metrics. Whether it is up is the server's to show.
struct CoordinationMeters: Sendable {
    private let unavailable: Counter
    private let wakesDropped: Counter
    private let eventsDropped: Counter
    private let flushed: Counter

    init(_ factory: any MetricsFactory) {
        unavailable = Counter(label: "skein_redis_unavailable_total", dimensions: [], factory: factory)
        wakesDropped = Counter(label: "skein_redis_dropped_total", dimensions: [("queue", "wakes")], factory: factory)
        eventsDropped = Counter(label: "skein_redis_dropped_total", dimensions: [("queue", "events")], factory: factory)
        flushed = Counter(label: "skein_redis_flushed_total", dimensions: [], factory: factory)
    }

    var metrics: CoordinationMetrics {
        CoordinationMetrics(
            unavailable: { unavailable.increment() },
            dropped: { queue, count in (queue == "wakes" ? wakesDropped : eventsDropped).increment(by: count) },
            flushed: { flushed.increment() })
    }
}

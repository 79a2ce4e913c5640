import Metrics

/// The engine's metric handles, made once.
struct EngineMetrics: Sendable {
    let wakesLocal: Counter
    let wakesRedis: Counter
    let wakesSweep: Counter
    /// Looks that PostgreSQL asked for.
    let wakesNotify: Counter
    let lateness: Recorder
    let fenced: Counter
    let recovered: Counter
    let quarantined: Counter
    let claims: Counter
    let batchSize: Recorder
    let rests: Counter
    let idempotencyRedis: Counter
    let idempotencyStore: Counter
    let locksHeld: Gauge
    let started: Counter
    let ended: Counter
    let steps: Counter
    let handlersStuck: Gauge
    /// 1 while this instance leads the duty.
    let leadsMaintenance: Gauge
    let schedules: ScheduleMetrics

    init(_ factory: any MetricsFactory) {
        func counter(_ label: String, _ dimensions: [(String, String)] = []) -> Counter {
            Counter(label: label, dimensions: dimensions, factory: factory)
        }
        wakesLocal = counter("skein_wakes_total", [("source", "local")])
        wakesRedis = counter("skein_wakes_total", [("source", "redis")])
        wakesSweep = counter("skein_wakes_total", [("source", "sweep")])
        wakesNotify = counter("skein_wakes_total", [("source", "notify")])
        lateness = Recorder(label: "skein_wake_lateness_seconds", dimensions: [], aggregate: true, factory: factory)
        fenced = counter("skein_fenced_total")
        recovered = counter("skein_recovered_total")
        quarantined = counter("skein_quarantined_total")
        claims = counter("skein_claims_total")
        batchSize = Recorder(label: "skein_commit_batch_size", dimensions: [], aggregate: true, factory: factory)
        rests = counter("skein_backlog_rests_total")
        idempotencyRedis = counter("skein_idempotency_hits_total", [("source", "redis")])
        idempotencyStore = counter("skein_idempotency_hits_total", [("source", "postgres")])
        locksHeld = Gauge(label: "skein_locks_held", dimensions: [], factory: factory)
        handlersStuck = Gauge(label: "skein_handlers_stuck", dimensions: [], factory: factory)
        started = counter("skein_executions_created_total")
        ended = counter("skein_executions_ended_total")
        steps = counter("skein_steps_total")
        schedules = ScheduleMetrics(factory)
        leadsMaintenance = Gauge(label: "skein_leader", dimensions: [("duty", Housekeeper.duty)], factory: factory)
    }
}

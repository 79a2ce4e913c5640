import Logging
import Metrics
import SkeinCore

/// The chores that one instance does for all: the leader of `maintenance`, or everybody while no leader can be elected.
struct Housekeeper: Sendable {
    let store: any ExecutionStore
    let coordination: Coordination
    let identity: WorkerIdentity
    let clock: any EngineClock
    let metrics: EngineMetrics
    /// Whether this instance leads `schedules`: the same one leads this, so that one election costs the others nothing.
    let mayLead: @Sendable () -> Bool
    let logger: Logger

    static let duty = "maintenance"
    private static let ttl = Duration.seconds(9)
    private static let campaigns = Duration.seconds(6)
    private static let interval = Duration.seconds(600)

    /// Runs until cancelled; then resigns.
    func run() async {
        var next = clock.monotonic
        let candidate = identity.id.description
        while (try? await clock.sleep(for: Self.campaigns)) != nil {
            let leads =
                mayLead()
                ? (try? await coordination.leaders.campaign(Self.duty, candidate: candidate, ttl: Self.ttl)) ?? true
                : false
            metrics.leadsMaintenance.record(leads ? 1 : 0)
            guard leads, clock.monotonic >= next else { continue }
            next = clock.monotonic + Self.interval
            do {
                try await store.maintain()
            } catch {
                logger.debug("maintenance failed", metadata: ["error": "\(error)"])
            }
        }
        metrics.leadsMaintenance.record(0)
        await shielded { [coordination] in try? await coordination.leaders.resign(Self.duty, candidate: candidate) }
    }
}

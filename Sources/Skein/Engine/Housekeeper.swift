import Logging
import Metrics
import SkeinCore

/// The chores that one instance does for all: the leader of `maintenance`, or everybody while no leader can be elected.
struct Housekeeper: Sendable {
    let store: any ExecutionStore
    let coordination: Coordination
    let clock: any EngineClock
    let metrics: EngineMetrics
    /// As whom this instance leads `schedules`: the same one leads this, so that one election costs the others nothing.
    let candidacy: @Sendable () -> Candidacy?
    /// Raised while this instance leads.
    let isLeading: Flag
    let logger: Logger

    static let duty = "maintenance"
    private static let ttl = Duration.seconds(9)
    private static let campaigns = Duration.seconds(6)
    private static let interval = Duration.seconds(600)
    /// Whoever leads may hang, or be none: who leads `schedules` does the chores by then in any case.
    private static let patience = Duration.seconds(3_600)

    /// Runs until cancelled; then resigns.
    func run() async {
        var next = clock.monotonic
        var last: Candidacy?
        while (try? await clock.sleep(for: Self.campaigns)) != nil {
            var leads = false
            let present = candidacy()
            if let candidacy = present {
                last = candidacy
                let campaign = try? await coordination.leaders.campaign(
                    Self.duty, candidate: "\(candidacy)", ttl: Self.ttl)
                leads = campaign ?? true
            }
            metrics.leadsMaintenance.record(leads ? 1 : 0)
            if leads { isLeading.raise() } else { isLeading.lower() }
            let now = clock.monotonic
            guard leads && now >= next || present != nil && now >= next + Self.patience else { continue }
            next = clock.monotonic + Self.interval
            do {
                try await store.maintain()
            } catch {
                logger.debug("maintenance failed", metadata: ["error": "\(error)"])
            }
        }
        metrics.leadsMaintenance.record(0)
        isLeading.lower()
        guard let last else { return }
        await shielded { [coordination] in try? await coordination.leaders.resign(Self.duty, candidate: "\(last)") }
    }
}

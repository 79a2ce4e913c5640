import Logging
import SkeinCore

/// Takes away what has expired, where there is a policy: the leader of `maintenance` does, beside its campaigns.
struct Pruner: Sendable {
    let clock: any EngineClock
    /// Raised while this instance leads.
    let isLeading: Flag
    let prune: @Sendable () async throws -> Void
    let logger: Logger

    /// An instance that has just started has other things to do than to delete.
    private static let delay = Duration.seconds(300)
    private static let interval = Duration.seconds(600)
    /// Whoever does not lead may have to by then.
    private static let patience = Duration.seconds(30)

    /// Runs until cancelled.
    func run() async {
        var pause = Self.delay
        while (try? await clock.sleep(for: pause)) != nil {
            guard isLeading.isRaised else {
                pause = Self.patience
                continue
            }
            pause = Self.interval
            do {
                try await prune()
            } catch is CancellationError {
                return
            } catch {
                logger.info("what has expired is still there", metadata: ["error": "\(error)"])
            }
        }
    }
}

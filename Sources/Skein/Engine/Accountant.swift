import Logging
import SkeinCore

/// Counts what has ended into the roll-ups that reports read: the leader of `maintenance` does, in small portions.
struct Accountant: Sendable {
    let store: any ExecutionStore
    let clock: any EngineClock
    /// Raised while this instance leads.
    let isLeading: Flag
    /// Raised when an execution ended here.
    let hasEnded: Flag
    let logger: Logger

    private static let portion = 500
    private static let interval = Duration.seconds(3)
    /// What ended elsewhere is looked for as often as this.
    private static let patience = Duration.seconds(60)

    /// Runs until cancelled.
    func run() async {
        var next = clock.monotonic
        while (try? await clock.sleep(for: Self.interval)) != nil {
            guard isLeading.isRaised else { continue }
            guard hasEnded.isRaised || clock.monotonic >= next else { continue }
            hasEnded.lower()
            next = clock.monotonic + Self.patience
            do {
                while try await fold() == Self.portion {}
            } catch is CancellationError {
                return
            } catch {
                logger.debug("ends were not counted", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Leaves the database to others for three times as long as it took.
    private func fold() async throws -> Int {
        let began = clock.monotonic
        let count = try await store.foldReports(limit: Self.portion)
        if count == Self.portion { try await clock.sleep(for: (clock.monotonic - began) * 3) }
        return count
    }
}

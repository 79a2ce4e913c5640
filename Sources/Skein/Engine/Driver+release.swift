// How an owner lets go of an execution that has not ended.

import Logging
import Metrics
import SkeinCore

extension Driver {
    func repark(
        _ drive: inout Drive, due: Timestamp, needs: String, announced isAnnounced: Bool = true
    ) async -> DriveEnd {
        do {
            guard
                let woken = try await store.repark(
                    drive.slot.held, due: due, seenGeneration: drive.seenGeneration, needs: needs)
            else { return .lost }
            let isDue = due <= clock.now
            if isAnnounced { announce(drive, isDue ? nil : due, woken: woken, "released") }
            return .parked(due: due, woken: woken && !isDue && !draining.isRaised)
        } catch {
            return .lost
        }
    }

    /// The one thing an owner pauses its execution for.
    func warnOfQuarantine(_ drive: borrowing Drive) {
        metrics.quarantined.increment()
        logger.warning(
            "an execution is quarantined: its workers were lost, one after the other; see why, then resume or cancel it",
            metadata: ["execution.id": "\(drive.slot.executionID)", "flow.id": "\(drive.flow.spec.id)"])
    }

    /// Stopped in the middle: a lost execution is dropped, one that is still ours goes back for immediate claim.
    func giveBack(_ slot: Slot) async -> DriveEnd {
        guard slot.stopped != .lost else { return .lost }
        let held = slot.held
        await shielded { [store, identity] in try? await store.release([held], worker: identity.id) }
        coordination.wakes.signal([WakeHint(executionID: held.executionID, reason: "released")])
        return .released
    }
}

// Keeping and giving back what was claimed. Renewal goes by the list of what the worker really holds: renewing all rows
// of an owner would keep alive what it does not know it has.

public import SkeinCore

extension InMemoryExecutionStore {
    public func renew(_ held: [HeldClaim], worker: WorkerID, lease: Duration) async throws -> Set<ExecutionID> {
        transaction { state, now in
            guard state.isLive(worker) else { return [] }
            let renewed = held.filter { claim in
                state.updateReady(claim.executionID) { row in
                    guard row.owner == worker, row.claimID == claim.claimID else { return false }
                    row.nextAt = now + lease
                    return true
                } ?? false
            }
            return Set(renewed.map(\.executionID))
        }
    }

    public func release(_ held: [HeldClaim], worker: WorkerID) async throws {
        transaction { state, now in
            for claim in held {
                state.updateReady(claim.executionID) { row in
                    guard row.owner == worker, row.claimID == claim.claimID else { return }
                    row.owner = nil
                    row.nextAt = now
                }
            }
        }
    }

    public func repark(_ held: HeldClaim, due: Timestamp, seenGeneration: Int64, needs: String) async throws -> Bool? {
        transaction { state, now in
            guard state.ready[held.executionID]?.claimID == held.claimID else { return nil }
            return state.updateReady(held.executionID) {
                $0.park(until: due, seen: seenGeneration, needs: needs, at: now)
            }
        }
    }
}

extension InMemoryExecutionStore.State {
    /// Makes what a dead worker holds due now. It stays the owner until the next claim, which is a take-over from it.
    mutating func bringForward(_ worker: WorkerID, at now: Timestamp) {
        let held = ready.filter { $0.value.owner == worker && $0.value.nextAt > now }
        for id in held.keys.sorted() { updateReady(id) { $0.nextAt = now } }
    }
}

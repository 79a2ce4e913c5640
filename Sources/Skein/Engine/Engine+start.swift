// From a claim to a drive: load, rebuild the state, take over where somebody did not let go, drive, clean up.

import Logging
import SkeinCore

extension Engine {
    /// Loads and starts what was claimed. Each claim has a reservation, which becomes a slot or is given back.
    func start(_ claims: [Claim], _ claimID: ClaimID) async {
        #if SKEIN_FAILPOINTS
        await Failpoint.reach("claim.afterCommit")
        #endif
        let loaded: [ExecutionID: LoadedExecution]
        do {
            loaded = try await store.load(claims.map(\.executionID))
        } catch {
            logger.debug("claimed executions could not be loaded", metadata: ["error": "\(error)"])
            for claim in claims { _ = dispatcher?.arrived(claim.executionID) }
            let held = claims.map { HeldClaim($0.executionID, claimID) }
            await shielded { [store, identity] in try? await store.release(held, worker: identity.id) }
            slots.cancelReservation(claims.count)
            return
        }
        courtesy.took(Set(loaded.values.map { WakeHint.lane(of: $0.record.creation.tenantID) }), at: clock.monotonic)
        for claim in claims {
            guard let execution = loaded[claim.executionID], execution.claimID == claimID else {
                slots.cancelReservation(1)
                _ = dispatcher?.arrived(claim.executionID)
                continue
            }
            let slot = Slot(claim.executionID, claimID)
            if let other = slots.fill(slot) {
                // By itself: the others of this claim must not wait for that slot.
                Task { await self.start(slot, claim, execution, after: other) }
            } else {
                start(slot, claim, execution)
            }
        }
    }

    private func start(_ slot: Slot, _ claim: Claim, _ execution: LoadedExecution) {
        // What is overdue takes the time that is left by what is on time, or was just asked for.
        let priority: TaskPriority? = claim.dueAt < clock.now ? .utility : nil
        // The slot owns the task: it stops it, and the table's `empty` waits for it at a shutdown.
        slot.attach(Task(priority: priority) { await self.drive(slot, claim, execution) })
        if dispatcher?.arrived(claim.executionID) == true { slot.wake() }
    }

    /// The execution's last drive here has let go in the store but not yet of its slot: mostly it is about to.
    private func start(_ slot: Slot, _ claim: Claim, _ execution: LoadedExecution, after other: Slot) async {
        if await other.ends(), slots.fill(slot) == nil { return start(slot, claim, execution) }
        _ = dispatcher?.arrived(claim.executionID)
        // A claim that nobody drives must not wait for the end of its lease.
        try? await store.release([slot.held], worker: identity.id)
        slots.cancelReservation(1)
        dispatcher?.wake(claim.executionID)
    }

    /// Starts an execution that was born in this instance's hands.
    func startBorn(_ slot: Slot, _ flow: CompiledFlow, _ state: ExecutionState) {
        // A task inherits the caller of whoever starts it.
        guard Caller.current == nil else {
            return Caller.$current.withValue(nil) { startBorn(slot, flow, state) }
        }
        slot.attach(
            Task {
                var drive = Drive(slot: slot, flow: flow, state: state, dueAt: state.creation.createdAt)
                let end = await self.driver.drive(&drive)
                self.driver.makeRoom(drive, end)
                self.finish(slot, end)
            })
    }

    private func drive(_ slot: Slot, _ claim: Claim, _ loaded: LoadedExecution) async {
        let end = await driveClaimed(slot, claim, loaded, budget: nil, from: claim.dueAt).end
        finish(slot, end)
    }

    /// Drives a claimed execution on the caller's task.
    ///
    /// - Parameter due: nothing is done before; nil: what is waited for is somebody else's to judge.
    func driveClaimed(
        _ slot: Slot, _ claim: Claim, _ first: LoadedExecution, budget: Int?, from due: Timestamp? = nil,
        offer: WorkOffer? = nil
    ) async -> (end: DriveEnd, state: ExecutionState?) {
        var loaded = first
        let driver = driver
        while true {
            let flow: CompiledFlow
            var drive: Drive
            do {
                let creation = loaded.record.creation
                flow = try await flows.flow(creation.flowID, version: creation.flowVersion)
                let state = try flow.state(of: loaded.record)
                drive = Drive(
                    slot: slot, flow: flow, state: state, inbox: loaded.inbox, seenGeneration: claim.wakeGeneration,
                    snapshotPosition: loaded.record.rows.first?.position ?? state.position, dueAt: claim.dueAt,
                    budget: budget)
                drive.offer = offer
            } catch {
                return (await setAside(slot, claim, error), nil)
            }
            guard claim.isTakeover else {
                let end = if let due { await driver.drive(&drive, from: due) } else { await driver.drive(&drive) }
                driver.makeRoom(drive, end)
                return (end, drive.state)
            }
            switch await driver.takeOver(&drive, from: claim.previousOwner) {
            case nil:
                await pause(before: drive)
                let end = await driver.drive(&drive)
                driver.makeRoom(drive, end)
                return (end, drive.state)
            case .lost?:
                // The old owner's last row may have come in between: still ours means read again and append behind it.
                guard slot.stopped == nil, let again = try? await store.load([slot.executionID])[slot.executionID],
                    again.claimID == slot.claimID
                else { return (.lost, drive.state) }
                loaded = again
            case let end?: return (end, drive.state)
            }
        }
    }

    /// An execution that may have killed its workers is not to take the next one down at once.
    private func pause(before drive: borrowing Drive) async {
        let crashes = drive.state.crashes
        guard isRunning, crashes > 1, crashes < configuration.quarantineAfter else { return }
        let wait = min(configuration.crashBackoff * (1 << min(crashes - 2, 16)), .seconds(60))
        if !isDraining { await dozer.doze(drive.slot, until: clock.now + wait) }
    }

    /// An execution that this version cannot read must not be tried in a circle: it is looked at again in a minute.
    private func setAside(_ slot: Slot, _ claim: Claim, _ error: any Error) async -> DriveEnd {
        logger.warning(
            "an execution cannot be read; it is set aside for a minute",
            metadata: ["execution.id": "\(slot.executionID)", "error": "\(error)"])
        let due = clock.now + .seconds(60)
        guard !claim.isTakeover else {
            // Not ours to repark without `recovered`: the lease runs out by itself.
            return .lost
        }
        _ = try? await store.repark(slot.held, due: due, seenGeneration: claim.wakeGeneration, needs: "")
        return .parked(due: due, woken: false)
    }

    func finish(_ slot: Slot, _ end: DriveEnd) {
        slots.remove(slot)
        guard let dispatcher else { return }
        switch end {
        case .parked(_, woken: true): dispatcher.wake(slot.executionID)
        case .parked(let due, woken: false) where due != .distantFuture: dispatcher.expect(due)
        default: break
        }
        dispatcher.roomMade()
    }
}

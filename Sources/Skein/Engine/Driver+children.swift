// The children that steps wait for: looked after by the owner of their parent, again by whoever takes over.

import Crypto
import Logging
import SkeinCore

extension ExecutionState {
    /// Whether a row leaves children behind that have to be cancelled: it was cancelled, or it ends while branches wait
    /// for some.
    func cascades(after events: [ExecutionEvent]) -> Bool {
        guard hasChildren else { return false }
        return events.contains { event in
            switch event {
            case .cancelled: true
            case .rollbackStarted(_, let cancellation): cancellation != nil || branches.contains { $0.spawn != nil }
            case .failed: branches.contains { $0.spawn != nil }
            default: false
            }
        }
    }

    /// What a row means to parents and children.
    ///
    /// - Parameter spawns: whether children are asked for in it.
    func family(after events: [ExecutionEvent], end status: ExecutionStatus?, spawns: Bool = true) -> Append.Family {
        if let status, !wasReopened, let parent = creation.parentID, let round = creation.parentRound {
            return .reports(parent: parent, round: round, failed: status != .completed)
        }
        return spawns ? .expecting(events, position: position) : .none
    }
}

extension Append.Family {
    /// The children that are asked for in a row.
    static func expecting(_ events: [ExecutionEvent], position: Int64) -> Append.Family {
        let rounds = events.enumerated().compactMap { offset, event -> Append.ExpectedRound? in
            guard case .childrenCreated(_, let spawn) = event else { return nil }
            return Append.ExpectedRound(
                spawn.round == 0 ? position + Int64(offset) : spawn.round, total: spawn.contexts.count)
        }
        return rounds.isEmpty ? .none : .expects(rounds)
    }
}

extension Spawn {
    /// The id of one of its children.
    func childID(_ ordinal: Int, of parent: ExecutionID) -> ExecutionID {
        let digest = SHA256.hash(data: Array("\(parent)/\(round)/\(ordinal)".utf8))
        let random = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return ExecutionID(raw: .v7(at: at, random: random))
    }
}

extension Driver {
    /// The same with the version of the children's flow, where the step left it open.
    func resolved(_ fact: Fact?) async -> Fact? {
        guard case .childrenRequested(let attempt, var spawn)? = fact, spawn.kinds.isEmpty else { return fact }
        do {
            spawn.flowVersion = try await children.flow(spawn.flowID, version: spawn.flowVersion).spec.version
                .description
            return .childrenRequested(attempt, spawn)
        } catch let failure as StepFailure {
            return .stepFailed(attempt, failure)
        } catch {
            return .stepFailed(
                attempt, StepFailure("UNAVAILABLE", "the flow '\(spawn.flowID)' cannot be read: \(error)"))
        }
    }

    /// Looks after the children that steps wait for: starts those that are missing. Nil: nothing happened. What could
    /// not be done is tried again a moment later.
    func attend(_ drive: inout Drive) async -> [Fact]? {
        for branch in drive.state.branches {
            guard branch.wait?.kind == .children, let round = branch.awaitedRound, !drive.attended.contains(round)
            else { continue }
            do {
                if let spawn = branch.spawn {
                    if let fact = try await attend(drive, branch, spawn) { return [fact] }
                } else if let child = try await endedChild(of: drive.slot.executionID, round) {
                    return [.resumed(branch.stepID, data: child, cause: .children)]
                }
                drive.attended.insert(round)
            } catch is CancellationError where drive.slot.stopped != nil || Task.isCancelled {
                return nil
            } catch let failure as StepFailure {
                let attempt = StepAttempt(
                    stepID: branch.stepID, attempt: branch.attempt, startedAt: branch.wait?.startedAt ?? clock.now,
                    endedAt: clock.now)
                return [.stepFailed(attempt, failure)]
            } catch {
                // Also when the store cannot say whether it wrote: nobody else starts the children that are missing.
                logger.warning(
                    "children cannot be looked after",
                    metadata: ["execution.id": "\(drive.slot.executionID)", "error": "\(error)"])
                drive.attended.insert(round)
                drive.lookAgain = clock.now + .seconds(1)
            }
        }
        return nil
    }

    /// What an attempt comes to whose children's results cannot be read; nil: it was cut off.
    func unread(_ error: any Error, _ node: FlowGraph.Node, _ state: borrowing ExecutionState, at began: Timestamp)
        -> Fact?
    {
        if error is CancellationError { return nil }
        let attempt = StepAttempt(
            stepID: node.id, attempt: state.branch(at: node.id)?.attempt ?? 1, startedAt: began, endedAt: clock.now)
        return .stepFailed(
            attempt, StepFailure("UNAVAILABLE", "what the children returned cannot be read: \(error)"))
    }

    /// What became of the child that a step's code waits for, once it has ended.
    private func endedChild(of parent: ExecutionID, _ round: Int64) async throws -> JSONValue? {
        guard try await store.children(of: parent, round: round, wakeAt: 1).ended > 0 else { return nil }
        let ids = try await store.children(of: parent, round: round, from: 0, limit: 1)
        guard let outcome = try await children.outcomes(of: ids, parent: parent).first?.json else { return nil }
        return outcome.byteCount > ChildReference.threshold ? ChildReference(round: round).json : outcome
    }

    /// The first in order of those that did not complete.
    private func failedChild(of parent: ExecutionID, _ spawn: Spawn) async throws -> ChildOutcome? {
        var next = 0
        while true {
            let ids = try await store.children(
                of: parent, round: spawn.round, from: next, limit: ChildMaker.chunk)
            let ended = try await children.outcomes(of: ids, parent: parent).filter(\.status.isEnded)
            if let failed = ended.first(where: { $0.status != .completed }) { return failed }
            guard ids.count == ChildMaker.chunk else { return nil }
            next += ids.count
        }
    }

    private func attend(_ drive: Drive, _ branch: Branch, _ spawn: Spawn) async throws -> Fact? {
        let id = drive.slot.executionID
        let total = spawn.contexts.count
        var failsFast = spawn.awaits && !spawn.collects
        // Only looks: an owner that has lost it must not change what wakes the next one.
        var count = try await store.children(of: id, round: spawn.round, wakeAt: nil, failsFast: failsFast)
        while true {
            // Those behind it are not started any more; those under way are cancelled with the execution, if it fails.
            if failsFast, count.failed > 0 {
                if let child = try await failedChild(of: id, spawn) {
                    return .childrenFinished(branch.stepID, [child])
                }
                // It has been given another chance meanwhile.
                failsFast = false
            }
            // Half of those in flight make room for the next ones together.
            let wanted = spawn.awaits ? min(total, count.ended + spawn.concurrency) : total
            if count.started < wanted {
                try await children.make(
                    count.started..<wanted, of: spawn, parent: drive.state.creation, claim: drive.slot.claimID
                ) {
                    drive.slot.stopped != nil
                }
                count.started = wanted
            }
            let ids = { (0..<total).map { spawn.childID($0, of: id) } }
            if !spawn.awaits {
                return .childrenFinished(branch.stepID, ids().map { ChildOutcome(id: $0, status: .pending) })
            }
            let wakeAt = count.started == total ? total : max(1, count.started - spawn.concurrency / 2)
            let now = try await store.children(
                of: id, round: spawn.round, wakeAt: wakeAt, failsFast: failsFast)
            (count.ended, count.failed) = (now.ended, now.failed)
            if failsFast, count.failed > 0 { continue }
            if count.ended >= total {
                return .childrenFinished(branch.stepID, try await children.outcomes(of: ids(), parent: id))
            }
            if count.ended < wakeAt { return nil }
        }
    }
}

// The children of a step: made in chunks, again by whoever takes over, and gathered when all have ended. Their ids
// follow from the parent's, so making one twice makes one.

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
    func family(after events: [ExecutionEvent], isEnd: Bool, spawns: Bool = true) -> Append.Family {
        if isEnd, !wasReopened, let parent = creation.parentID, let round = creation.parentRound {
            return .reports(parent: parent, round: round)
        }
        guard spawns else { return .none }
        for (offset, event) in events.enumerated() {
            if case .childrenCreated(_, let spawn) = event {
                return .expects(round: position + Int64(offset), total: spawn.contexts.count)
            }
        }
        return .none
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
    private static let chunk = 250

    /// The same with the version of the children's flow, where the step left it open.
    func resolved(_ fact: Fact?) async -> Fact? {
        guard case .childrenRequested(let attempt, var spawn)? = fact else { return fact }
        do {
            let flow =
                spawn.flowVersion.isEmpty
                ? try await flows.latest(spawn.flowID, remembered: false).flow
                : try await flows.flow(spawn.flowID, version: spawn.flowVersion)
            spawn.flowVersion = flow.spec.version.description
            return .childrenRequested(attempt, spawn)
        } catch let error as EngineError where error.code == .flowNotFound {
            return .stepFailed(attempt, StepFailure("FLOW_NOT_FOUND", error.message, isRetryable: false))
        } catch {
            return .stepFailed(
                attempt, StepFailure("UNAVAILABLE", "the flow '\(spawn.flowID)' cannot be read: \(error)"))
        }
    }

    /// Looks after the children of steps that wait for some: starts those that are missing. Nil: nothing happened. What
    /// could not be done is tried again a moment later.
    func attend(_ drive: inout Drive) async -> [Fact]? {
        for branch in drive.state.branches {
            guard let spawn = branch.spawn, branch.wait?.kind == .children, !drive.attended.contains(spawn.round) else {
                continue
            }
            do {
                if let fact = try await attend(drive, branch, spawn) { return [fact] }
                drive.attended.insert(spawn.round)
            } catch is CancellationError {
                return nil
            } catch let failure as StepFailure {
                let attempt = StepAttempt(
                    stepID: branch.stepID, attempt: branch.attempt, startedAt: branch.wait?.startedAt ?? clock.now,
                    endedAt: clock.now)
                return [.stepFailed(attempt, failure)]
            } catch {
                logger.warning(
                    "children cannot be looked after",
                    metadata: ["execution.id": "\(drive.slot.executionID)", "error": "\(error)"])
                drive.attended.insert(spawn.round)
                drive.lookAgain = clock.now + .seconds(1)
            }
        }
        return nil
    }

    private func attend(_ drive: Drive, _ branch: Branch, _ spawn: Spawn) async throws -> Fact? {
        let id = drive.slot.executionID
        let total = spawn.contexts.count
        var count = try await store.children(of: id, round: spawn.round, wakeAt: Int.max >> 33)
        while true {
            // Half of those in flight make room for the next ones together.
            let wanted = spawn.awaits ? min(total, count.ended + spawn.concurrency) : total
            if count.started < wanted {
                try await start(count.started..<wanted, of: spawn, for: drive)
                count.started = wanted
            }
            if !spawn.awaits {
                let ids = (0..<total).map { spawn.childID($0, of: id) }
                return .childrenFinished(branch.stepID, ids.map { ChildOutcome(id: $0, status: .pending) })
            }
            let wakeAt = count.started == total ? total : max(1, count.started - spawn.concurrency / 2)
            count.ended = try await store.children(of: id, round: spawn.round, wakeAt: wakeAt).ended
            if count.ended >= total { return .childrenFinished(branch.stepID, try await gather(spawn, of: id)) }
            if count.ended < wakeAt { return nil }
        }
    }

    private func start(_ range: Range<Int>, of spawn: Spawn, for drive: Drive) async throws {
        let parent = drive.state.creation
        let flow: CompiledFlow
        do {
            flow = try await flows.flow(spawn.flowID, version: spawn.flowVersion)
        } catch let error as EngineError where error.code == .flowNotFound {
            throw StepFailure("FLOW_NOT_FOUND", error.message, isRetryable: false)
        }
        var next = range.lowerBound
        while next < range.upperBound {
            if drive.slot.stopped != nil { throw CancellationError() }
            let chunk = next..<min(range.upperBound, next + Self.chunk)
            let appends = try chunk.map { try child($0, of: spawn, parent, flow) }
            for outcome in try await store.commit(appends, writer: 0) {
                if case .refused(let error) = outcome {
                    throw StepFailure(
                        "INVALID_OUTPUT", "a child cannot be stored: \(error.message)", isRetryable: false)
                }
            }
            // Some of them for each instance that has room.
            coordination.wakes.signal(
                chunk.map { WakeHint(executionID: spawn.childID($0, of: parent.id), reason: "new") })
            next = chunk.upperBound
        }
    }

    private func child(_ ordinal: Int, of spawn: Spawn, _ parent: ExecutionCreation, _ flow: CompiledFlow) throws
        -> Append
    {
        let context = spawn.contexts[ordinal]
        if let problem = flow.spec.limits.problem(of: context) {
            throw StepFailure("CONTEXT_LIMIT", "child \(ordinal): \(problem)", isRetryable: false)
        }
        let id = spawn.childID(ordinal, of: parent.id)
        let creation = ExecutionCreation(
            id: id, flowID: spawn.flowID, flowVersion: flow.spec.version.description, tenantID: parent.tenantID,
            context: context, tag: parent.tag, priority: parent.priority, metadata: spawn.metadata,
            parentID: parent.id, rootID: parent.rootID, parentRound: spawn.awaits ? spawn.round : nil,
            ordinal: Int32(clamping: ordinal), depth: parent.depth + 1, executionTimeout: flow.spec.executionTimeout,
            createdAt: spawn.at)
        let body = LogBody(workerID: identity.id, at: spawn.at, events: [.created(creation)])
        let state = flow.decision.graph.state(creation)
        let new = NewExecution(creation: creation, needs: flow.needs(state), readyAt: spawn.at)
        return Append(
            executionID: id, position: 1, kind: .created, count: 1, operationID: OperationID(raw: id.raw),
            body: body.encoded(), effect: .create(new, ownership: nil))
    }

    /// What became of all children, in order.
    private func gather(_ spawn: Spawn, of parent: ExecutionID) async throws -> [ChildOutcome] {
        var outcomes: [ChildOutcome] = []
        for first in stride(from: 0, to: spawn.contexts.count, by: Self.chunk) {
            let ids = (first..<min(spawn.contexts.count, first + Self.chunk)).map { spawn.childID($0, of: parent) }
            let loaded = try await store.load(ids)
            for id in ids {
                guard let record = loaded[id]?.record else {
                    throw StoreError(.corrupt, "the child \(id) of \(parent) is gone")
                }
                let flow = try await flows.flow(record.creation.flowID, version: record.creation.flowVersion)
                let state = try flow.state(of: record)
                outcomes.append(
                    ChildOutcome(
                        id: id, status: state.status, result: state.result, context: state.context, error: state.error))
            }
        }
        return outcomes
    }
}

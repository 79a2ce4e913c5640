// What operators and callers do to executions that exist.

import Logging
import Metrics
public import SkeinCore

/// The answer to a cancel.
public struct CancelResult: Sendable {
    public var execution: Execution
    /// False: it had ended before.
    public var cancelled: Bool
    public var previousStatus: ExecutionStatus
    /// How many active resume tokens it made useless.
    public var tokensInvalidated = 0
}

extension Engine {
    /// Ends an execution before its time. Durable once it returns: no step starts afterwards, and what a running
    /// handler still returns is dropped.
    ///
    /// - Parameter operationID: the same operation twice cancels once.
    @discardableResult
    public func cancel(
        _ id: ExecutionID, source: Cancellation.Source = .user, reason: String? = nil, operationID: OperationID? = nil
    ) async throws -> CancelResult {
        try await exclusively(id, purpose: "cancel") {
            let before = try await self.execution(id)
            guard !before.status.isEnded else {
                return CancelResult(execution: before, cancelled: false, previousStatus: before.status)
            }
            let by = Intervention(reason: reason).told
            let cancellation = Cancellation(
                source: source, reason: by.reason, actor: by.actor, requestID: by.requestID)
            if try await self.rollsBack(id) {
                do {
                    let tokens = try await self.activeTokens(of: id)
                    let after = try await self.interject(id, .cancel) { flow, state throws(Failure) in
                        guard !state.status.isEnded, state.rollback == nil else {
                            throw Failure("INVALID_TRANSITION", "the execution has ended or is being rolled back")
                        }
                        return flow.decision.cancel(state, cancellation)
                    }
                    let left = try await self.store.tokens(of: id, limit: .max)
                    return CancelResult(
                        execution: after, cancelled: true, previousStatus: before.status,
                        tokensInvalidated: left.count { $0.status == .revoked && tokens.contains($0.id) })
                } catch let error as EngineError where error.code == .invalidTransition {
                    let now = try await self.execution(id)
                    return CancelResult(execution: now, cancelled: false, previousStatus: now.status)
                }
            }
            let body = LogBody(workerID: self.identity.id, at: self.clock.now, events: [.cancelled(cancellation)])
            let outcome = try await self.store.cancel(
                id, operationID: operationID ?? .new(), at: body.at, body: body.encoded())
            if let slot = self.slots[id] { slot.stop(.lost) }
            let after = try await self.execution(id)
            guard case .cancelled(let position, let tokens) = outcome else {
                return CancelResult(execution: after, cancelled: false, previousStatus: after.status)
            }
            self.metrics.ended.increment()
            await self.childEnded(after)
            await self.limitsFreed(by: after)
            try await self.cancelChildren(of: id)
            self.coordination.wakes.signal([WakeHint(executionID: id, reason: "cancel")])
            self.coordination.events.publish(
                EventNotice(executionID: id, rootID: after.creation.rootID, position: position, isEnd: true))
            return CancelResult(
                execution: after, cancelled: true, previousStatus: before.status, tokensInvalidated: tokens)
        }
    }

    private func activeTokens(of id: ExecutionID) async throws -> Set<TokenID> {
        Set(try await store.tokens(of: id, limit: .max).filter { $0.status == .active }.map(\.id))
    }

    /// Continues an execution that waits to be resumed, or cuts a timer short. The data is found under `resumeData`,
    /// and where the step has an output key also there.
    ///
    /// - Throws: `executionNotWaiting` when it waits for nothing that a resume can end.
    ///
    /// A paused execution goes on where it was; it takes no data.
    public func resume(
        _ id: ExecutionID, data: JSONValue? = nil, step: StepID? = nil, by intervention: Intervention = Intervention()
    ) async throws -> Execution {
        try await exclusively(id, purpose: "resume") {
            guard data?.isStorable ?? true else { throw nulProblem("data") }
            let (state, execution) = try await self.current(id)
            if state.isPaused {
                return try await self.interject(id, .resume) { flow, state throws(Failure) in
                    try flow.decision.unpause(state, by: intervention.told)
                }
            }
            let waiting = state.branches.filter { branch in
                guard let kind = branch.wait?.kind, step == nil || branch.stepID == step else { return false }
                return kind == .manual || kind == .timer || kind == .token
            }
            guard !state.status.isEnded, let branch = waiting.min(by: { $0.waitPosition < $1.waitPosition }) else {
                throw notWaiting(execution, for: "a resume")
            }
            let sent = try await self.store.send(
                InboxMessage(
                    executionID: id, operationID: .new(), kind: .resume, name: String(branch.waitPosition),
                    payload: data, by: intervention.told))
            if sent == .taken {
                throw EngineError(
                    .executionNotWaiting, "somebody else has resumed this wait of the execution \(id) already")
            }
            guard case .accepted = sent else { throw notWaiting(try await self.execution(id), for: "a resume") }
            self.wakeUp(id, "resume")
            return try await self.execution(id)
        }
    }

    /// Sends a signal. It is kept until the execution waits for one of that name, and consumed once, in the order of
    /// acceptance.
    ///
    /// - Parameter operationID: the same operation twice is accepted once.
    public func signal(_ id: ExecutionID, _ name: String, payload: JSONValue? = nil, operationID: OperationID? = nil)
        async throws
    {
        guard payload?.isStorable ?? true, !name.utf8.contains(0) else { throw nulProblem("payload") }
        guard !name.isEmpty, name.utf8.count <= 200 else {
            throw EngineError(
                .invalidRequest, "the request is not valid",
                problems: [
                    Problem(
                        code: "INVALID_VALUE", pointer: JSONPointer(tokens: ["name"]),
                        message: "must have 1 to 200 bytes")
                ])
        }
        let message = InboxMessage(
            executionID: id, operationID: operationID ?? .new(), kind: .signal, name: name, payload: payload,
            by: Intervention().told)
        guard case .accepted = try await store.send(message) else {
            let execution = try await execution(id)
            throw EngineError(
                .executionEnded, "the execution \(id) has ended (\(execution.status.rawValue)): it takes no signals")
        }
        wakeUp(id, "signal")
    }

    /// A cancelled execution takes its children along. As long as one of them cannot be cancelled, locked by somebody
    /// for a moment, it stays remembered and is tried again.
    ///
    /// - Parameter round: those of a step that was passed over; nil: all of an execution that is over.
    func cancelChildren(of id: ExecutionID, round: Int64? = nil) async throws {
        var next = 0
        var isDone = true
        while true {
            let children = try await store.children(of: id, round: round, from: next, limit: 500)
            for child in children {
                do {
                    let why = round == nil ? "was cancelled" : "waits for it no longer"
                    _ = try await cancel(child, source: .parent, reason: "the parent \(id) \(why)")
                } catch {
                    isDone = false
                    logger.debug(
                        "a child was not cancelled", metadata: ["execution.id": "\(child)", "error": "\(error)"])
                }
            }
            guard children.count == 500 else { break }
            next += children.count
        }
        if isDone, round == nil { try await store.endCascade(of: id) }
    }

    /// Does what an instance that died left undone.
    func cancelOrphans() async throws {
        for id in try await store.cascades(limit: 100) { try await cancelChildren(of: id) }
    }

    /// Tells the parent, where one waits.
    func childEnded(_ execution: Execution) async {
        guard execution.creation.parentRound != nil else { return }
        fanIn.childEnded()
        await fanIn.countHere()
    }

    func wakeUp(_ id: ExecutionID, _ reason: String) {
        coordination.wakes.signal([WakeHint(executionID: id, reason: reason)])
        if !coordination.health.isUp { dispatcher?.wake(id) }
    }
}

private func notWaiting(_ execution: Execution, for what: String) -> EngineError {
    EngineError(
        .executionNotWaiting,
        "the execution \(execution.id) is \(execution.status.rawValue), it does not wait for \(what)")
}

func nulProblem(_ field: String) -> EngineError {
    EngineError(
        .invalidRequest, "the request is not valid",
        problems: [
            Problem(
                code: "NUL_CHARACTER", pointer: JSONPointer(tokens: [field]),
                message: "text with a NUL character (U+0000) cannot be stored")
        ])
}

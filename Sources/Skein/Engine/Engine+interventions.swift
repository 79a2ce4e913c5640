// What operators do to an execution's course: each is a row like any other, appended where the state they saw ends.

import Metrics
public import SkeinCore

extension Engine {
    /// Holds an execution until it is resumed. An attempt that runs is interrupted; its result is dropped.
    ///
    /// - Throws: `invalidTransition` when it has ended or is paused.
    public func pause(_ id: ExecutionID, by intervention: Intervention = Intervention()) async throws -> Execution {
        try await exclusively(id, purpose: "pause") {
            try await self.interject(id, .pause) { flow, state throws(Failure) in
                try flow.decision.pause(state, by: intervention.told)
            }
        }
    }

    /// Passes over a step that the execution is at, as if it had returned `output`. Children that it waits for are
    /// cancelled.
    public func skip(
        _ id: ExecutionID, step: StepID, output: JSONValue? = nil, by intervention: Intervention = Intervention()
    ) async throws -> Execution {
        guard output?.isStorable ?? true else {
            throw EngineError(.invalidRequest, "the output cannot be stored: it has a NUL character or is too deep")
        }
        return try await exclusively(id, purpose: "skip") {
            let branch = try await self.current(id).0.branch(at: step)
            let round = branch?.spawn?.awaits == false ? nil : branch?.awaitedRound
            let after = try await self.interject(id) { flow, state throws(Failure) in
                try flow.decision.skip(state, step, output: output, by: intervention.told)
            }
            if let round { try await self.cancelChildren(of: id, round: round) }
            return after
        }
    }

    /// Lets an ended execution go on: a failed one where it failed, with its context as it is, a rollback at the
    /// compensation that failed, any from the step given. Commit steps that succeeded are not run again.
    public func retry(_ id: ExecutionID, from step: StepID? = nil, by intervention: Intervention = Intervention())
        async throws -> Execution
    {
        try await exclusively(id, purpose: "retry") {
            try await self.interject(id, .reopened) { flow, state throws(Failure) in
                try flow.decision.reopen(state, from: step, by: intervention.told)
            }
        }
    }

    /// A new execution of the same flow version that begins at a step, with the context of another or the one given.
    public func fork(
        _ id: ExecutionID, at step: StepID, context: JSONObject? = nil, options: CreateOptions = CreateOptions()
    ) async throws -> Execution {
        guard let record = try await store.record(id) else { throw notFound(id) }
        let (state, _) = try await self.state(of: record)
        let flow = try await flows.flow(record.creation.flowID, version: record.creation.flowVersion)
        guard flow.decision.graph.node(of: step) != nil else {
            throw EngineError(.stepNotFound, "the flow '\(record.creation.flowID)' has no step '\(step)'")
        }
        // The children stay with the one that started them.
        let whole = try await driver.children.expanded(state.context, of: state)
        var options = options
        options.flowVersion = record.creation.flowVersion
        options.tenantID = record.creation.tenantID
        return try await create(
            record.creation.flowID, context: context ?? whole, options: options, fork: (id, step)
        ).execution
    }

    /// Whether a cancel of it is decided by its state: what is to be compensated may change until it is written.
    func rollsBack(_ id: ExecutionID) async throws -> Bool {
        guard let record = try await store.record(id) else { throw notFound(id) }
        return try await state(of: record).1?.spec.rollsBackOnCancel == true
    }

    /// Appends what `decide` makes of the state, behind the last row; again when another row came first.
    ///
    /// - Parameter kind: the row's. Default: that of the transition; what is paused stays so.
    func interject(
        _ id: ExecutionID, _ kind: RowKind? = nil,
        _ decide: @Sendable (CompiledFlow, ExecutionState) throws(Failure) -> Transition
    ) async throws -> Execution {
        while true {
            try Task.checkCancellation()
            guard let record = try await store.record(id) else { throw notFound(id) }
            let flow = try await flows.flow(record.creation.flowID, version: record.creation.flowVersion)
            let state = try flow.state(of: record)
            let transition: Transition
            do {
                transition = try decide(flow, state)
            } catch {
                throw EngineError(
                    EngineError.Code(rawValue: error.code) ?? .invalidTransition, error.message)
            }
            let now = clock.now
            var next = state
            next.apply(transition.events, position: state.position, at: now)
            let append = Append(
                executionID: id, position: state.position, kind: kind ?? (next.isPaused ? .pause : transition.kind),
                count: Int16(clamping: transition.events.count), operationID: .new(), at: now,
                body: LogBody.encoded(workerID: identity.id, at: now, events: transition.events), after: state.chain,
                effect: effect(transition, from: state, to: next, now: now, needs: flow.needs(next)),
                snapshot: Snapshot(status: next.status),
                family: state.family(
                    after: transition.events,
                    end: !state.status.isEnded && next.status.isEnded ? next.status : nil),
                cascades: state.cascades(after: transition.events),
                closedTokens: state.closedTokens(by: transition.events))
            switch try await journal.commit(append) {
            case .fenced: continue
            case .refused(let error): throw error
            case .committed: break
            }
            if append.cascades { try await cancelChildren(of: id) }
            if let slot = slots[id] { slot.stop(.lost) }
            if next.status.isEnded {
                metrics.ended.increment()
                fanIn.childEnded()
                await fanIn.countHere()
            }
            coordination.events.publish(
                EventNotice(
                    executionID: id, rootID: record.creation.rootID, position: next.position - 1,
                    isEnd: next.status.isEnded))
            // The reason "cancel" makes the owner look whether it still is.
            coordination.wakes.signal([WakeHint(executionID: id, reason: "cancel")])
            if !next.status.isEnded { dispatcher?.wake(id) }
            return try await execution(id)
        }
    }

    private func effect(
        _ transition: Transition, from state: ExecutionState, to next: ExecutionState, now: Timestamp, needs: String
    ) -> Append.Effect {
        if state.status.isEnded { return .reopen(needs: needs) }
        switch transition.then {
        case .end(let status): return .end(status)
        case .park(let due):
            // Only who drives it finds out whether the children of its branches have been started.
            let isParent = next.branches.contains { $0.spawn != nil }
            return .park(due: isParent ? now : due, seenGeneration: 0, needs: needs)
        case .proceed: return .park(due: now, seenGeneration: 0, needs: needs)
        }
    }
}

/// Text that rows can hold.
func plain(_ text: String) -> String { String(text.filter { $0 != "\0" }.prefix(2_000)) }

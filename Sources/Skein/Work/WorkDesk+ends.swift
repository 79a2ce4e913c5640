// How attempts of workers outside end. The log fences: the end is appended at the position that it was decided for, and
// only while the attempt is still the one that its token names.

import Metrics
public import SkeinCore

extension WorkDesk {
    /// Ends an attempt with what it returned. `next`: the step to go to instead of `onSuccess`.
    ///
    /// Telling the same again is no mistake: the answer may have been lost.
    ///
    /// - Throws: `fenced` with the holder when the attempt is not the worker's any more, `executionNotFound`,
    ///   `stepNotFound`.
    public func complete(_ handle: WorkHandle, output: JSONValue = .null, next: StepID? = nil) async throws
        -> WorkAnswer
    {
        try await end(handle, .completed(output, next: next)) { event in
            switch event {
            case .stepCompleted(_, let stored, _): (stored?.value ?? .null) == output
            case .stepCompensated: true
            // What it returned could not be kept, or led nowhere: that was its end.
            case .stepFailed(_, let failure, _), .compensationFailed(_, let failure, _):
                Self.refusals.contains(failure.code)
            default: false
            }
        }
    }

    /// Failures that only the engine makes of a result.
    private static let refusals: Set<String> = [
        "INVALID_OUTPUT", "CONTEXT_LIMIT", "CONTEXT_CONFLICT", "INVALID_TRANSITION",
    ]

    /// Ends an attempt with a failure; the step's retry policy decides what comes of it.
    ///
    /// - Throws: as ``complete(_:output:next:)``.
    public func fail(_ handle: WorkHandle, _ failure: StepFailure) async throws -> WorkAnswer {
        let stored = failure.storable.failure
        return try await end(handle, .failed(failure)) { event in
            switch event {
            case .stepFailed(_, let known, _), .compensationFailed(_, let known, _):
                known.code == stored.code && known.message == stored.message
            default: false
            }
        }
    }

    /// Ends an attempt with a wait: the execution goes on at `onResume`, else `onSuccess`, and holds no worker meanwhile.
    ///
    /// - Throws: as ``complete(_:output:next:)``.
    public func wait(_ handle: WorkHandle, _ wait: WorkWait) async throws -> WorkAnswer {
        let until: WaitRequest.Until =
            switch wait.until {
            case .time(let time): .time(time)
            case .delay(let delay): .time(engine.clock.now + delay)
            case .signal(let name): .signal(name)
            case .token: .token
            case .resume: .resume
            }
        let request = WaitRequest(until: until, timeout: wait.timeout, reason: wait.reason, output: wait.output)
        return try await end(handle, .wait(request), token: wait.until) { event in
            switch event {
            case .stepSuspended(_, let stored): stored?.value == wait.output
            case .compensationFailed(_, let failure, _): Self.refusals.contains(failure.code)
            case .stepFailed(_, let failure, _): Self.refusals.contains(failure.code)
            default: false
            }
        }
    }

    /// - Parameter isSame: whether an event that ended the attempt is what this call would make.
    private func end(
        _ handle: WorkHandle, _ result: StepResult<JSONValue>, token wish: WorkWait.Until? = nil,
        isSame: (ExecutionEvent) -> Bool
    ) async throws -> WorkAnswer {
        let driver = engine.driver
        // Whoever appends beside this, a heartbeat or another branch, wins at most once for each of its rows.
        for _ in 0..<32 {
            guard let (step, handOut, loaded, flow, state) = try await attempt(handle) else {
                let record = try await engine.store.record(handle.executionID)
                guard let record else { throw engine.notFound(handle.executionID) }
                guard try await wasEnded(handle, isSame) else { throw fenced(handle, record.owner) }
                return WorkAnswer(execution: try await engine.execution(of: record), isRepeat: true)
            }
            let slot = Slot(handle.executionID, loaded.claimID ?? ClaimID(raw: .random()))
            // Without the store nothing is tried again and again: the worker is told, and says it once more.
            slot.stop(.shutdown)
            var drive = Drive(
                slot: slot, flow: flow, state: state, inbox: loaded.inbox,
                snapshotPosition: loaded.record.rows.first?.position ?? state.position, dueAt: engine.clock.now)
            drive.handoff = .back(handOut.workerID)
            if let late = driver.runner.outOfTime(step, at: engine.clock.now, silentFor: nil) {
                if await goOn(driver.commit(&drive, late), drive) { throw fenced(handle, nil) }
                continue
            }
            var token: ResumeToken?
            if case .token(let lifetime, let metadata)? = wish, !step.isCompensation {
                token = try await made(step, lifetime, metadata)
            }
            let fact = driver.runner.ended(result, step)
            let end =
                token == nil
                ? await driver.commit(&drive, fact)
                : await driver.commit(&drive, .tokensChanged(step.tokenNotes, consumed: []), [fact])
            guard await goOn(end, drive) else { continue }
            engine.metrics.steps.increment()
            return WorkAnswer(execution: Execution(drive.state), isRepeat: false, token: token)
        }
        throw StoreError(.unavailable, "too many others append to the execution \(handle.executionID)")
    }

    private func made(_ step: StepContext, _ lifetime: Duration?, _ metadata: JSONObject?) async throws -> ResumeToken {
        do {
            return try await step.token(expiresIn: lifetime, metadata: metadata)
        } catch let failure as StepFailure {
            throw EngineError(.invalidRequest, failure.failure.message)
        }
    }

    /// The attempt that a handle names and all that is known about its execution; nil: it is over, or is another's.
    func attempt(_ handle: WorkHandle, keeper: (any CheckpointKeeper)? = nil) async throws -> (
        step: StepContext, handOut: HandOut, loaded: LoadedExecution, flow: CompiledFlow, state: ExecutionState
    )? {
        guard let loaded = try await engine.store.load([handle.executionID])[handle.executionID] else {
            throw engine.notFound(handle.executionID)
        }
        return try await attempt(handle, in: loaded)
    }

    func attempt(_ handle: WorkHandle, in loaded: LoadedExecution) async throws -> (
        step: StepContext, handOut: HandOut, loaded: LoadedExecution, flow: CompiledFlow, state: ExecutionState
    )? {
        let (state, compiled) = try await engine.state(of: loaded.record)
        guard let flow = compiled, flow.decision.graph.node(of: handle.stepID) != nil else {
            throw EngineError(.stepNotFound, "the flow of the execution has no step '\(handle.stepID)'")
        }
        guard loaded.claimID != nil, !state.status.isEnded, !state.isPaused,
            let (step, handOut) = engine.driver.remote(handle.stepID, state, flow),
            handOut.token == handle.fencingToken,
            handle.workerID ?? handOut.workerID == handOut.workerID
        else { return nil }
        return (step, handOut, loaded, flow, state)
    }

    /// After the row that ends an attempt: somebody drives on. False: nothing was written as far as is known.
    private func goOn(_ end: DriveEnd?, _ drive: Drive) async -> Bool {
        switch end {
        case .lost?, .released?: return false
        // Other attempts of it are outside.
        case nil: return true
        case .ended?:
            engine.driver.makeRoom(drive, .ended)
            await engine.ended()
            return true
        case .parked?:
            wake(drive.slot.executionID)
            return true
        }
    }

    /// Whether the log has an end of just this attempt that is the same.
    private func wasEnded(_ handle: WorkHandle, _ isSame: (ExecutionEvent) -> Bool) async throws -> Bool {
        guard handle.fencingToken > 1 else { return false }
        var next = handle.fencingToken - 1
        var began: (attempt: Int, at: Timestamp)?
        while true {
            let rows = try await engine.store.rows(of: handle.executionID, from: next, limit: 100)
            guard let last = rows.last else { return false }
            for row in rows {
                let body = try LogBody(decoding: row.body, of: handle.executionID)
                for (offset, event) in body.events.enumerated() where row.position + Int64(offset) >= next {
                    guard let known = began else {
                        began = handle.beginning(event, at: body.at)
                        if began == nil { return false }
                        continue
                    }
                    guard let ended = event.endedAttempt, ended.stepID == handle.stepID,
                        ended.attempt == known.attempt, ended.startedAt == known.at
                    else { continue }
                    return isSame(event)
                }
            }
            next = last.position + Int64(last.count)
        }
    }

    func fenced(_ handle: WorkHandle, _ holder: WorkerID?) -> EngineError {
        EngineError(
            .fenced,
            "the attempt \(handle.fencingToken) of the step '\(handle.stepID)' of \(handle.executionID) is over or is"
                + " another worker's", holder: holder?.description)
    }
}

extension WorkHandle {
    /// Which attempt an event gave to the worker; nil: none that this handle names.
    fileprivate func beginning(_ event: ExecutionEvent, at time: Timestamp) -> (Int, Timestamp)? {
        switch event {
        case .stepStarted(stepID, let attempt, let startedAt, let worker?) where workerID ?? worker == worker:
            (attempt, startedAt)
        case .stepCompensating(stepID, let attempt, let worker?) where workerID ?? worker == worker: (attempt, time)
        default: nil
        }
    }
}

extension ExecutionEvent {
    /// The attempt that it ends.
    fileprivate var endedAttempt: StepAttempt? {
        switch self {
        case .stepCompleted(let attempt, _, _), .stepFailed(let attempt, _, _), .stepTimedOut(let attempt, _, _),
            .stepSuspended(let attempt, _), .stepCompensated(let attempt), .compensationFailed(let attempt, _, _):
            attempt
        default: nil
        }
    }
}

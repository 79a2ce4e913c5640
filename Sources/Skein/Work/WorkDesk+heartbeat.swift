// Signs of life of workers outside, and what they record meanwhile.

public import SkeinCore

/// What a worker hears about one of its attempts.
public struct WorkPulse: Sendable {
    public var handle: WorkHandle
    /// How long it is the worker's from now on; nil: it is not, and the worker has to stop it.
    public var lease: Duration?
    /// Why it is not, or why something was not recorded.
    public var error: EngineError?

    public var isCancelled: Bool { lease == nil }

    /// The shape that workers get.
    public var json: JSONValue {
        var object: JSONObject = [
            "executionId": .string(handle.executionID.description), "stepId": .string(handle.stepID.rawValue),
            "fencingToken": .int(handle.fencingToken), "cancelled": .bool(isCancelled),
        ]
        object["leaseMs"] = lease.map { .int($0.wholeMilliseconds) }
        if let error {
            var problem: JSONObject = ["code": .string(error.code.rawValue), "message": .string(error.message)]
            problem["holder"] = error.holder.map { .string($0) }
            object["error"] = .object(problem)
        }
        return .object(object)
    }
}

extension WorkDesk {
    /// The most attempts of one call.
    package static let mostBeats = 1_000

    /// Renews the leases of attempts, in the order given, and records what they say. An attempt that is not the worker's
    /// any more, because it was taken over, is out of time, or its execution was cancelled or paused, is answered as
    /// cancelled.
    ///
    /// - Throws: `invalidRequest` with all that is wrong; then nothing was renewed.
    public func heartbeat(_ beats: [WorkBeat]) async throws -> [WorkPulse] {
        let problems = beats.enumerated().flatMap { $1.problems(at: JSONPointer(tokens: ["items", String($0)])) }
        guard problems.isEmpty, (1...Self.mostBeats).contains(beats.count) else {
            let number = Problem(
                code: "INVALID_VALUE", pointer: JSONPointer(tokens: ["items"]),
                message: "must have 1 to \(Self.mostBeats) elements")
            throw EngineError(
                .invalidRequest, "the request is not valid", problems: problems.isEmpty ? [number] : problems)
        }
        let loaded = try await engine.store.load(Array(Set(beats.map(\.handle.executionID))))
        var pulses: [WorkPulse] = []
        var held: [(index: Int, claim: HeldClaim, worker: WorkerID, lease: Duration)] = []
        for (index, beat) in beats.enumerated() {
            var pulse = WorkPulse(handle: beat.handle, lease: nil)
            do {
                guard let execution = loaded[beat.handle.executionID] else {
                    throw engine.notFound(beat.handle.executionID)
                }
                let (claimID, worker, lease) = try await alive(beat.handle, execution)
                held.append((index, HeldClaim(beat.handle.executionID, claimID), worker, lease))
                do {
                    try await record(beat)
                } catch let error as EngineError where error.code != .fenced {
                    pulse.error = error
                }
            } catch let error as EngineError {
                pulse.error = error
            }
            pulses.append(pulse)
        }
        let groups = Dictionary(grouping: held) { Terms(worker: $0.worker, lease: $0.lease) }
        for (terms, group) in groups {
            try await engine.remoteWorkers.touch(
                terms.worker, in: engine.store, lease: engine.configuration.lease, at: engine.clock.monotonic)
            let kept = try await engine.store.renew(
                Array(Set(group.map(\.claim))), worker: terms.worker, lease: terms.lease)
            for entry in group {
                let handle = beats[entry.index].handle
                if kept.contains(handle.executionID) {
                    pulses[entry.index].lease = terms.lease
                } else {
                    pulses[entry.index].error = fenced(handle, loaded[handle.executionID]?.record.owner)
                }
            }
        }
        return pulses
    }

    private struct Terms: Hashable {
        var worker: WorkerID
        var lease: Duration
    }

    /// For how long the attempt may go on.
    private func alive(_ handle: WorkHandle, _ loaded: LoadedExecution) async throws -> (ClaimID, WorkerID, Duration) {
        let now = engine.clock.now
        guard let (step, handOut, _, flow, state) = try await attempt(handle, in: loaded),
            let claimID = loaded.claimID
        else {
            throw fenced(handle, loaded.record.owner)
        }
        let runner = engine.driver.runner
        guard runner.outOfTime(step, at: now, silentFor: nil) == nil else {
            throw EngineError(.fenced, "the attempt is out of time")
        }
        // Of several attempts of one execution the first to be out of time counts: they have one lease.
        let all = state.handedOut.compactMap { engine.driver.remote($0, state, flow)?.step }
        let leases = (all + [step]).map { runner.lease(of: $0, at: now, atMost: engine.configuration.lease) }
        return (claimID, handOut.workerID, leases.min() ?? engine.configuration.lease)
    }

    // MARK: - What they record

    private func record(_ beat: WorkBeat) async throws {
        var facts: [Fact] = []
        if let progress = beat.progress {
            let told = try? StepContext.checked(progress)
            if let told { facts.append(.progressed(beat.handle.stepID, told)) }
        }
        guard !facts.isEmpty || beat.checkpoint != nil else { return }
        for _ in 0..<32 {
            guard let (step, handOut, _, _, state) = try await attempt(beat.handle) else {
                throw fenced(beat.handle, nil)
            }
            guard !step.isCompensation else {
                throw EngineError(.invalidTransition, "a compensation records nothing: it is one piece of work")
            }
            var all = facts
            if let (name, value) = beat.checkpoint {
                if let known = step.recorded.first(where: { $0.name == name }) {
                    guard known.value == value else {
                        throw EngineError(
                            .invalidTransition, "DUPLICATE_CHECKPOINT: '\(name)' was recorded with another value")
                    }
                } else {
                    all.append(
                        .checkpointReached(
                            beat.handle.stepID, name: name, value: EncodedValue(encoding: value),
                            startedAt: handOut.startedAt))
                }
            }
            if let problem = step.node.growth.problem(at: state.position) {
                throw EngineError(.invalidTransition, "LOG_LIMIT: \(problem)")
            }
            guard !all.isEmpty else { return }
            let body = LogBody(
                workerID: handOut.workerID, at: engine.clock.now, events: all.compactMap(\.eventBeside))
            switch try await engine.journal.commit(.beside(beat.handle.executionID, LogEnd(state), body)) {
            case .committed: return
            case .refused(let error): throw EngineError(.invalidRequest, "it cannot be stored: \(error.message)")
            // Whoever was first: the attempt may be the worker's still.
            case .fenced: continue
            }
        }
        throw StoreError(.unavailable, "too many others append to the execution \(beat.handle.executionID)")
    }
}

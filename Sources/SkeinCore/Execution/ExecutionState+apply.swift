// The reducer. Facts that a row cannot change (its position, its time) come with the row.

extension ExecutionState {
    /// Folds one committed row into the state.
    ///
    /// - Parameters:
    ///   - events: the row's events, in order.
    ///   - position: the position of the first.
    ///   - at: the row's time by its writer's clock, as its body says.
    public mutating func apply(_ events: [ExecutionEvent], position: Int64, at time: Timestamp) {
        for index in events.indices { apply(events[index], position: position + Int64(index), at: time) }
        if crashes > 0, events.contains(where: \.isProgress) { extras.crashes = 0 }
        self.position = position + Int64(events.count)
        updatedAt = time
        if let last = events.last { lastEvent = last.type }
    }

    private mutating func apply(_ event: ExecutionEvent, position: Int64, at time: Timestamp) {
        switch event {
        case .created, .signalConsumed, .token, .timedOut, .noted:
            break
        case .stepStarted(let stepID, _, let startedAt, let worker):
            change(stepID) { branch in
                branch.handOut = worker.map { HandOut(token: position + 1, workerID: $0, startedAt: startedAt) }
                if worker != nil { branch.stopWaiting() }
            }
            if worker != nil { settleStatus() }
        case .started:
            status = .running
            startedAt = time
        case .stepCompleted(let attempt, let output, let next):
            stepCount += 1
            store(output, of: attempt.stepID)
            note(attempt, output)
            if next == .end, traits.isParallel { extras.endings[attempt.stepID.rawValue] = output?.value ?? .null }
            enter(next, from: attempt.stepID)
        case .stepSkipped(let skip):
            stepCount += 1
            if let output = skip.output { store(output, of: skip.stepID) }
            keepUndo(of: branch(at: skip.stepID))
            if hasExtras { extras.failedSteps.removeAll { $0 == skip.stepID } }
            enter(skip.next, from: skip.stepID)
        case .stepFailed(let attempt, let failure, let next), .stepTimedOut(let attempt, let failure, let next):
            stepCount += 1
            fail(attempt.stepID, failure, next)
        case .retryScheduled(let stepID, _, _, let at):
            let failure = error
            error = nil
            change(stepID) { branch in
                branch.attempt += 1
                branch.spawn = nil
                branch.handOut = nil
                branch.forgetStages()
                branch.stopWaiting()
                guard at > time else { return }
                branch.phase = .waiting(
                    Wait(
                        kind: .retry, stepID: stepID, reason: failure?.description, wakeAt: at, startedAt: time,
                        next: .step(stepID)))
            }
            settleStatus()
        case .stepSuspended(let attempt, let output):
            stepCount += 1
            store(output, of: attempt.stepID)
        case .childrenCreated(let stepID, let spawn):
            extras.hasChildren = true
            change(stepID) { branch in
                var spawn = spawn
                if spawn.round == 0 { spawn.round = position }
                if let name = spawn.name {
                    branch.checkpoints.append(Checkpoint(name, spawn.json, at: time))
                } else {
                    branch.spawn = spawn
                }
            }
        case .progress(_, let progress):
            extras.progress = progress
        case .checkpoint(let stepID, let name, let value, _, let isUndoable):
            let checkpoint = Checkpoint(name, value.value, at: time, isUndoable: isUndoable)
            if rollback == nil {
                change(stepID) { $0.checkpoints.append(checkpoint) }
            } else if let last = undo.indices.last {
                extras.undo[last].checkpoints.append(checkpoint)
            }
        case .waiting(let wait):
            change(wait.stepID) { branch in
                branch.phase = .waiting(wait)
                branch.waitPosition = position
                branch.handOut = nil
                // A step has not succeeded by having started children: those that fail would be started for ever.
                // Nor by having been suspended.
                if wait.kind != .children, wait.stage == nil { branch.failures = 0 }
            }
            settleStatus()
        case .resumed(let resumption):
            resume(resumption, at: time)
        case .completed:
            result = endings.count > 1 ? .object(endings) : lastOutput
            end(.completed, at: time)
        case .failed(let failure):
            error = failure
            if let step = failure.stepID, !failedSteps.contains(step) { extras.failedSteps.append(step) }
            end(.failed, at: time)
        case .cancelled(let cancellation):
            extras.cancellation = cancellation
            extras.cancelledAt = time
            if rollback == nil { error = nil }
            end(.cancelled, at: time)
        case .recovered(let worker, _):
            interrupt()
            // Whoever let go of it did not die of it.
            if worker != nil { extras.crashes += 1 }
        case .quarantined(let failure):
            error = failure
            extras.isPaused = true
            status = .paused
        case .paused:
            interrupt()
            extras.isPaused = true
            status = .paused
        case .unpaused:
            extras.isPaused = false
            if error?.code == Failure.quarantined { error = nil }
            if rollback != nil { status = .rollingBack }
            settleStatus()
        case .reopened(let reopening):
            reopen(reopening)
        case .forked(_, let steps):
            main = nil
            extras.others = [:]
            enter(Onward(steps), from: nil)
        case .rollbackStarted(let failure, let cancellation):
            startRollback(failure, cancellation, at: time)
        case .stepCompensating(_, _, let worker):
            extras.rollback?.isCompensating = true
            extras.rollback?.retryAt = nil
            extras.rollback?.handOut = worker.map { HandOut(token: position + 1, workerID: $0, startedAt: time) }
        case .stepCompensated:
            _ = extras.undo.popLast()
            nextCompensation()
        case .compensationFailed(_, _, let retryAt):
            failCompensation(retryAt: retryAt)
        case .rolledBack:
            end(.rolledBack, at: time)
        case .rollbackFailed(let failure):
            error = failure
            end(.rollbackFailed, at: time)
        }
    }

    // MARK: - Branches

    private mutating func change(_ stepID: StepID, _ change: (inout Branch) -> Void) {
        if var branch = main {
            change(&branch)
            main = branch
        } else if let index = others.index(forKey: stepID) {
            change(&extras.others.values[index])
        }
    }

    private mutating func enter(_ next: Onward, from stepID: StepID?) {
        switch next {
        case .step(let id) where others.isEmpty:
            moves += 1
            main = Branch(id, visit: moves)
            if !joins.isEmpty { extras.joins[id] = nil }
            if status != .rollingBack, !isPaused { status = .running }
        case .step(let id):
            leave(stepID)
            begin(id)
            settleStatus()
        case .end, .stop:
            moves += 1
            guard traits.isParallel else { return }
            leave(stepID)
            if main != nil || !others.isEmpty { settleStatus() }
        case .fork(let ids, let joining):
            leave(stepID)
            if let stepID { for join in joining { extras.joins[join, default: []].insert(stepID) } }
            for id in ids { begin(id) }
            settleStatus()
        }
    }

    private mutating func leave(_ stepID: StepID?) {
        guard let stepID else { return }
        if main?.stepID == stepID { main = nil } else if hasExtras { extras.others[stepID] = nil }
    }

    /// With no other branch it is the only one, until the next begins.
    private mutating func begin(_ stepID: StepID) {
        moves += 1
        if !joins.isEmpty { extras.joins[stepID] = nil }
        let branch = Branch(stepID, visit: moves)
        if main == nil, others.isEmpty {
            main = branch
            return
        }
        if let first = main {
            extras.others[first.stepID] = first
            main = nil
        }
        extras.others[stepID] = branch
    }

    /// Waiting is what an execution does when all of its branches wait.
    private mutating func settleStatus() {
        if isPaused || rollback != nil { return }
        let isWaiting = main?.isWaiting ?? (!others.isEmpty && others.values.allSatisfy(\.isWaiting))
        status = isWaiting ? .waiting : startedAt == nil ? .pending : .running
    }

    /// The attempts that run are lost.
    private mutating func interrupt() {
        if rollback != nil {
            extras.rollback?.attempt += 1
            extras.rollback?.handOut = nil
        } else if main != nil {
            if main?.mayRun == true { main?.attempt += 1 }
            if main?.handOut != nil { main?.handOut = nil }
        } else {
            for index in others.values.indices where others.values[index].mayRun {
                extras.others.values[index].attempt += 1
                extras.others.values[index].handOut = nil
            }
        }
    }

    private mutating func fail(_ stepID: StepID, _ failure: Failure, _ next: Onward) {
        change(stepID) { $0.failures += 1 }
        // At the end it is not known yet: a retry goes on with what the code recorded.
        if next != .end { keepUndo(of: branch(at: stepID)) }
        switch next {
        case .stop:
            var failure = failure
            failure.stepID = stepID
            if branchFailure == nil { extras.branchFailure = failure }
            extras.failedSteps.append(stepID)
            enter(.stop, from: stepID)
            error = nil
        case .end:
            // A retry or the execution's failure follows in the same row.
            error = failure
        case .step, .fork:
            error = nil
            enter(next, from: stepID)
        }
    }

    private mutating func resume(_ resumption: Resumption, at time: Timestamp) {
        guard let branch = resumption.stepID.flatMap({ branch(at: $0) }) ?? main, let wait = branch.wait else { return }
        if let stage = wait.stage {
            change(wait.stepID) { $0.enterStage(stage, resumption.data, at: time) }
            return settleStatus()
        }
        if let name = wait.reentry {
            change(wait.stepID) { branch in
                branch.checkpoints.append(Checkpoint(name, resumption.data ?? .null, at: time))
                branch.stopWaiting()
            }
            return settleStatus()
        }
        if let data = resumption.data {
            store(StepOutput(data, key: "resumeData"), of: nil)
            if let key = wait.outputKey { store(StepOutput(data, key: key), of: wait.stepID) }
        }
        guard wait.kind != .retry else {
            change(wait.stepID) { $0.stopWaiting() }
            return settleStatus()
        }
        if resumption.isUndoable {
            extras.undo.append(Undo(stepID: wait.stepID, visit: branch.visit, output: resumption.data))
        }
        let next = resumption.next ?? wait.next
        if next == .end, traits.isParallel { extras.endings[wait.stepID.rawValue] = resumption.data ?? .null }
        enter(next, from: wait.stepID)
    }

    // MARK: - What steps leave behind

    private mutating func store(_ output: StepOutput?, of stepID: StepID?) {
        guard let output else { return }
        if stepID != nil { lastOutput = output.value }
        if traits.keepsResults, let stepID { extras.results[stepID.rawValue] = output.value }
        if let patch = output.patch {
            merge(patch)
            if traits.isParallel, let stepID { for key in patch.keys { extras.writers[key] = stepID } }
            return
        }
        guard let key = output.key else { return }
        if key == StepOutput.root {
            guard let object = output.value.object else { return }
            merge(object)
            if traits.isParallel, let stepID { for key in object.keys { extras.writers[key] = stepID } }
            return
        }
        if traits.isParallel, let stepID { extras.writers[key] = stepID }
        contextBytes += output.encoded.count
        if key.utf8.contains(UInt8(ascii: ".")) {
            DotPath(key)?.set(output.value, in: &context)
        } else {
            context[key] = output.value
        }
    }

    private mutating func merge(_ patch: JSONObject) {
        for (key, value) in patch {
            contextBytes += value.byteCount
            context[key] = value
        }
    }

    private mutating func note(_ attempt: StepAttempt, _ output: StepOutput?) {
        if attempt.isUndoable {
            let branch = branch(at: attempt.stepID)
            extras.undo.append(
                Undo(
                    stepID: attempt.stepID, visit: branch?.visit ?? moves, output: output?.value,
                    checkpoints: branch.map { $0.isUndoable ? $0.checkpoints : [] } ?? []))
        }
        if attempt.isCommit { extras.committed.insert(attempt.stepID) }
    }

    /// A step that does not complete leaves pieces behind that its code can undo.
    private mutating func keepUndo(of branch: Branch?) {
        guard let branch, branch.isUndoable else { return }
        extras.undo.append(
            Undo(stepID: branch.stepID, visit: branch.visit, output: nil, checkpoints: branch.checkpoints))
    }

    // MARK: - Ends and new beginnings

    private mutating func end(_ status: ExecutionStatus, at time: Timestamp) {
        self.status = status
        endedAt = time
        guard hasExtras else { return }
        extras.isPaused = false
        guard status != .rollbackFailed else { return }
        // A cancel in the middle of a rollback: what could not be compensated is still done, should it go on.
        if let rollback { extras.undo += rollback.failed }
        extras.rollback = nil
    }

    private mutating func reopen(_ reopening: Reopening) {
        endedAt = nil
        extras.wasReopened = true
        result = nil
        extras.cancellation = nil
        extras.cancelledAt = nil
        status = .running
        extras.settled.formUnion(committed)
        if let rollback {
            extras.undo += rollback.failed
            extras.rollback?.failed = []
            status = .rollingBack
            return
        }
        error = nil
        extras.branchFailure = nil
        extras.failedSteps = []
        main = nil
        extras.others = [:]
        if reopening.isReset {
            extras.joins = [:]
            extras.endings = [:]
            extras.writers = [:]
        }
        enter(Onward(reopening.steps), from: nil)
    }

    private mutating func startRollback(_ failure: Failure, _ cancellation: Cancellation?, at time: Timestamp) {
        for branch in branches { keepUndo(of: branch) }
        status = .rollingBack
        error = failure
        extras.isPaused = false
        if let cancellation {
            extras.cancellation = cancellation
            extras.cancelledAt = time
        }
        main = nil
        extras.others = [:]
        extras.joins = [:]
        extras.rollback = Rollback(failure: failure)
    }

    private mutating func nextCompensation() {
        extras.rollback?.isCompensating = false
        extras.rollback?.handOut = nil
        extras.rollback?.attempt = 1
        extras.rollback?.failures = 0
        extras.rollback?.retryAt = nil
    }

    private mutating func failCompensation(retryAt: Timestamp?) {
        guard let retryAt else {
            if let failed = extras.undo.popLast() { extras.rollback?.failed.insert(failed, at: 0) }
            return nextCompensation()
        }
        extras.rollback?.isCompensating = false
        extras.rollback?.handOut = nil
        extras.rollback?.attempt += 1
        extras.rollback?.failures += 1
        extras.rollback?.retryAt = retryAt
    }
}

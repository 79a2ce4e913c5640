// The reducer. Facts that a row cannot change (its position, its time) come with the row.

extension ExecutionState {
    /// Folds one committed row into the state.
    ///
    /// - Parameters:
    ///   - events: the row's events, in order.
    ///   - position: the position of the first.
    ///   - at: the row's time by its writer's clock, as its body says.
    public mutating func apply(_ events: [ExecutionEvent], position: Int64, at time: Timestamp) {
        for (offset, event) in events.enumerated() {
            apply(event, position: position + Int64(offset), at: time)
        }
        self.position = position + Int64(events.count)
        updatedAt = time
        if let last = events.last { lastEvent = last.type }
    }

    private mutating func apply(_ event: ExecutionEvent, position: Int64, at time: Timestamp) {
        switch event {
        case .created, .stepStarted, .signalConsumed, .timedOut:
            break
        case .started:
            status = .running
            startedAt = time
        case .stepCompleted(_, let output, let next):
            finishAttempt()
            store(output)
            enter(next)
        case .stepFailed(_, let failure, let next), .stepTimedOut(_, let failure, let next):
            stepCount += 1
            failures += 1
            error = failure
            if next != nil {
                error = nil
                enter(next)
            }
        case .retryScheduled(let stepID, _, _, let at):
            attempt += 1
            error = nil
            status = at <= time ? .running : .waiting
            phase =
                at <= time
                ? .step(stepID)
                : .waiting(Wait(kind: .retry, stepID: stepID, wakeAt: at, startedAt: time, next: stepID))
        case .stepSuspended(_, let output):
            finishAttempt()
            store(output)
        case .waiting(let wait):
            status = .waiting
            phase = .waiting(wait)
            waitPosition = position
        case .resumed(let resumption):
            resume(resumption)
        case .completed:
            result = lastOutput
            end(.completed, at: time)
        case .failed(let failure):
            error = failure
            end(.failed, at: time)
        case .cancelled(let cancellation):
            self.cancellation = cancellation
            cancelledAt = time
            error = nil
            end(.cancelled, at: time)
        case .recovered:
            attempt += 1
        }
    }

    private mutating func finishAttempt() {
        stepCount += 1
        failures = 0
    }

    private mutating func enter(_ next: StepID?) {
        moves += 1
        attempt = 1
        failures = 0
        guard let next else { return }
        status = .running
        phase = .step(next)
    }

    private mutating func resume(_ resumption: Resumption) {
        guard case .waiting(let wait) = phase else { return }
        if let data = resumption.data {
            store(StepOutput(data, key: "resumeData"))
            if let key = wait.outputKey { store(StepOutput(data, key: key)) }
        }
        status = .running
        phase = .step(wait.next ?? wait.stepID)
        if wait.kind != .retry {
            moves += 1
            attempt = 1
        }
    }

    private mutating func store(_ output: StepOutput?) {
        guard let output else { return }
        lastOutput = output.value
        guard let key = output.key else { return }
        contextBytes += output.encoded.count
        if key.utf8.contains(UInt8(ascii: ".")) {
            DotPath(key)?.set(output.value, in: &context)
        } else {
            context[key] = output.value
        }
    }

    private mutating func end(_ status: ExecutionStatus, at time: Timestamp) {
        self.status = status
        phase = .ended
        endedAt = time
    }
}

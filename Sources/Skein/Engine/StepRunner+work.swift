// What comes before a handler is called, for attempts whose handler is elsewhere.

import SkeinCore

extension StepRunner {
    /// What an attempt begins with.
    enum Beginning {
        /// The handler's input.
        case input(JSONValue)
        /// No handler is asked.
        case over(Fact)
        /// Cut off: nothing may be recorded.
        case cut
    }

    /// Decides the step's condition and selects its input, as `run` does.
    func begin(_ step: StepContext) async -> Beginning {
        do {
            if let condition = step.node.when, !step.isCompensation {
                switch try await holds(condition, step) {
                case .yes: break
                case .no: return .over(.stepSkipped(step.stepID, .condition))
                case .unknown(let failure): return .over(.stepFailed(step.ended(at: step.now), failure))
                }
            }
            return .input(try step.input())
        } catch let error as BudgetExceeded {
            let failure = StepFailure("INPUT_ERROR", "\(error)", isRetryable: false)
            return .over(fact(.failed(failure), step.ended(at: step.startedAt), step))
        } catch {
            return fact(error, step.ended(at: step.now), step).map { .over($0) } ?? .cut
        }
    }

    /// How an attempt ended that a worker elsewhere ran.
    func ended(_ result: StepResult<JSONValue>, _ step: StepContext) -> Fact {
        fact(result, step.ended(at: step.now), step)
    }

    /// That the attempt is out of time; nil: it is not.
    ///
    /// - Parameters:
    ///   - lease: how long a worker may be silent; nil: that it has been is not known.
    func outOfTime(_ step: StepContext, at now: Timestamp, silentFor lease: Duration?) -> Fact? {
        let attempt = step.ended(at: now)
        if let limit = limit(of: step), step.startedAt + limit <= now {
            if step.isCompensation {
                let millis = limit.wholeMilliseconds
                return .compensationFailed(
                    attempt, StepFailure("TIMEOUT", "the compensation did not end within \(millis) ms"))
            }
            if let deadline = step.creation.deadline, now >= deadline { return .deadlineReached }
            return .stepTimedOut(attempt, limit: limit)
        }
        guard let lease, let heartbeat = step.silenceLimit, heartbeat <= lease else { return nil }
        if step.isCompensation {
            let millis = heartbeat.wholeMilliseconds
            return .compensationFailed(
                attempt, StepFailure("TIMEOUT", "the compensation gave no sign of life for \(millis) ms"))
        }
        return .stepTimedOut(attempt, limit: heartbeat, isSilent: true)
    }

    /// How long a worker elsewhere may keep the attempt without another sign of life: never beyond its time.
    func lease(of step: StepContext, at now: Timestamp, atMost longest: Duration) -> Duration {
        var lease = longest
        if let heartbeat = step.silenceLimit { lease = min(lease, heartbeat) }
        if let limit = limit(of: step) {
            // A moment longer, so that whoever takes over finds by any clock that the time has passed.
            lease = min(lease, max(.zero, step.startedAt + limit - now) + .milliseconds(50))
        }
        return lease
    }
}

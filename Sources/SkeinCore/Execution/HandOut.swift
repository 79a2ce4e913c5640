// An attempt that is not in an instance's hands: a worker outside runs it and tells an instance how it ended.

/// An attempt that a worker outside the instances has.
public struct HandOut: Sendable, Hashable {
    /// The position behind the event that gave it away. Whoever ends the attempt has to know it; it grows with each
    /// attempt of the execution.
    public var token: Int64
    public var workerID: WorkerID
    public var startedAt: Timestamp

    init(token: Int64, workerID: WorkerID, startedAt: Timestamp) {
        self.token = token
        self.workerID = workerID
        self.startedAt = startedAt
    }
}

extension HandOut {
    var json: JSONValue {
        [
            "token": .int(token), "worker": .string(workerID.description),
            "startedAt": .int(startedAt.microseconds),
        ]
    }

    init?(_ json: JSONValue?) {
        guard let object = json?.object, let token = object["token"]?.int64,
            let workerID = object["worker"]?.string.flatMap({ WorkerID($0) }),
            let startedAt = object["startedAt"]?.int64
        else { return nil }
        self.init(token: token, workerID: workerID, startedAt: Timestamp(microseconds: startedAt))
    }
}

extension ExecutionState {
    /// The attempt of this step that a worker outside has; in a rollback that of its compensation.
    public func handOut(of stepID: StepID) -> HandOut? {
        guard let rollback else { return branch(at: stepID)?.handOut }
        return undo.last?.stepID == stepID ? rollback.handOut : nil
    }

    /// The steps whose attempts workers outside have.
    public var handedOut: [StepID] {
        if let rollback { return rollback.handOut == nil ? [] : undo.last.map { [$0.stepID] } ?? [] }
        return branches.filter { $0.handOut != nil }.map(\.stepID)
    }
}

extension Decision {
    /// An attempt, or in a rollback the compensation at hand, is given to a worker outside.
    func handOut(
        _ execution: ExecutionState, _ stepID: StepID, _ attempt: Int, _ startedAt: Timestamp, to worker: WorkerID
    ) -> Transition {
        let event: ExecutionEvent =
            execution.rollback == nil
            ? .stepStarted(stepID, attempt: attempt, startedAt: startedAt, by: worker)
            : .stepCompensating(stepID, attempt: attempt, by: worker)
        return Transition([event], then: .proceed)
    }
}

import SkeinCore

extension Driver {
    /// What has become durable.
    func trace(_ events: [ExecutionEvent], of drive: Drive, at position: Int64, _ time: Timestamp) {
        let creation = drive.state.creation
        tracer.trace(
            events.enumerated().map { offset, event in
                AuditEvent(
                    event, executionID: creation.id, seq: position + Int64(offset), root: creation.rootID,
                    workerID: identity.id, at: time)
            })
    }

    /// An attempt begins; it leaves no row of its own unless it takes long.
    func traceStart(_ step: StepContext) {
        guard !step.isCompensation else { return }
        let event = ExecutionEvent.stepStarted(step.stepID, attempt: step.attempt, startedAt: step.startedAt)
        var audit = AuditEvent(
            event, executionID: step.executionID, seq: step.fencingToken, root: step.creation.rootID,
            workerID: identity.id, at: step.startedAt)
        audit.metadata["derived"] = true
        tracer.trace([audit])
    }
}

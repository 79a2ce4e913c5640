import SkeinCore

/// Folds events into steps. Steps that the flow has and the execution never reached are `pending`.
struct StepFold {
    private let ids: [StepID]
    private let types: [StepID: String]

    init(flow: FlowSpec) {
        ids = flow.steps.map(\.id)
        types = Dictionary(flow.steps.map { ($0.id, $0.type) }) { first, _ in first }
    }

    func steps(_ events: [AuditEvent], _ execution: Execution) -> [StepView] {
        var views: [StepID: StepView] = [:]
        var order: [StepID] = []
        for event in events {
            // With one branch the event of a resume does not name the step: it is the one that waits.
            let resumed = event.metadata["cause"] == nil ? nil : order.first { views[$0]?.status == "suspended" }
            let stepID = event.type == "execution.resumed" ? event.stepID ?? resumed : event.stepID
            guard let id = stepID, let status = status(of: event.type) else { continue }
            if views[id] == nil {
                order.append(id)
                views[id] = StepView(stepID: id, type: types[id] ?? "", status: "pending", attempt: 1)
            }
            views[id]?.status = status
            if let attempt = event.attempt { views[id]?.attempt = attempt }
            if let startedAt = event.startedAt { views[id]?.startedAt = startedAt }
            views[id]?.endedAt = status == "running" || status == "suspended" ? nil : event.at
            views[id]?.error = Failure(event.metadata["error"])
            let wait = event.metadata["wait"]
            views[id]?.waitingFor = status == "suspended" ? (wait?["signal"] ?? wait?["kind"])?.string : nil
            if let output = event.metadata["output"] ?? event.metadata["data"] { views[id]?.output = output }
        }
        for id in execution.currentSteps where execution.status != .rollingBack {
            if views[id] == nil {
                order.append(id)
                views[id] = StepView(stepID: id, type: types[id] ?? "", status: "pending", attempt: 1)
            }
            if views[id]?.status == "suspended" { continue }
            if execution.currentSteps.count == 1, let wait = execution.wait, wait.kind != .handler {
                views[id]?.status = "suspended"
                views[id]?.waitingFor = wait.signal ?? wait.kind.rawValue
            } else {
                views[id]?.status = execution.status == .running ? "running" : "pending"
                views[id]?.attempt = execution.attempt
            }
        }
        let rest = ids.filter { views[$0] == nil }.map {
            StepView(stepID: $0, type: types[$0] ?? "", status: "pending", attempt: 0)
        }
        return order.compactMap { views[$0] } + rest
    }

    private func status(of type: String) -> String? {
        switch type {
        case "step.started": "running"
        case "step.completed": "completed"
        case "step.failed", "step.timed_out": "failed"
        case "step.retry_scheduled": "pending"
        case "step.suspended", "execution.waiting": "suspended"
        case "execution.resumed": "completed"
        case "step.skipped": "skipped"
        case "step.compensating", "step.compensation_failed": "compensating"
        case "step.compensated": "compensated"
        default: nil
        }
    }
}

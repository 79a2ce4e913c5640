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
            guard let id = event.stepID, let status = status(of: event.type) else { continue }
            if views[id] == nil {
                order.append(id)
                views[id] = StepView(stepID: id, type: types[id] ?? "", status: "pending", attempt: 1)
            }
            views[id]?.status = status
            if let attempt = event.attempt { views[id]?.attempt = attempt }
            if let startedAt = event.startedAt { views[id]?.startedAt = startedAt }
            views[id]?.endedAt = status == "running" ? nil : event.at
            views[id]?.error = Failure(event.metadata["error"])
            if let output = event.metadata["output"] { views[id]?.output = output }
        }
        for id in execution.currentSteps where execution.status != .rollingBack {
            if views[id] == nil {
                order.append(id)
                views[id] = StepView(stepID: id, type: types[id] ?? "", status: "pending", attempt: 1)
            }
            if execution.currentSteps.count > 1 {
                // Each branch as its own events say.
                if views[id]?.status != "suspended" {
                    views[id]?.status = execution.status == .running ? "running" : "pending"
                }
            } else if let wait = execution.wait, wait.kind != .handler {
                views[id]?.status = "suspended"
                views[id]?.waitingFor = wait.signal ?? wait.kind.rawValue
            } else {
                views[id]?.status = execution.status == .running ? "running" : "pending"
                views[id]?.attempt = execution.attempt
            }
        }
        let current = Set(execution.currentSteps)
        for id in order where views[id]?.status == "suspended" && !current.contains(id) {
            views[id]?.status = "completed"
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
        case "step.suspended": "completed"
        case "execution.waiting": "suspended"
        case "step.skipped": "skipped"
        case "step.compensating", "step.compensation_failed": "compensating"
        case "step.compensated": "compensated"
        default: nil
        }
    }
}
